// A file to write to.
#pragma once
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "micro/sockets.hpp"

namespace bench {

/// An empty file in the folder for temporary ones, deleted at the end.
class temporary_file {
  public:
    temporary_file()
        : path_((std::filesystem::temp_directory_path() / "bench-runtime-XXXXXX").string()) {
        if (descriptor(::mkstemp(path_.data())).get() < 0)
            throw std::system_error(errno, std::generic_category(), path_);
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    ~temporary_file() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }

    const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
};

} // namespace bench
