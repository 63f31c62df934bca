#include "io/descriptor_stream.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <tandem/coro/loop.hpp>

namespace tandem::detail {

namespace {

/// So many bytes a stream moves without having to wait before the loop looks at its other I/O: that holds the
/// others up by some 20 microseconds, and two tasks that stream to each other through the kernel stay in the
/// processor's cache.
constexpr std::size_t bytes_without_wait = 128 * 1024;

bool would_block(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK;
}

/// A write to a pipe that nobody reads raises SIGPIPE, and unlike a socket it has no flag against that: the
/// signal is held back on this thread, and taken off it if the write raised it.
ssize_t write_to_pipe(int descriptor, std::string_view bytes) noexcept {
    sigset_t pipe_signal, before, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    const ssize_t sent = ::write(descriptor, bytes.data(), bytes.size());
    const int error = errno;
    if (sent < 0 && error == EPIPE && !was_pending) {
        const timespec at_once{};
        while (sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return sent;
}

} // namespace

/// One task's turn to read, or to write.
class descriptor_stream::turn {
  public:
    turn(bool& is_taken, const descriptor_stream& stream, const char* what)
        : is_taken_(is_taken) {
        if (is_taken)
            throw usage_error("two tasks " + std::string(what) + " " + stream.peer() +
                              " at a time: let one do it, or guard the stream with a mutex");
        is_taken = true;
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() { is_taken_ = false; }

  private:
    bool& is_taken_;
};

/// A write of many pieces, which breaks the stream if it ends between them.
class descriptor_stream::unfinished_write {
  public:
    unfinished_write(descriptor_stream& stream, std::string_view& rest) noexcept
        : stream_(stream)
        , rest_(rest)
        , size_(rest.size()) {}
    unfinished_write(const unfinished_write&) = delete;
    unfinished_write& operator=(const unfinished_write&) = delete;
    ~unfinished_write() {
        if (!rest_.empty() && rest_.size() < size_) stream_.is_write_broken_ = true;
    }

  private:
    descriptor_stream& stream_;
    std::string_view& rest_;
    std::size_t size_;
};

descriptor_stream::~descriptor_stream() = default;

void descriptor_stream::fail(const char* action, int error) const {
    throw std::system_error(error, std::generic_category(), action + (" " + peer()));
}

void descriptor_stream::check_wait(const char* action, const boost::system::error_code& error) const {
    if (!descriptor_.is_open()) fail((std::string("closed while ") + action).c_str(), ECANCELED);
    if (error) fail(action, error.value());
}

std::optional<std::size_t> descriptor_stream::read_now(std::span<char> room) {
    ssize_t count;
    do {
        count = kind_ == kind::socket ? ::recv(descriptor_.get(), room.data(), room.size(), 0)
                                      : ::read(descriptor_.get(), room.data(), room.size());
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        if (would_block(errno)) return std::nullopt;
        fail("reading from", errno);
    }
    return static_cast<std::size_t>(count);
}

std::optional<std::size_t> descriptor_stream::write_now(std::string_view bytes) {
    if (std::exchange(is_full_, false)) return std::nullopt;
    ssize_t count;
    do {
        count = kind_ == kind::socket ? ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL)
                                      : write_to_pipe(descriptor_.get(), bytes);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        if (would_block(errno)) return std::nullopt;
        fail("writing to", errno);
    }
    const auto sent = static_cast<std::size_t>(count);
    is_full_ = sent < bytes.size();
    unwaited_ += sent;
    return sent;
}

/// A coroutine of its own, so that those who seldom need it are not the larger for it.
task<> descriptor_stream::pause(const char* action) {
    unwaited_ = 0;
    co_await boost::asio::post(own_asio_context(), use);
    check_wait(action, {});
}

task<std::size_t> descriptor_stream::read_some(std::span<char> room) {
    const turn mine(is_reading_, *this, "read from");
    if (!descriptor_.is_open()) fail("reading from the closed stream to", EBADF);
    if (room.empty()) co_return 0;
    if (unwaited_ >= bytes_without_wait) co_await pause("reading from");
    if (!is_drained_) {
        if (const auto read = read_now(room)) {
            unwaited_ += *read;
            is_drained_ = *read > 0 && *read < room.size();
            co_return *read;
        }
    }
    if (kind_ == kind::pipe) co_return co_await read_from_pipe(room);
    const std::uint64_t begin = loop::current().steps();
    const auto [error, read] = co_await descriptor_.receive(room);
    if (error == boost::asio::error::eof) co_return 0;
    check_wait("reading from", error);
    unwaited_ = 0;
    // Where the loop took no other step meanwhile, the bytes were there when it looked.
    const bool was_there = loop::current().steps() <= begin + 1;
    is_drained_ = read < room.size() || !was_there;
    co_return read;
}

task<std::size_t> descriptor_stream::read_from_pipe(std::span<char> room) {
    for (;;) {
        const auto [error] = co_await descriptor_.until_readable();
        check_wait("reading from", error);
        unwaited_ = 0;
        if (const auto read = read_now(room)) {
            is_drained_ = *read > 0 && *read < room.size();
            co_return *read;
        }
    }
}

std::optional<std::size_t> descriptor_stream::try_read(std::span<char> room) {
    const turn mine(is_reading_, *this, "read from");
    if (!descriptor_.is_open()) fail("reading from the closed stream to", EBADF);
    if (room.empty()) return 0;
    if (unwaited_ >= bytes_without_wait) return std::nullopt;
    const auto read = read_now(room);
    if (!read) return std::nullopt;
    unwaited_ += *read;
    is_drained_ = *read > 0 && *read < room.size();
    return read;
}

task<> descriptor_stream::until_readable() {
    const turn mine(is_reading_, *this, "read from");
    if (!descriptor_.is_open()) fail("reading from the closed stream to", EBADF);
    const auto [error] = co_await descriptor_.until_readable();
    check_wait("reading from", error);
    unwaited_ = 0;
    is_drained_ = false;
}

void descriptor_stream::check_writable() const {
    if (!descriptor_.is_open()) fail("writing to the closed stream to", EBADF);
    if (is_write_closed_) fail("writing, after close_write, to", EPIPE);
    if (is_write_broken_) fail("writing, after a write that ended in its middle, to", EPIPE);
}

task<std::size_t> descriptor_stream::write_some(std::string_view bytes) {
    const turn mine(is_writing_, *this, "write to");
    check_writable();
    if (bytes.empty()) co_return 0;
    if (unwaited_ >= bytes_without_wait) co_await pause("writing to");
    for (;;) {
        if (const auto sent = write_now(bytes)) co_return *sent;
        const auto [error] = co_await descriptor_.until_writable();
        check_wait("writing to", error);
    }
}

std::optional<std::size_t> descriptor_stream::try_write(std::string_view bytes) {
    const turn mine(is_writing_, *this, "write to");
    check_writable();
    if (bytes.empty()) return 0;
    if (unwaited_ >= bytes_without_wait) return std::nullopt;
    is_full_ = false; // this is how one finds out that it is not any more
    const auto sent = write_now(bytes);
    if (!sent) is_full_ = true;
    return sent;
}

task<> descriptor_stream::write(std::string_view bytes) {
    const turn mine(is_writing_, *this, "write to");
    check_writable();
    const unfinished_write all(*this, bytes);
    for (;;) {
        if (bytes.empty()) co_return;
        if (unwaited_ >= bytes_without_wait) co_await pause("writing to");
        if (const auto sent = write_now(bytes)) {
            bytes.remove_prefix(*sent);
        } else {
            const auto [error] = co_await descriptor_.until_writable();
            check_wait("writing to", error);
        }
    }
}

void descriptor_stream::close_write() {
    if (is_writing_) throw usage_error("close_write while a task writes to " + peer());
    if (!descriptor_.is_open() || std::exchange(is_write_closed_, true)) return;
    if (kind_ == kind::pipe)
        descriptor_.close();
    else if (::shutdown(descriptor_.get(), SHUT_WR) < 0)
        fail("closing the sending half to", errno);
}

bool descriptor_stream::is_quiet() const noexcept {
    if (!descriptor_.is_open()) return false;
    pollfd ask{descriptor_.get(), POLLIN, 0};
    return ::poll(&ask, 1, 0) == 0;
}

} // namespace tandem::detail
