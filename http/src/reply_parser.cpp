#include "reply_parser.hpp"

#include <boost/beast/http/error.hpp>

#include <cstring>

namespace tandem::http::detail {

namespace beast_http = boost::beast::http;

reply_parser::reply_parser() {
    body_limit(boost::none);
    header_limit(longest_header);
}

reply_parser::step reply_parser::consume(char* bytes, std::size_t count) {
    step made;
    bytes_ = bytes;
    body_ = nullptr;
    body_size_ = 0;
    bool in_body = is_header_done();
    while (made.used < count && !is_done() && !made.error) {
        made.used += put(boost::asio::const_buffer(bytes + made.used, count - made.used), made.error);
        if (!in_body && is_header_done()) break;
    }
    made.body = std::string_view(body_, body_size_);
    return made;
}

void reply_parser::on_response_impl(int code, string_view reason, int, error_code&) {
    head_.status = code;
    head_.reason.assign(reason.data(), reason.size());
}

void reply_parser::on_field_impl(field name, string_view name_text, string_view value, error_code& error) {
    // Trailers come this way too; nobody asked for them.
    if (is_header_done()) return;
    if (head_.fields.size() >= most_fields) error = beast_http::error::header_limit;
    // A body coded in any other way could not be told from one that is cut short.
    if (name == field::transfer_encoding && !equal_ignoring_case({value.data(), value.size()}, "chunked"))
        error = beast_http::error::bad_transfer_encoding;
    head_.fields.add({name_text.data(), name_text.size()}, {value.data(), value.size()});
}

void reply_parser::on_header_impl(error_code&) {
    auto length = content_length();
    if (length) head_.content_length = *length;
}

std::size_t reply_parser::on_body_impl(string_view body, error_code&) {
    return keep(body);
}

std::size_t reply_parser::on_chunk_body_impl(std::uint64_t, string_view body, error_code&) {
    return keep(body);
}

std::size_t reply_parser::keep(string_view piece) noexcept {
    char* from = bytes_ + (piece.data() - bytes_);
    if (!body_)
        body_ = from;
    else
        std::memmove(body_ + body_size_, from, piece.size());
    body_size_ += piece.size();
    return piece.size();
}

} // namespace tandem::http::detail
