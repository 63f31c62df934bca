// What the steps of make_thumbnail hand to each other.
#pragma once
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace imaging {

using bytes = std::vector<unsigned char>;

/// Pixels in rows from the top, 8 bits a channel: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
struct image {
    int width = 0;
    int height = 0;
    int channels = 0;
    bytes pixels;
};

struct extent {
    int width = 0;
    int height = 0;
};

/// The content is not what its format demands; the message names the cause, the caller adds the file.
struct bad_image : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The largest size with `source`'s proportions that fits a square of `edge` pixels and does not enlarge it.
extent fit(extent source, int edge);

/// Throws bad_image when a header promises no pixels or more than max_thumbnail_pixels.
void check_size(long width, long height);

bool is_jpeg(std::span<const unsigned char> content);
bool is_png(std::span<const unsigned char> content);

/// Decodes to at least twice what fits `edge` where the image has that many pixels: libjpeg shrinks by
/// eighths while it decodes, which saves most of the work and leaves the resampling enough to be sharp.
image decode_jpeg(std::span<const unsigned char> content, int edge);
image decode_png(std::span<const unsigned char> content);

bytes encode_jpeg(const image& picture, int quality);
bytes encode_png(const image& picture);

/// Resamples in linear light, with colour weighted by alpha.
image resize(const image& source, extent size);

} // namespace imaging
