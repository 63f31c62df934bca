// Moves bytes from a socket to a file inside the kernel.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace tandem::http::detail {

/// The pipe that splice(2) needs between a socket and a file. It is empty between two calls of `move`, so
/// that one serves any number of bodies at a time.
class kernel_pipe {
  public:
    kernel_pipe() noexcept = default;
    kernel_pipe(const kernel_pipe&) = delete;
    kernel_pipe& operator=(const kernel_pipe&) = delete;
    ~kernel_pipe();

    /// Makes the pipe where there is none yet. Returns false where the system has none to give.
    bool open() noexcept;

    /// What one `move` came to.
    struct outcome {
        /// What left the socket: 0 at its end, nothing where it had to wait.
        std::optional<std::size_t> taken;
        /// Errors, as errno has them, of the socket, and of the file, which then lacks some of what was
        /// taken.
        int socket_error = 0;
        int file_error = 0;
    };

    /// Moves what there is, at most `most` bytes, from a non-blocking socket to byte `offset` of `file`,
    /// which then is behind the last one that was written. It never waits for the socket; it waits for the
    /// file as write(2) does. A file system that does not know splice gets the bytes by pwrite(2).
    outcome move(int socket, int file, std::uint64_t& offset, std::size_t most) noexcept;

  private:
    int write_out(int file, std::uint64_t& offset, std::size_t count) noexcept;
    int copy_out(int file, std::uint64_t& offset, std::size_t count) noexcept;
    void drain() noexcept;

    int reading_end_ = -1;
    int writing_end_ = -1;
};

} // namespace tandem::http::detail
