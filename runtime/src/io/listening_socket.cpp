#include "io/listening_socket.hpp"

#include <cerrno>
#include <chrono>
#include <system_error>

#include <sys/socket.h>

#include <tandem/coro/sleep.hpp>

namespace tandem::detail {

namespace {

constexpr duration pause_of_shortage = std::chrono::milliseconds(100);

/// What accept(2) reports of a connection that was there and is no more, not of the listener.
bool is_of_connection(int error) noexcept {
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM: // a firewall's rule
        return true;
    default:
        return false;
    }
}

bool is_shortage(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

} // namespace

void listening_socket::fail(const char* action, int error) const {
    throw std::system_error(error, std::generic_category(), action + (" at " + where_));
}

listening_socket::attempt listening_socket::accept_now(accepted_socket& next) {
    for (;;) {
        next.from = socket_address();
        const int made = ::accept4(descriptor_.get(), next.from.data(), next.from.size_place(),
                                   SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (made >= 0) {
            next.socket = unique_fd(made);
            shortage_ = 0;
            return attempt::accepted;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) return attempt::nobody_waits;
        if (is_shortage(errno)) {
            shortage_ = errno;
            return attempt::no_room;
        }
        if (!is_of_connection(errno)) fail("accepting a connection", errno);
    }
}

task<accepted_socket> listening_socket::accept() {
    bool has_paused = shortage_ == 0;
    accepted_socket next;
    for (;;) {
        if (!descriptor_.is_open()) fail("accepting a connection, after close,", EBADF);
        switch (accept_now(next)) {
        case attempt::accepted:
            co_return next;
        case attempt::no_room:
            if (has_paused) fail("no room for another connection, which goes on waiting,", shortage_);
            has_paused = true;
            co_await sleep(pause_of_shortage);
            break;
        case attempt::nobody_waits: {
            const auto [error] = co_await descriptor_.until_readable();
            if (!descriptor_.is_open()) fail("closed while accepting a connection", ECANCELED);
            if (error) fail("accepting a connection", error.value());
        }
        }
    }
}

} // namespace tandem::detail
