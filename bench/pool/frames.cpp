#include "pool/frames.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "pool/measuring.hpp"
#include "pool/partner.hpp"

namespace bench {
namespace {

/// What one read finds; 0 at the end.
std::size_t read_some(int socket, std::vector<char>& into) {
    while (true) {
        const ssize_t got = ::recv(socket, into.data(), into.size(), 0);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "recv");
    }
}

void echo(int socket, std::size_t most) {
    std::vector<char> room(most);
    while (const std::size_t got = read_some(socket, room))
        write_all(socket, room.data(), got);
}

} // namespace

double raw_frames_per_second(placement where, std::size_t window, std::size_t bytes, std::size_t count) {
    const pinned here(where.ours);
    std::vector<char> frames(window * bytes);
    partner other(where.theirs, [&](int socket) { echo(socket, window * bytes); });
    std::vector<char> room(window * bytes);
    const stopwatch watch;
    std::size_t sent = 0;
    std::size_t come = 0;
    while (come < count * bytes) {
        const std::size_t more = std::min(come / bytes + window, count) - sent;
        write_all(other.socket(), frames.data(), more * bytes);
        sent += more;
        come += read_some(other.socket(), room);
    }
    return static_cast<double>(count) / watch.seconds();
}

} // namespace bench
