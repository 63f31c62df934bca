// The floor of pipelined jobs: frames through a socket pair, several in one system call where several are
// there.
#pragma once
#include <cstddef>

#include "pool/processors.hpp"

namespace bench {

/// What a no-op job takes on its way, with its header.
inline constexpr std::size_t small_frame = 96;

/// Frames of `bytes` each that come back in a second, with `window` of them on their way; measured over
/// `count`.
double raw_frames_per_second(placement where, std::size_t window, std::size_t bytes, std::size_t count);

} // namespace bench
