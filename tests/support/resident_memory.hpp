#pragma once
#include <cstdint>
#include <fstream>

#include <unistd.h>

namespace test {

/// The bytes of memory that this process has in use.
inline std::uint64_t resident_memory() {
    std::ifstream in("/proc/self/statm");
    std::uint64_t size = 0, resident = 0;
    in >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace test
