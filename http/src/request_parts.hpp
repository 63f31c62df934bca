// What a request consists of.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include <tandem/http/headers.hpp>
#include <tandem/http/request_settings.hpp>
#include <tandem/http/url.hpp>

namespace tandem::http::detail {

/// What a request_builder gathers, and an exchange then owns.
struct request_parts {
    explicit request_parts(std::string verb, url to)
        : method(std::move(verb))
        , target(std::move(to)) {}

    /// RFC 9110 section 9.2.2: sending it twice has the effect of sending it once.
    bool is_idempotent() const noexcept {
        return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
               method == "OPTIONS" || method == "TRACE";
    }

    /// A part of a text in one coding is not that part of another, or of none.
    bool wants_decoding() const noexcept { return decode.value_or(!fields.contains("Range")); }

    std::string method;
    url target;
    headers fields;
    /// Whether a status other than 2xx is an error, where the caller said so.
    std::optional<bool> raise_for_status;
    /// The longest body to read, decoded.
    std::optional<std::uint64_t> max_body;
    /// Whether the body's codings are taken off, where the caller said so.
    std::optional<bool> decode;
    request_settings settings;
};

} // namespace tandem::http::detail
