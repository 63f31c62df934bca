#include "utf8.hpp"

namespace tandem::http::detail {

namespace {

/// How many bytes at the front of `text` are one character, or begin one and are not followed by its next
/// byte; 1 for a byte that begins none.
std::size_t size_of_attempt(std::string_view text) noexcept {
    const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto first = at(0);
    if (first < 0xc2 || first > 0xf4) return 1;
    const std::size_t whole = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    // Overlong forms, surrogates and what lies beyond Unicode show in the second byte.
    const unsigned lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (text.size() < 2 || at(1) < lowest || at(1) > highest) return 1;
    std::size_t size = 2;
    while (size < whole && size < text.size() && (at(size) & 0xc0) == 0x80)
        ++size;
    return size;
}

} // namespace

utf8_character first_character(std::string_view text) noexcept {
    if (text.empty()) return {};
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return {first, 1};
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return {};
    char32_t value = first & (0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xc0) != 0x80) return {};
        value = value << 6 | (next & 0x3fu);
    }
    constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {};
    return {value, size};
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto size = first_character(text).size;
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

std::string utf8_of_latin1(std::string_view bytes) {
    std::string text;
    for (unsigned char c : bytes) {
        if (c < 0x80) {
            text += static_cast<char>(c);
        } else {
            text += static_cast<char>(0xc0 | c >> 6);
            text += static_cast<char>(0x80 | (c & 0x3f));
        }
    }
    return text;
}

void append_as_utf8(std::string& to, std::string_view text) {
    while (!text.empty()) {
        std::size_t plain = 0;
        while (plain < text.size() && static_cast<unsigned char>(text[plain]) < 0x80)
            ++plain;
        to += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty()) return;
        const auto size = size_of_attempt(text);
        to += first_character(text).size == size ? text.substr(0, size) : "\xef\xbf\xbd";
        text.remove_prefix(size);
    }
}

std::string_view clipped(std::string_view text, std::size_t limit) noexcept {
    if (text.size() <= limit) return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80)
        --limit;
    return text.substr(0, limit);
}

} // namespace tandem::http::detail
