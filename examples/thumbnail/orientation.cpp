#include "thumbnail/orientation.hpp"

#include <algorithm>
#include <cstring>

namespace imaging {

int exif_orientation(std::span<const unsigned char> marker) {
    if (marker.size() < 14 || std::memcmp(marker.data(), "Exif\0\0", 6) != 0) return 0;
    auto tiff = marker.subspan(6);
    bool little = tiff[0] == 'I';
    auto number = [&](std::size_t at, std::size_t size) -> std::size_t {
        if (at > tiff.size() || tiff.size() - at < size) return 0;
        std::size_t value = 0;
        for (std::size_t i = 0; i < size; ++i)
            value = value << 8 | tiff[at + (little ? size - 1 - i : i)];
        return value;
    };
    auto directory = number(4, 4);
    auto entries = number(directory, 2);
    for (std::size_t i = 0; i < entries; ++i) {
        auto entry = directory + 2 + 12 * i;
        if (number(entry, 2) != 0x0112) continue;
        auto value = number(entry + 8, 2);
        return value <= 8 ? static_cast<int>(value) : 0;
    }
    return 0;
}

image upright(image source, int orientation) {
    if (orientation < 2) return source;
    bool swap = orientation >= 5; // the camera was on its side
    bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;

    image result = source;
    if (swap) std::swap(result.width, result.height);
    auto* to = result.pixels.data();
    for (int y = 0; y < result.height; ++y) {
        for (int x = 0; x < result.width; ++x) {
            int column = swap ? y : x;
            int row = swap ? x : y;
            if (mirror_x) column = source.width - 1 - column;
            if (mirror_y) row = source.height - 1 - row;
            auto from = (static_cast<std::size_t>(row) * source.width + column) * source.channels;
            to = std::copy_n(source.pixels.begin() + static_cast<std::ptrdiff_t>(from), source.channels, to);
        }
    }
    return result;
}

} // namespace imaging
