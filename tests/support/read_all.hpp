#pragma once
#include <algorithm>
#include <array>
#include <string>

#include <tandem/io/byte_stream.hpp>

namespace test {

/// All of `from` up to its end, read in pieces of at most `piece` bytes (16 KiB and fewer).
inline tandem::task<std::string> read_all(tandem::byte_stream& from, std::size_t piece = 4096) {
    std::array<char, 16 * 1024> room;
    std::string all;
    while (const std::size_t count =
               co_await from.read_some(std::span(room).first(std::min(piece, room.size()))))
        all.append(room.data(), count);
    co_return all;
}

/// A text in which each part tells where it stood.
inline std::string numbered_text(std::size_t bytes) {
    std::string text;
    for (int i = 0; text.size() < bytes; ++i)
        text += std::to_string(i) + ' ';
    text.resize(bytes);
    return text;
}

} // namespace test
