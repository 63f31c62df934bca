// What the parts of a header field are made of.
#pragma once
#include <string_view>

namespace tandem::http::detail {

/// True for a method or a field's name (RFC 9110 section 5.6.2).
bool is_token(std::string_view text) noexcept;

/// True where `text` would break a header apart, or do worse on a terminal: it has a control character that
/// is no tab (RFC 9110 section 5.5 forbids CR, LF and NUL, and warns of the others).
bool has_control_character(std::string_view text) noexcept;

/// True for a text, not empty, of visible ASCII characters alone.
bool is_visible_ascii(std::string_view text) noexcept;

} // namespace tandem::http::detail
