// Text from elsewhere (names, URLs, errors) as a terminal may be shown it, and how much room it takes there.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

/// What the terminal, or whoever reads the lines, can make of bytes above 127.
enum class charset { ascii, utf8 };

/// That of the user's locale (LC_ALL, LC_CTYPE, LANG).
charset charset_of_user();

/// `text` without anything that a terminal obeys: control characters of both sets (ESC begins sequences that
/// move the cursor, set titles and more), characters that turn the direction of writing (which make
/// `photo<U+202E>gpj.exe` look like `photoexe.jpg`), line separators, and what is no UTF-8 become `\xNN` for
/// each byte.
std::string printable(std::string_view text, charset known);
/// The same at the end of another.
void append_printable(std::string& to, std::string_view text, charset known);

/// How many columns it takes: 2 for wide characters, 0 for combining ones. `text` is `printable`'s.
std::size_t columns_of(std::string_view text);

/// Exactly `columns` wide: filled up with spaces, or shortened in the middle, where names that differ are
/// most alike, around an ellipsis. `text` is `printable`'s.
std::string fitted(std::string_view text, std::size_t columns, charset known);

/// The same, but not filled up, and what is too long loses its end.
std::string cut(std::string_view text, std::size_t columns, charset known);

/// `text` with U+FFFD in the place of each byte that is no UTF-8, for JSON.
std::string valid_utf8(std::string_view text);
