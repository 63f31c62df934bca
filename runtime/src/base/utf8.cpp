#include "base/utf8.hpp"

namespace tandem::detail {
namespace {

struct sequence {
    std::size_t length;
    /// What the second byte may be: where it keeps out overlong forms, surrogates and what is too large.
    unsigned char second_from;
    unsigned char second_to;
};

sequence sequence_of(unsigned char first) noexcept {
    if (first < 0x80) return {1, 0, 0};
    if (first < 0xc2) return {0, 0, 0};
    if (first < 0xe0) return {2, 0x80, 0xbf};
    if (first == 0xe0) return {3, 0xa0, 0xbf};
    if (first == 0xed) return {3, 0x80, 0x9f};
    if (first < 0xf0) return {3, 0x80, 0xbf};
    if (first == 0xf0) return {4, 0x90, 0xbf};
    if (first < 0xf4) return {4, 0x80, 0xbf};
    if (first == 0xf4) return {4, 0x80, 0x8f};
    return {0, 0, 0};
}

} // namespace

std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const sequence wanted = sequence_of(byte(0));
    if (wanted.length == 0 || wanted.length > text.size()) return 0;
    for (std::size_t i = 1; i < wanted.length; ++i) {
        const unsigned char from = i == 1 ? wanted.second_from : 0x80;
        const unsigned char to = i == 1 ? wanted.second_to : 0xbf;
        if (byte(i) < from || byte(i) > to) return 0;
    }
    return wanted.length;
}

} // namespace tandem::detail
