#include "field_syntax.hpp"

#include <algorithm>
#include <array>

namespace tandem::http::detail {

namespace {

constexpr std::array<bool, 256> token_characters = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"))
        table[static_cast<unsigned char>(c)] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c)
        table[c] = table[c - 0x20] = true;
    return table;
}();

} // namespace

bool is_token(std::string_view text) noexcept {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) { return token_characters[c]; });
}

bool has_control_character(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(),
                       [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

bool is_visible_ascii(std::string_view text) noexcept {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

} // namespace tandem::http::detail
