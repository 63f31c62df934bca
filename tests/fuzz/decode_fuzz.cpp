// libFuzzer's view of the decoders of bodies: the first byte says which codings the others are in, the second
// how they are cut. In whatever pieces they come, they have to give the same, and within the limit.
//
//     scripts/fuzz.sh 300 fuzz-decode
#include "support/decoding.hpp"
#include "support/encoded.hpp"
#include "support/seeds.hpp"

#include <cstdlib>

namespace {

const std::vector<std::string> choices[] = {
    {"gzip"}, {"deflate"}, {"br"}, {"zstd"}, {"br", "gzip"}, {"gzip", "zstd"}, {"deflate", "deflate", "br"}};
constexpr std::size_t choice_count = std::size(choices);
constexpr std::uint64_t limit = 300'000;

std::string seed(int choice, const std::string& bytes) {
    return std::string{static_cast<char>(choice), '\x05'} + bytes;
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    const std::string text =
        "some text, some text, some more text, and a lot of the same: " + std::string(500, 'x');
    test::write_seed(seed(0, test::gzip(text)));
    test::write_seed(seed(0, test::gzip(text) + test::gzip("") + "garbage"));
    test::write_seed(seed(1, test::deflate_in_zlib(text)));
    test::write_seed(seed(1, test::bare_deflate(text)));
    test::write_seed(seed(2, test::brotli(text)));
    test::write_seed(seed(3, test::zstd(text)));
    test::write_seed(seed(3, test::zstd(text, 19) + test::zstd("") + "garbage"));
    test::write_seed(seed(4, test::gzip(test::brotli(text))));
    test::write_seed(seed(5, test::zstd(test::gzip(text))));
    test::write_seed(seed(6, test::brotli(test::deflate_in_zlib(test::bare_deflate(text)))));
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 2) return 0;
    const auto& codings = choices[bytes[0] % choice_count];
    const std::size_t piece = bytes[1] + 1u;
    const std::string_view text(reinterpret_cast<const char*>(bytes + 2), size - 2);
    const auto whole = test::decoded(codings, text, text.size() + 1, 32 * 1024, limit);
    const auto cut = test::decoded(codings, text, piece, 1000, limit);
    if (whole.size > limit || cut.size > limit) std::abort();
    using fault = tandem::http::detail::content_decoder::fault;
    // libzstd looks more closely at a frame that it has as a whole.
    const bool has_zstd = std::find(codings.begin(), codings.end(), "zstd") != codings.end();
    if ((whole.fault == fault::none) != (cut.fault == fault::none) && !has_zstd) std::abort();
    if (whole.fault == fault::none && cut.fault == fault::none && whole.text != cut.text) std::abort();
    return 0;
}
