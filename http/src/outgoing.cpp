#include <tandem/http/outgoing.hpp>

#include "client_core.hpp"
#include "curl_command.hpp"
#include "exchange.hpp"
#include "field_syntax.hpp"
#include "request_check.hpp"
#include "request_parts.hpp"

namespace tandem::http {

outgoing::outgoing(std::shared_ptr<detail::client_core> core, detail::request_parts parts)
    : core_(std::move(core))
    , parts_(std::make_unique<detail::request_parts>(std::move(parts))) {}
outgoing::outgoing(const outgoing& other)
    : core_(other.core_)
    , parts_(std::make_unique<detail::request_parts>(*other.parts_)) {}
outgoing::outgoing(outgoing&&) noexcept = default;
outgoing& outgoing::operator=(const outgoing& other) {
    return *this = outgoing(other);
}
outgoing& outgoing::operator=(outgoing&&) noexcept = default;
outgoing::~outgoing() = default;

detail::request_settings& outgoing::stored_settings() noexcept {
    return parts_->settings;
}

const std::string& outgoing::method() const noexcept {
    return parts_->method;
}
const url& outgoing::url() const noexcept {
    return parts_->target;
}
const headers& outgoing::headers() const noexcept {
    return parts_->fields;
}

outgoing& outgoing::method(std::string verb) {
    detail::check_method(verb, parts_->target);
    parts_->method = std::move(verb);
    return *this;
}

outgoing& outgoing::url(http::url target) {
    parts_->target = std::move(target);
    return *this;
}

outgoing& outgoing::header(std::string_view name, std::string_view value) {
    detail::check_field(name, value, parts_->target);
    parts_->fields.set(name, value);
    return *this;
}

outgoing& outgoing::remove_header(std::string_view name) {
    parts_->fields.remove(name);
    return *this;
}

outgoing& outgoing::body(std::string text, std::string_view type) {
    if (detail::has_control_character(type))
        throw bad_request(parts_->target.to_string(), "the body's type has a control character");
    parts_->body = detail::outgoing_body::of_text(std::move(text), type);
    return *this;
}

response outgoing::answer(int status, std::string body, http::headers fields) const {
    detail::reply_head head;
    head.status = status;
    head.fields = std::move(fields);
    head.content_length = body.size();
    return response(detail::make_recycled<detail::exchange>(core_, detail::request_parts(*parts_),
                                                            std::move(head), std::move(body)));
}

std::string outgoing::curl_command(bool with_secrets) const {
    return detail::curl_command(*parts_, core_->options, with_secrets);
}

} // namespace tandem::http
