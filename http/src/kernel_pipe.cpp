#include "kernel_pipe.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace tandem::http::detail {

namespace {

/// What a step of the loop moves at most, in less than a millisecond; half of it costs a fifth more. It is
/// also the most that a pipe holds for a user without privileges; one holds 64 KiB unless it is told.
constexpr int wanted_size = 1024 * 1024;

} // namespace

kernel_pipe::~kernel_pipe() {
    if (reading_end_ < 0) return;
    ::close(reading_end_);
    ::close(writing_end_);
}

bool kernel_pipe::open() noexcept {
    if (reading_end_ >= 0) return true;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    reading_end_ = ends[0];
    writing_end_ = ends[1];
    // It stays as it is where the user has many such pipes already.
    (void)::fcntl(writing_end_, F_SETPIPE_SZ, wanted_size);
    return true;
}

kernel_pipe::outcome kernel_pipe::move(int socket, int file, std::uint64_t& offset,
                                       std::size_t most) noexcept {
    outcome made;
    constexpr unsigned flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
    ssize_t count;
    do {
        count =
            ::splice(socket, nullptr, writing_end_, nullptr, std::min<std::size_t>(most, wanted_size), flags);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        if (errno != EAGAIN) made.socket_error = errno;
        return made;
    }
    made.taken = static_cast<std::size_t>(count);
    made.file_error = write_out(file, offset, *made.taken);
    if (made.file_error != 0) drain();
    return made;
}

/// Returns 0 or an errno.
int kernel_pipe::write_out(int file, std::uint64_t& offset, std::size_t count) noexcept {
    while (count > 0) {
        auto to = static_cast<loff_t>(offset);
        const ssize_t written = ::splice(reading_end_, nullptr, file, &to, count, SPLICE_F_MOVE);
        if (written > 0) {
            count -= static_cast<std::size_t>(written);
            offset += static_cast<std::uint64_t>(written);
        } else if (written < 0 && errno == EINVAL)
            return copy_out(file, offset, count);
        else if (written == 0 || errno != EINTR)
            return written == 0 ? EIO : errno;
    }
    return 0;
}

int kernel_pipe::copy_out(int file, std::uint64_t& offset, std::size_t count) noexcept {
    char piece[16 * 1024];
    while (count > 0) {
        const ssize_t got = ::read(reading_end_, piece, std::min(count, sizeof piece));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got < 0 ? errno : EIO;
        count -= static_cast<std::size_t>(got);
        for (ssize_t done = 0; done < got;) {
            const ssize_t written = ::pwrite(file, piece + done, static_cast<std::size_t>(got - done),
                                             static_cast<off_t>(offset));
            if (written >= 0) {
                done += written;
                offset += static_cast<std::uint64_t>(written);
            } else if (errno != EINTR)
                return errno;
        }
    }
    return 0;
}

void kernel_pipe::drain() noexcept {
    char piece[16 * 1024];
    ssize_t got;
    do {
        got = ::read(reading_end_, piece, sizeof piece);
    } while (got > 0 || (got < 0 && errno == EINTR));
}

} // namespace tandem::http::detail
