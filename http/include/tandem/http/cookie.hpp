// A cookie, as a jar keeps it.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <tandem/base/config.hpp>

namespace tandem::http {

/// When a cookie ends: whole seconds, from the year 1601 on.
using cookie_time = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;

/// A cookie's SameSite attribute. It is kept and not enforced: there are no pages here that one could come
/// from.
enum class same_site { unset, none, lax, strict };

/// What RFC 6265bis section 5.7 stores of a cookie.
struct cookie {
    cookie() = default;
    cookie(std::string its_name, std::string its_value, std::string for_domain)
        : name(std::move(its_name))
        , value(std::move(its_value))
        , domain(std::move(for_domain)) {}

    /// May be empty where `value` is not: a Set-Cookie field without an equals sign.
    std::string name;
    std::string value;
    /// In lower case, without a dot before it.
    std::string domain;
    std::string path = "/";
    /// For that host only, not for those below it.
    bool host_only = true;
    /// For https only.
    bool secure = false;
    /// Not for scripts, of which there are none here: kept for the file.
    bool http_only = false;
    http::same_site same_site = http::same_site::unset;
    /// Nothing for a cookie that ends with the session.
    std::optional<cookie_time> expires;

    bool operator==(const cookie&) const = default;
};

} // namespace tandem::http
