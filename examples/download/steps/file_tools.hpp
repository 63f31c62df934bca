// What knows images and archives.
#pragma once
#include <cstdint>
#include <stop_token>
#include <string>

/// The functions behind `--then thumbnail` and `--then extract`. They are a module of their own, which the
/// process that does such a step loads: with libarchive, libjpeg, libpng and what those need in turn it would
/// be 2 MB of memory in each run that has no steps, and in each that leaves them to its workers.
struct file_tools {
    /// As they are described in thumbnail.hpp and extract.hpp.
    void (*make_thumbnail)(const std::string& file, int edge);
    void (*extract_archive)(const std::string& archive, std::uint64_t most, std::stop_token stop);
};

/// Loads them the first time; any thread may. Throws std::runtime_error, which names the module, where it
/// cannot be loaded: it belongs to the program, and its place is fixed from there.
const file_tools& load_file_tools();
