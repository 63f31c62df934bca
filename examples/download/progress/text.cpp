#include "download/progress/text.hpp"

#include <algorithm>
#include <cstring>
#include <cwchar>
#include <langinfo.h>
#include <locale.h>
#include <vector>

#include "common/utf8_locale.hpp"

namespace {

/// A character of a text: its bytes, its code point, and its columns; -1 where it is not to be shown.
struct glyph {
    std::string_view bytes;
    wchar_t code = 0;
    int columns = -1;
    bool is_valid = false;
};

/// Characters that are not shown but change how others are: the Unicode standard's bidirectional formatting
/// characters (UAX 9), and those that break lines.
bool turns_text(wchar_t code) noexcept {
    return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

glyph first_glyph(std::string_view text) {
    std::mbstate_t state{};
    glyph found;
    const std::size_t length = std::mbrtowc(&found.code, text.data(), text.size(), &state);
    if (length == 0 || length > text.size()) { // a zero, no UTF-8, or an incomplete end
        found.bytes = text.substr(0, 1);
        found.is_valid = length == 0;
        return found;
    }
    found.bytes = text.substr(0, length);
    found.is_valid = true;
    if (!turns_text(found.code)) found.columns = ::wcwidth(found.code);
    return found;
}

/// Calls `take(glyph)` for each character. For use below a utf8_locale.
template <class Take> void for_each_glyph(std::string_view text, Take take) {
    while (!text.empty()) {
        const glyph next = first_glyph(text);
        text.remove_prefix(next.bytes.size());
        take(next);
    }
}

void append_escaped(std::string& made, std::string_view bytes) {
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        made += "\\x";
        made += "0123456789abcdef"[value >> 4];
        made += "0123456789abcdef"[value & 15];
    }
}

std::string_view ellipsis(charset known) {
    return known == charset::utf8 ? "…" : "...";
}

/// The longest beginning that takes at most `columns`, with the combining characters behind it.
std::string_view head(const std::vector<glyph>& all, std::string_view text, std::size_t columns) {
    std::size_t bytes = 0, used = 0;
    for (const auto& each : all) {
        const auto width = static_cast<std::size_t>(each.columns < 0 ? 0 : each.columns);
        if (used + width > columns) break;
        used += width;
        bytes += each.bytes.size();
    }
    return text.substr(0, bytes);
}

/// The longest end that takes at most `columns`, and begins with no combining character.
std::string_view tail(const std::vector<glyph>& all, std::string_view text, std::size_t columns) {
    std::size_t bytes = 0, begins = 0, used = 0;
    for (auto each = all.rbegin(); each != all.rend(); ++each) {
        const auto width = static_cast<std::size_t>(each->columns < 0 ? 0 : each->columns);
        if (used + width > columns) break;
        used += width;
        bytes += each->bytes.size();
        if (width > 0) begins = bytes;
    }
    return text.substr(text.size() - begins);
}

std::vector<glyph> glyphs_of(std::string_view text) {
    std::vector<glyph> all;
    all.reserve(text.size());
    for_each_glyph(text, [&](const glyph& each) { all.push_back(each); });
    return all;
}

} // namespace

charset charset_of_user() {
    const locale_t own = ::newlocale(LC_CTYPE_MASK, "", nullptr);
    if (!own) return charset::ascii;
    const bool is_utf8 = std::strcmp(::nl_langinfo_l(CODESET, own), "UTF-8") == 0;
    ::freelocale(own);
    return is_utf8 ? charset::utf8 : charset::ascii;
}

void append_printable(std::string& to, std::string_view text, charset known) {
    if (std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
        to += text; // nearly all are, and looking at each character takes its time
        return;
    }
    const utf8_locale here;
    for_each_glyph(text, [&](const glyph& each) {
        const bool is_shown = each.columns >= 0 && (known == charset::utf8 || each.code < 128);
        if (is_shown)
            to += each.bytes;
        else
            append_escaped(to, each.bytes);
    });
}

std::string printable(std::string_view text, charset known) {
    std::string made;
    append_printable(made, text, known);
    return made;
}

std::size_t columns_of(std::string_view text) {
    const utf8_locale here;
    std::size_t columns = 0;
    for_each_glyph(text, [&](const glyph& each) {
        if (each.columns > 0) columns += static_cast<std::size_t>(each.columns);
    });
    return columns;
}

std::string fitted(std::string_view text, std::size_t columns, charset known) {
    std::string made(text);
    if (columns_of(text) > columns) {
        const utf8_locale here;
        const auto all = glyphs_of(text);
        const auto middle = ellipsis(known);
        const std::size_t middle_columns = known == charset::utf8 ? 1 : 3;
        if (columns <= middle_columns) {
            made = head(all, text, columns);
        } else {
            const std::size_t kept = columns - middle_columns;
            made = head(all, text, (kept + 1) / 2);
            made += middle;
            made += tail(all, text, kept / 2);
        }
    }
    made.append(columns - columns_of(made), ' '); // a wide character may have left half of its room
    return made;
}

std::string cut(std::string_view text, std::size_t columns, charset known) {
    if (columns_of(text) <= columns) return std::string(text);
    const utf8_locale here;
    const auto all = glyphs_of(text);
    const std::size_t end_columns = known == charset::utf8 ? 1 : 3;
    if (columns <= end_columns) return std::string(head(all, text, columns));
    return std::string(head(all, text, columns - end_columns)) + std::string(ellipsis(known));
}

std::string valid_utf8(std::string_view text) {
    const utf8_locale here;
    std::string made;
    made.reserve(text.size());
    for_each_glyph(text, [&](const glyph& each) {
        if (each.is_valid)
            made += each.bytes;
        else
            made += "\xef\xbf\xbd";
    });
    return made;
}
