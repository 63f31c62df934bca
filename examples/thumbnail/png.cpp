// PNG through libpng's simplified interface, which keeps its long jumps to itself.
#include "thumbnail/image.hpp"

#include <algorithm>
#include <png.h>

namespace imaging {
namespace {

/// libpng's state, freed whatever happens.
struct png_session : png_image {
    png_session()
        : png_image{} {
        version = PNG_IMAGE_VERSION;
    }
    ~png_session() { png_image_free(this); }
    png_session(const png_session&) = delete;
    png_session& operator=(const png_session&) = delete;

    [[noreturn]] void fail() const { throw bad_image(std::string("PNG: ") + message); }
};

int channels_of(png_uint_32 format) {
    return (format & PNG_FORMAT_FLAG_COLOR ? 3 : 1) + (format & PNG_FORMAT_FLAG_ALPHA ? 1 : 0);
}

} // namespace

bool is_png(std::span<const unsigned char> content) {
    return content.size() >= 8 && png_sig_cmp(content.data(), 0, 8) == 0;
}

image decode_png(std::span<const unsigned char> content) {
    png_session png;
    if (!png_image_begin_read_from_memory(&png, content.data(), content.size())) png.fail();
    check_size(png.width, png.height);

    // Palettes and 16 bits are converted while reading; only colour and alpha are kept as they are.
    png.format &= PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA;
    png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    image picture{static_cast<int>(png.width), static_cast<int>(png.height), channels_of(png.format), {}};
    picture.pixels.resize(PNG_IMAGE_SIZE(png));
    if (!png_image_finish_read(&png, nullptr, picture.pixels.data(), 0, nullptr)) png.fail();
    return picture;
}

bytes encode_png(const image& picture) {
    png_session png;
    png.width = static_cast<png_uint_32>(picture.width);
    png.height = static_cast<png_uint_32>(picture.height);
    png.format = (picture.channels >= 3 ? PNG_FORMAT_FLAG_COLOR : 0u) |
                 (picture.channels % 2 == 0 ? PNG_FORMAT_FLAG_ALPHA : 0u);
    bytes content(PNG_IMAGE_PNG_SIZE_MAX(png));
    png_alloc_size_t size = content.size();
    if (!png_image_write_to_memory(&png, content.data(), &size, 0, picture.pixels.data(), 0, nullptr))
        png.fail();
    content.resize(size);
    return content;
}

} // namespace imaging
