// What fuzzers start from.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace test {

/// Writes `bytes` as a file of its own into the folder that TANDEM_SEEDS names, if it does.
inline void write_seed(std::string_view bytes) {
    static int number = 0;
    const char* const folder = std::getenv("TANDEM_SEEDS");
    if (!folder) return;
    std::ofstream seed(std::filesystem::path(folder) / ("sample-" + std::to_string(number++)),
                       std::ios::binary);
    seed.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

} // namespace test
