// How a camera was held, as its photo's EXIF block says (EXIF 2.3, tag 0x0112), and turning the photo
// upright.
#pragma once
#include "thumbnail/image.hpp"

namespace imaging {

/// The orientation, 1 to 8, in the APP1 segment `marker`; 0 when it holds none.
int exif_orientation(std::span<const unsigned char> marker);

/// `source` as a viewer would show it for an orientation of 0 (not known) to 8.
image upright(image source, int orientation);

} // namespace imaging
