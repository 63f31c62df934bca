// Writes a body to an open file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "kernel_pipe.hpp"

namespace tandem::http::detail {

/// What files that bodies are stored in have in common: they get their bytes one behind the other, from
/// memory or straight from a socket, wherever in the file. Where the descriptor stands is nobody's business,
/// so that several may write to one file. All functions throw file_error, with `url` as the request that
/// failed, and `target` as the file unless they say otherwise.
class file_writer {
  public:
    file_writer(const file_writer&) = delete;
    file_writer& operator=(const file_writer&) = delete;

    void write(std::string_view bytes);
    /// Appends what a non-blocking socket has, at most `most` bytes, through `by`. Returns how many: 0 at the
    /// socket's end, nothing where it had to wait. What is wrong with the socket is a std::system_error.
    std::optional<std::size_t> take_from(int socket, kernel_pipe& by, std::size_t most);
    /// Where the next byte goes; all before it is in the file or on the way there, behind an error too.
    std::uint64_t size() const noexcept { return size_; }
    /// What of that is in the file already.
    std::uint64_t written() const noexcept { return written_; }

    /// More bytes than these are a body_too_large error, as soon as they have come.
    void set_limit(std::uint64_t bytes) noexcept { limit_ = bytes; }
    std::uint64_t limit() const noexcept { return limit_; }
    [[noreturn]] void fail_too_large() const;

    const std::string& target() const noexcept { return target_; }
    const std::string& url() const noexcept { return url_; }

  protected:
    file_writer(std::string target, std::string url);
    /// Closes the file, and tells nobody if that fails.
    ~file_writer();

    bool is_open() const noexcept { return file_ >= 0; }
    int descriptor() const noexcept { return file_; }
    void adopt(int descriptor) noexcept { file_ = descriptor; }
    void set_target(std::string path) { target_ = std::move(path); }
    /// The next byte goes there; what was gathered is dropped.
    void seek(std::uint64_t offset) noexcept;
    /// Writes what was gathered.
    void flush();
    /// Closes it. Returns 0 or an errno: some file systems report a failed write only here.
    int close() noexcept;
    void make_folders() const;
    [[noreturn]] void fail(const std::string& path, int code) const;

  private:
    void write_out(std::string_view bytes);
    [[noreturn]] void fail_writing(int code);
    void check_limit() const {
        if (size_ > limit_) fail_too_large();
    }

    std::string target_;
    std::string url_;
    /// What has to be written is gathered here first where it comes in crumbs, as from small chunks.
    std::string crumbs_;
    std::uint64_t size_ = 0;
    std::uint64_t written_ = 0;
    std::uint64_t limit_ = std::numeric_limits<std::uint64_t>::max();
    int file_ = -1;
};

/// The part of a path up to its last slash, with it; empty where there is none.
std::string_view folder_of(std::string_view path) noexcept;

} // namespace tandem::http::detail
