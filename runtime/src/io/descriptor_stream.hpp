// What the streams over a descriptor have in common: TCP, Unix, and the pipes of a process.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include <tandem/coro/task.hpp>

#include "io/watched_descriptor.hpp"

namespace tandem::detail {

/// The core that a byte_stream over a descriptor forwards to; the contract is byte_stream's. It tries first
/// and asks the loop only where that would block. Stays where it is while a task is in one of its functions.
class descriptor_stream {
  public:
    enum class kind : unsigned char {
        socket, ///< both ways, by send and recv
        pipe,   ///< one way, by write or read
    };

    /// `descriptor` has to be non-blocking.
    descriptor_stream(unique_fd descriptor, kind which) noexcept
        : descriptor_(std::move(descriptor))
        , kind_(which) {}
    descriptor_stream(const descriptor_stream&) = delete;
    descriptor_stream& operator=(const descriptor_stream&) = delete;
    virtual ~descriptor_stream();

    task<std::size_t> read_some(std::span<char> room);
    /// What can be read at once: nothing where that would have to wait, or others should have a turn.
    std::optional<std::size_t> try_read(std::span<char> room);
    /// Returns when a read would not have to wait.
    task<> until_readable();
    task<std::size_t> write_some(std::string_view bytes);
    /// What can be written at once: nothing where that would have to wait, or others should have a turn.
    std::optional<std::size_t> try_write(std::string_view bytes);
    task<> write(std::string_view bytes);
    /// Of a socket shuts its sending half down, of a pipe closes it.
    void close_write();
    void close() noexcept { descriptor_.close(); }
    bool is_quiet() const noexcept;

    watched_descriptor& descriptor() noexcept { return descriptor_; }
    const watched_descriptor& descriptor() const noexcept { return descriptor_; }

    /// Who is at the other end, for errors: "127.0.0.1:80".
    virtual std::string peer() const = 0;

    /// Throws std::system_error: "`action` `peer()`: the system's text for `error`".
    [[noreturn]] void fail(const char* action, int error) const;

  private:
    class turn;
    class unfinished_write;

    /// What can be done at once; empty where it has to wait.
    std::optional<std::size_t> read_now(std::span<char> room);
    std::optional<std::size_t> write_now(std::string_view bytes);
    /// The rest of a read that has to wait.
    task<std::size_t> read_from_pipe(std::span<char> room);
    void check_writable() const;
    /// Until the loop has looked at its other I/O.
    task<> pause(const char* action);
    /// Throws if a wait ended for another reason than that it was time to try again.
    void check_wait(const char* action, const boost::system::error_code& error) const;

    watched_descriptor descriptor_;
    kind kind_;
    /// Bytes moved since the stream last had to wait.
    std::size_t unwaited_ = 0;
    bool is_reading_ = false;
    bool is_writing_ = false;
    /// The next read would most likely find nothing, and is left to the loop at once: the last one took less
    /// than it had room for, or had to wait.
    bool is_drained_ = false;
    /// The last write could not send all that it was given: the next one waits at once and spares the
    /// attempt.
    bool is_full_ = false;
    bool is_write_closed_ = false;
    /// A write ended in its middle; nobody knows what the peer makes of more.
    bool is_write_broken_ = false;
};

} // namespace tandem::detail
