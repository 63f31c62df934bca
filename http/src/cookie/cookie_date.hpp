// Dates in cookies.
#pragma once
#include <optional>
#include <string_view>

#include <tandem/http/cookie.hpp>

namespace tandem::http::detail {

/// The time that `text` means, read as RFC 6265bis section 5.1.1 reads it: words in any order and almost any
/// spelling. Nothing where that fails.
std::optional<cookie_time> parse_cookie_date(std::string_view text);

} // namespace tandem::http::detail
