// Cookies in a file, as Netscape's browser wrote them.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <tandem/http/cookie_jar.hpp>

#include "cookie_store.hpp"

namespace tandem::http::detail {

/// The cookie in a line without its line end; nothing where it has none. Seven fields with tabs between
/// them: domain, whether for hosts below it, path, whether secure, end (seconds since 1970, 0 for the
/// session), name, value; and "#HttpOnly_" before those that are.
std::optional<cookie> parse_cookie_line(std::string_view line);
std::string cookie_line(const cookie& what);

std::size_t load_cookies(cookie_store& to, const std::string& file, session_cookies which);
void save_cookies(const cookie_store& from, const std::string& file, session_cookies which);

} // namespace tandem::http::detail
