#pragma once
#include <catch2/catch.hpp>

#include <cstdint>
#include <fstream>
#include <string>

namespace test {

/// How much this process has written with write(2) so far: what was spliced is not in it.
inline std::uint64_t written_so_far() {
    std::ifstream io("/proc/self/io");
    for (std::string word; io >> word;) {
        std::uint64_t count = 0;
        if (word == "wchar:" && io >> count) return count;
    }
    FAIL("the kernel does not count what a process writes");
    return 0;
}

} // namespace test
