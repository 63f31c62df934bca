// Texts that come from servers, as UTF-8 (RFC 3629).
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::http::detail {

/// A character and how many bytes it takes; none where the bytes are not UTF-8: overlong forms, surrogates
/// and what lies beyond Unicode are not.
struct utf8_character {
    char32_t value = 0;
    std::size_t size = 0;
};
utf8_character first_character(std::string_view text) noexcept;

bool is_utf8(std::string_view text) noexcept;
/// ISO-8859-1 in UTF-8.
std::string utf8_of_latin1(std::string_view bytes);

/// Appends `text` with U+FFFD in the place of what is not UTF-8, as browsers decode it (Encoding standard,
/// section 8.1.1): one for each beginning of a character that does not go on, and for each stray byte.
void append_as_utf8(std::string& to, std::string_view text);

/// The longest beginning of `text`, which is UTF-8, within `limit` bytes that cuts no character apart.
std::string_view clipped(std::string_view text, std::size_t limit) noexcept;

} // namespace tandem::http::detail
