// Bodies in the codings that HTTP knows.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

namespace test {

/// What zlib makes of `text`: gzip with 31 window bits, zlib's own format with 15, bare deflate with -15.
inline std::string zlib_encoded(std::string_view text, int window_bits) {
    z_stream stream{};
    if (deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("zlib");
    std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("zlib");
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

inline std::string gzip(std::string_view text) {
    return zlib_encoded(text, 15 + 16);
}
inline std::string deflate_in_zlib(std::string_view text) {
    return zlib_encoded(text, 15);
}
inline std::string bare_deflate(std::string_view text) {
    return zlib_encoded(text, -15);
}

inline std::string brotli(std::string_view text) {
    std::size_t size = BrotliEncoderMaxCompressedSize(text.size()) + 64;
    std::string out(size, '\0');
    if (!BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, text.size(),
                               reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                               reinterpret_cast<std::uint8_t*>(out.data())))
        throw std::runtime_error("brotli");
    out.resize(size);
    return out;
}

inline std::string zstd(std::string_view text, int level = 3) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    const auto size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level);
    if (ZSTD_isError(size)) throw std::runtime_error("zstd");
    out.resize(size);
    return out;
}

/// A coding's name in Content-Encoding, and how to apply it.
struct coding {
    const char* name;
    std::string (*encode)(std::string_view);
};

inline std::string zstd_default(std::string_view text) {
    return zstd(text);
}

inline constexpr coding codings[] = {{"gzip", gzip},
                                     {"deflate", deflate_in_zlib},
                                     {"deflate", bare_deflate},
                                     {"br", brotli},
                                     {"zstd", zstd_default}};

} // namespace test
