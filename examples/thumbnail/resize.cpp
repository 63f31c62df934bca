#include "thumbnail/image.hpp"

#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#include <stb_image_resize.h>

namespace imaging {

image resize(const image& source, extent size) {
    if (size.width == source.width && size.height == source.height) return source;
    image result{size.width, size.height, source.channels, {}};
    result.pixels.resize(static_cast<std::size_t>(size.width) * size.height * source.channels);
    int alpha = source.channels % 2 == 0 ? source.channels - 1 : STBIR_ALPHA_CHANNEL_NONE;
    if (!stbir_resize_uint8_srgb(source.pixels.data(), source.width, source.height, 0, result.pixels.data(),
                                 size.width, size.height, 0, source.channels, alpha, 0)) {
        throw bad_image("not enough memory to resize");
    }
    return result;
}

} // namespace imaging
