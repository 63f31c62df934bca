// What a download to a file leaves behind.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include <tandem/base/config.hpp>

namespace tandem::http {

/// The path of a file. Not std::filesystem::path, whose header alone costs more compile time than a small
/// program; `std::filesystem::path(saved.path.string())` makes one.
class TANDEM_API file_path {
  public:
    explicit file_path(std::string text) noexcept
        : text_(std::move(text)) {}

    const std::string& string() const noexcept { return text_; }
    const char* c_str() const noexcept { return text_.c_str(); }
    operator const std::string&() const noexcept { return text_; }

  private:
    std::string text_;
};

/// A finished download.
class TANDEM_API saved {
  public:
    saved(file_path where, std::uint64_t size) noexcept
        : path(std::move(where))
        , bytes(size) {}

    /// The file, under its final name.
    file_path path;
    /// Its size.
    std::uint64_t bytes;
};

} // namespace tandem::http
