// Which header fields nobody else is to read.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <tandem/http/headers.hpp>

namespace tandem::http::detail {

/// What stands in the place of a secret.
inline constexpr std::string_view secret_mask = "***";

/// True for fields that speak for a caller (or, in a reply, would), and for those called `more`.
inline bool is_secret_field(std::string_view name, const std::vector<std::string>& more) noexcept {
    for (const std::string_view known :
         {"Authorization", "Cookie", "Proxy-Authorization", "Set-Cookie", "X-Api-Key", "X-Auth-Token"})
        if (equal_ignoring_case(name, known)) return true;
    for (const auto& each : more)
        if (equal_ignoring_case(name, each)) return true;
    return false;
}

} // namespace tandem::http::detail
