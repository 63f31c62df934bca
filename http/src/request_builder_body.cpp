// How a request gets its body.
#include <tandem/http/request_builder.hpp>

#include <tandem/http/error.hpp>

#include "field_syntax.hpp"
#include "request_parts.hpp"

namespace tandem::http {

using detail::outgoing_body;

namespace {

std::string_view checked_type(std::string_view type, const url& target) {
    if (detail::has_control_character(type))
        throw bad_request(target.to_string(), "the body's type has a control character");
    return type;
}

} // namespace

request_builder& request_builder::body(std::string text, std::string_view type) {
    parts_->body = outgoing_body::of_text(std::move(text), checked_type(type, parts_->target));
    return *this;
}

request_builder& request_builder::body(std::span<const std::byte> bytes, std::string_view type) {
    return body(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), type);
}

request_builder& request_builder::body_file(std::string path, std::string_view type) {
    parts_->body = outgoing_body::of_file(std::move(path), checked_type(type, parts_->target));
    return *this;
}

request_builder& request_builder::body_stream(stream<std::string> chunks, std::string_view type) {
    parts_->body = outgoing_body::of_stream(std::move(chunks), checked_type(type, parts_->target));
    return *this;
}

request_builder& request_builder::body_stream(std::function<stream<std::string>()> chunks,
                                              std::string_view type) {
    parts_->body = outgoing_body::of_generator(std::move(chunks), checked_type(type, parts_->target));
    return *this;
}

request_builder& request_builder::form(const http::form& fields) {
    parts_->body = outgoing_body::of_text(fields.encoded(), "application/x-www-form-urlencoded");
    return *this;
}

request_builder& request_builder::multipart(const http::multipart& parts) {
    parts_->body = outgoing_body::of_multipart(parts);
    return *this;
}

request_builder& request_builder::expect_continue(duration limit) {
    parts_->continue_within = limit;
    return *this;
}

request_builder& request_builder::on_upload(std::function<void(const upload_progress&)> tell) {
    parts_->on_upload = std::move(tell);
    return *this;
}

} // namespace tandem::http
