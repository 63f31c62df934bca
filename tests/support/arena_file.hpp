// What the shared memory of this process takes.
#pragma once
#include <cstddef>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace test {

/// Bytes of memory behind it; 0 where there is none yet.
inline std::size_t arena_bytes() {
    for (int number = 3; number < 1024; ++number) {
        char target[256];
        const std::string link = "/proc/self/fd/" + std::to_string(number);
        const ssize_t size = readlink(link.c_str(), target, sizeof target);
        if (size <= 0) continue;
        if (std::string(target, static_cast<std::size_t>(size)).find("tandem-arena") == std::string::npos)
            continue;
        struct stat status {};
        if (fstat(number, &status) == 0) return static_cast<std::size_t>(status.st_blocks) * 512;
    }
    return 0;
}

} // namespace test
