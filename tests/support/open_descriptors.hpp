// How many descriptors this process has open: what a test counts before and after.
#pragma once
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

namespace test {

/// But for that of the memory which this process' pools share with their workers: the first pool opens it,
/// and it stays.
inline std::ptrdiff_t open_descriptors() {
    namespace fs = std::filesystem;
    // The listing's own descriptor is there each time.
    return std::count_if(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator(),
                         [](const fs::directory_entry& each) {
                             std::error_code gone;
                             const fs::path target = fs::read_symlink(each.path(), gone);
                             return target.string().find("memfd:tandem-arena") == std::string::npos;
                         });
}

} // namespace test
