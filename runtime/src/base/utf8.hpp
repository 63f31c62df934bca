// Text of unknown origin, taken apart into characters.
#pragma once
#include <cstddef>
#include <string_view>

namespace tandem::detail {

/// The bytes of the character that `text`, not empty, begins with; 0 where those are not UTF-8 (RFC 3629:
/// no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text) noexcept;

constexpr std::string_view replacement_character = "\xef\xbf\xbd"; // U+FFFD

} // namespace tandem::detail
