// How many descriptors this process has open: what a test counts before and after.
#pragma once
#include <cstddef>
#include <filesystem>
#include <iterator>

namespace test {

inline std::ptrdiff_t open_descriptors() {
    // The listing's own descriptor is there each time.
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
}

} // namespace test
