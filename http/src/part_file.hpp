// A file that appears under its name only when it is complete.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel_pipe.hpp"

namespace tandem::http::detail {

/// Writes to `.NAME.part-XXXXXXXX` in the target's folder; `publish` renames it, and the destructor removes
/// it if that has not happened. All functions throw file_error, with `url` as the request that failed.
class part_file {
  public:
    /// Creates missing folders on the way to `target`.
    part_file(std::string target, std::string url);
    part_file(const part_file&) = delete;
    part_file& operator=(const part_file&) = delete;
    ~part_file();

    void write(std::string_view bytes);
    /// Appends what a non-blocking socket has, at most `most` bytes, through `by`. Returns how many: 0 at the
    /// socket's end, nothing where it had to wait. What is wrong with the socket is a std::system_error.
    std::optional<std::size_t> take_from(int socket, kernel_pipe& by, std::size_t most);
    void publish();
    std::uint64_t size() const noexcept { return size_; }

  private:
    void open();
    void make_folders() const;
    /// What has to be written is gathered here first where it comes in crumbs, as from small chunks.
    void flush();
    void write_out(std::string_view bytes);
    [[noreturn]] void fail(const std::string& path) const;

    std::string target_;
    std::string url_;
    std::string temporary_;
    std::string crumbs_;
    std::uint64_t size_ = 0;
    int file_ = -1;
};

} // namespace tandem::http::detail
