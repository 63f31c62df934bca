// Images made for the tests, and their way back to pixels.
#pragma once
#include "thumbnail/image.hpp"

#include <cstdio>
#include <cstdlib>
#include <jpeglib.h>
#include <png.h>
#include <string>

namespace test {

inline std::string text(const imaging::bytes& content) {
    return {content.begin(), content.end()};
}
inline imaging::bytes raw(const std::string& content) {
    return {content.begin(), content.end()};
}

/// A picture of one colour, with as many channels as `pixel` has values.
inline imaging::image plain(int width, int height, const imaging::bytes& pixel) {
    imaging::image picture{width, height, static_cast<int>(pixel.size()), {}};
    for (int i = 0; i < width * height; ++i)
        picture.pixels.insert(picture.pixels.end(), pixel.begin(), pixel.end());
    return picture;
}

inline std::string jpeg(int width, int height, const imaging::bytes& pixel = {200, 100, 50}) {
    return text(imaging::encode_jpeg(plain(width, height, pixel), 90));
}

inline std::string png(int width, int height, const imaging::bytes& pixel) {
    return text(imaging::encode_png(plain(width, height, pixel)));
}

/// A JPEG of printing inks, inverted as Adobe's programs write it.
inline std::string cmyk_jpeg(int width, int height, const imaging::bytes& inks) {
    jpeg_compress_struct codec{};
    jpeg_error_mgr errors{};
    codec.err = jpeg_std_error(&errors);
    jpeg_create_compress(&codec);
    unsigned char* content = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&codec, &content, &size);
    codec.image_width = static_cast<JDIMENSION>(width);
    codec.image_height = static_cast<JDIMENSION>(height);
    codec.input_components = 4;
    codec.in_color_space = JCS_CMYK;
    jpeg_set_defaults(&codec);
    jpeg_start_compress(&codec, TRUE);
    auto row = plain(width, 1, inks).pixels;
    for (int y = 0; y < height; ++y) {
        JSAMPROW line = row.data();
        jpeg_write_scanlines(&codec, &line, 1);
    }
    jpeg_finish_compress(&codec);
    std::string result(content, content + size);
    jpeg_destroy_compress(&codec);
    std::free(content);
    return result;
}

/// A PNG in one of libpng's own layouts: PNG_FORMAT_LINEAR_RGB has 16 bits a channel.
inline std::string png_of_format(int width, int height, png_uint_32 format, const void* pixels,
                                 const void* palette = nullptr, unsigned colours = 0) {
    png_image codec{};
    codec.version = PNG_IMAGE_VERSION;
    codec.width = static_cast<png_uint_32>(width);
    codec.height = static_cast<png_uint_32>(height);
    codec.format = format;
    codec.colormap_entries = colours;
    std::string content(1 << 20, '\0');
    png_alloc_size_t size = content.size();
    if (!png_image_write_to_memory(&codec, content.data(), &size, 0, pixels, 0, palette)) std::abort();
    content.resize(size);
    return content;
}

} // namespace test
