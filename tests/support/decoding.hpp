// What a content_decoder makes of bytes.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <decode/content_decoder.hpp>

namespace test {

struct decoded_outcome {
    std::string text;
    std::string trouble;
    tandem::http::detail::content_decoder::fault fault{};
    /// How often it stopped to let others have their turn.
    int pauses = 0;
    std::uint64_t size = 0;

    bool operator==(const decoded_outcome& other) const {
        return text == other.text && trouble == other.trouble && fault == other.fault;
    }
};

/// Decodes `bytes`, given in pieces of `piece`, into rooms of `room` bytes; keeps the first MiB of the
/// result.
inline decoded_outcome decoded(const std::vector<std::string>& codings, std::string_view bytes,
                               std::size_t piece = 16 * 1024, std::size_t room = 32 * 1024,
                               std::uint64_t limit = UINT64_MAX) {
    decoded_outcome all;
    auto decoder = tandem::http::detail::content_decoder::make(codings);
    decoder->set_limit(limit);
    std::vector<char> space(room);
    while (!decoder->is_done() && decoder->trouble().empty()) {
        const auto size = decoder->decode(space);
        all.size += size;
        all.text.append(space.data(),
                        std::min(size, (1u << 20) - std::min<std::size_t>(all.text.size(), 1u << 20)));
        if (size > 0) continue;
        if (!decoder->needs_input()) {
            all.pauses += !decoder->is_done() && decoder->trouble().empty();
        } else if (bytes.empty()) {
            decoder->finish();
        } else {
            decoder->feed(bytes.substr(0, piece));
            bytes.remove_prefix(std::min(piece, bytes.size()));
        }
    }
    all.trouble = decoder->trouble();
    all.fault = decoder->kind();
    return all;
}

} // namespace test
