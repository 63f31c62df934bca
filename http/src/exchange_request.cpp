// What an exchange sends.
#include "exchange.hpp"

#include <numeric>
#include <system_error>

namespace tandem::http::detail {

namespace {

/// Most requests' headers are no longer.
constexpr std::size_t usual_header = 480;

void append(std::string& text, std::string_view name, std::string_view value) {
    text += name;
    text += ": ";
    text += value;
    text += "\r\n";
}

} // namespace

/// Looks at the files that are to be sent, before anything is.
void exchange::measure_body() {
    if (body_has_begun_ && !parts_.body.can_be_sent_again())
        site_.fail<redirect_error>("the body would have to be sent again, and is a stream that was read");
    try {
        body_sizes_ = parts_.body.sizes();
    } catch (const std::system_error& failure) {
        for (const auto& part : parts_.body.parts())
            if (std::string_view(failure.what()).starts_with(part.path + ": "))
                throw file_error(site_.url(), part.path, failure.code().value());
        throw;
    }
}

std::string exchange::request_text() const {
    std::string text;
    text.reserve(usual_header);
    text += parts_.method;
    text += ' ';
    // RFC 9112 section 3.2.2: a proxy needs all of the URL.
    const bool is_for_proxy = route_->hands_to_proxy(current());
    text += is_for_proxy ? std::string_view(current().to_string()) : current().target();
    text += " HTTP/1.1\r\n";
    const auto& fields = parts_.fields;
    if (!fields.contains("Host")) append(text, "Host", current().authority());
    if (parts_.lacks("User-Agent") && !core_->options.user_agent().empty())
        append(text, "User-Agent", core_->options.user_agent());
    if (parts_.lacks("Accept")) append(text, "Accept", "*/*");
    if (parts_.lacks("Accept-Encoding"))
        append(text, "Accept-Encoding", parts_.wants_decoding() ? known_codings : "identity");
    append_body_fields(text);
    if (!at_origin_.sent.empty()) append(text, origin_auth.credentials, at_origin_.sent);
    if (!at_proxy_.sent.empty()) append(text, proxy_auth.credentials, at_proxy_.sent);
    const bool has_jar = parts_.settings.cookies != nullptr;
    if (has_jar) {
        const auto cookies = cookie_field();
        if (!cookies.empty()) append(text, "Cookie", cookies);
    }
    if (is_for_proxy)
        for (const auto& [name, value] : route_->proxy_fields())
            if (!fields.contains(name)) append(text, name, value);
    for (const auto& [name, value] : fields) {
        if (has_jar && equal_ignoring_case(name, "Cookie")) continue;
        // Nobody but a proxy is to see it.
        if (!is_for_proxy && equal_ignoring_case(name, "Proxy-Authorization")) continue;
        append(text, name, value);
    }
    text += "\r\n";
    return text;
}

void exchange::append_body_fields(std::string& text) const {
    if (parts_.body.is_empty()) {
        if (parts_.may_expect_body()) append(text, "Content-Length", "0");
        return;
    }
    if (!parts_.body.type().empty() && parts_.lacks("Content-Type"))
        append(text, "Content-Type", parts_.body.type());
    if (body_sizes_) {
        const auto size = std::accumulate(body_sizes_->begin(), body_sizes_->end(), std::uint64_t{0});
        append(text, "Content-Length", std::to_string(size));
    } else {
        append(text, "Transfer-Encoding", "chunked");
    }
    if (parts_.continue_within && parts_.lacks("Expect")) append(text, "Expect", "100-continue");
}

} // namespace tandem::http::detail
