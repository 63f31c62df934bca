#include "download/scratch.hpp"

#include <cstdlib>
#include <string>

#include <unistd.h>

namespace bench {

namespace fs = std::filesystem;

namespace {

/// Downloads are compared where the disk has no part in it.
constexpr const char* memory = "/dev/shm";
/// What a container gives it by default (64 MiB) is too small.
constexpr std::uint64_t least = 256 * 1024 * 1024;

fs::path new_folder() {
    std::error_code error;
    const bool in_memory =
        fs::space(memory, error).available >= least && !error && ::access(memory, W_OK) == 0;
    std::string name = (in_memory ? fs::path(memory) : fs::temp_directory_path()) / "bench-download-XXXXXX";
    if (!::mkdtemp(name.data()))
        throw fs::filesystem_error("mkdtemp", name, std::error_code(errno, std::generic_category()));
    return name;
}

} // namespace

scratch::scratch()
    : path_(new_folder()) {}

scratch::~scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

bool scratch::has_room(std::uint64_t bytes) const {
    return fs::space(path_).available >= bytes;
}

fs::path scratch::fresh(const std::string& name) const {
    const fs::path folder = path_ / name;
    fs::remove_all(folder);
    fs::create_directory(folder);
    return folder;
}

} // namespace bench
