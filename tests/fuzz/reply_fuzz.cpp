// libFuzzer's view of the parser of replies, chunks and trailers included: the first byte says how the others
// are cut, and in whatever pieces they come, the reply has to mean the same.
//
//     scripts/fuzz.sh 300 fuzz-reply
#include "support/replies.hpp"
#include "support/seeds.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    for (const auto& sample : test::reply_samples())
        test::write_seed('\x03' + sample);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const bool answers_head = bytes[0] >= 0x80;
    const std::size_t piece = (bytes[0] & 0x7f) + 1u;
    const std::string_view text(reinterpret_cast<const char*>(bytes + 1), size - 1);
    const auto whole = test::parsed(text, answers_head);
    if (whole.used > text.size() || whole.body.size() > whole.used) std::abort();
    if (test::parsed_in_pieces(text, piece, answers_head) != whole) std::abort();
    if (test::parsed_in_two(text, text.size() / 2, answers_head) != whole) std::abort();
    return 0;
}
