// The Set-Cookie field.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <tandem/http/cookie.hpp>

namespace tandem::http::detail {

/// RFC 6265bis section 5.6: what is longer is ignored.
constexpr std::size_t most_name_and_value = 4096;
constexpr std::size_t most_attribute_value = 1024;

/// What a Set-Cookie field says, before it is known whether it may.
struct set_cookie {
    std::string name;
    std::string value;
    /// In lower case, without a dot before it; empty for none.
    std::string domain;
    /// Nothing where the default path holds.
    std::optional<std::string> path;
    /// There was a Path attribute, whatever it said.
    bool has_path = false;
    /// Nothing for a cookie of the session.
    std::optional<cookie_time> expires;
    bool secure = false;
    bool http_only = false;
    http::same_site same_site = http::same_site::unset;
};

/// RFC 6265bis section 5.6, with `now` for Max-Age and the limit of 400 days. Nothing for one that is to be
/// ignored.
std::optional<set_cookie> parse_set_cookie(std::string_view text, cookie_time now);

/// True where a cookie so named needs what it does not have (RFC 6265bis section 4.1.3): "__Secure-" has to
/// be secure, "__Host-" for one host and the path "/" too; and no nameless cookie may read like one.
bool breaks_prefix(const cookie& made, bool has_path) noexcept;

std::string in_lower_case(std::string_view text);

} // namespace tandem::http::detail
