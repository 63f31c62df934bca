#include <tandem/io/udp_socket.hpp>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "io/socket_address.hpp"
#include "io/watched_descriptor.hpp"

namespace tandem {

namespace detail {

class udp_core {
  public:
    explicit udp_core(unique_fd socket) noexcept
        : descriptor_(std::move(socket)) {}

    watched_descriptor& descriptor() noexcept { return descriptor_; }
    void set_peer(const endpoint& peer) { peer_ = peer.to_string(); }
    /// The peer that was set, for errors.
    const std::string& peer() const noexcept { return peer_; }

    task<> send(std::string_view bytes, const sockaddr* to, socklen_t to_size, std::string whom) {
        for (;;) {
            check_open("sending to", whom);
            const ssize_t sent =
                ::sendto(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, to, to_size);
            if (sent >= 0) co_return;
            if (errno == EINTR) continue;
            if (errno != EAGAIN && errno != EWOULDBLOCK) fail("sending to", whom, errno);
            const auto [error] = co_await descriptor_.until_writable();
            check_wait("sending to", whom, error);
        }
    }

    task<datagram> receive(std::span<char> room) {
        const std::string whom = peer_.empty() ? "anybody" : peer_;
        for (;;) {
            check_open("receiving from", whom);
            socket_address from;
            const ssize_t size = ::recvfrom(descriptor_.get(), room.data(), room.size(), MSG_TRUNC,
                                            from.data(), from.size_place());
            if (size >= 0) {
                const auto sent = static_cast<std::size_t>(size);
                co_return datagram{std::min(sent, room.size()), sent, to_endpoint(from.data())};
            }
            if (errno == EINTR) continue;
            if (errno != EAGAIN && errno != EWOULDBLOCK) fail("receiving from", whom, errno);
            const auto [error] = co_await descriptor_.until_readable();
            check_wait("receiving from", whom, error);
        }
    }

    [[noreturn]] static void fail(const std::string& action, const std::string& whom, int error) {
        throw std::system_error(error, std::generic_category(), action + " " + whom);
    }

  private:
    void check_open(const char* action, const std::string& whom) const {
        if (!descriptor_.is_open()) fail(action, whom + ", after close", EBADF);
    }
    void check_wait(const char* action, const std::string& whom,
                    const boost::system::error_code& error) const {
        if (!descriptor_.is_open()) fail(std::string("closed while ") + action, whom, ECANCELED);
        if (error) fail(action, whom, error.value());
    }

    watched_descriptor descriptor_;
    std::string peer_;
};

namespace {

unique_fd open(int family, const udp_options& options) {
    auto socket = open_socket(family, SOCK_DGRAM);
    const int number = socket.get();
    if (options.reuse_address()) set_option(number, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    if (options.reuse_port()) set_option(number, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
    if (options.broadcast()) set_option(number, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST");
    if (family == AF_INET6) set_option(number, IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only(), "IPV6_V6ONLY");
    return socket;
}

} // namespace

} // namespace detail

udp_socket udp_socket::bind(const endpoint& at, const udp_options& options) {
    const detail::socket_address address(at);
    auto socket = detail::open(address.family(), options);
    if (::bind(socket.get(), address.data(), address.size()) < 0)
        detail::udp_core::fail("binding to", at.to_string(), errno);
    return udp_socket(std::make_unique<detail::udp_core>(std::move(socket)));
}

udp_socket udp_socket::connected(const endpoint& peer, const udp_options& options) {
    const int family = peer.is_v6() ? AF_INET6 : AF_INET;
    udp_socket made(std::make_unique<detail::udp_core>(detail::open(family, options)));
    made.connect(peer);
    return made;
}

udp_socket::udp_socket(std::unique_ptr<detail::udp_core> core) noexcept
    : core_(std::move(core)) {}
udp_socket::udp_socket(udp_socket&& other) noexcept = default;
udp_socket& udp_socket::operator=(udp_socket&& other) noexcept = default;
udp_socket::~udp_socket() = default;

void udp_socket::connect(const endpoint& peer) {
    const detail::socket_address address(peer);
    if (::connect(native_handle(), address.data(), address.size()) < 0)
        detail::udp_core::fail("connecting to", peer.to_string(), errno);
    core_->set_peer(peer);
}

task<> udp_socket::send_to(std::string_view bytes, endpoint to) {
    const detail::socket_address address(to);
    co_await core_->send(bytes, address.data(), address.size(), to.to_string());
}

task<> udp_socket::send(std::string_view bytes) {
    return core_->send(bytes, nullptr, 0, core_->peer().empty() ? "nobody: connect first" : core_->peer());
}

task<datagram> udp_socket::receive_from(std::span<char> room) {
    return core_->receive(room);
}

task<std::size_t> udp_socket::receive(std::span<char> room) {
    const datagram next = co_await core_->receive(room);
    if (next.is_truncated())
        detail::udp_core::fail("receiving a datagram of " + std::to_string(next.sent) + " bytes from",
                               next.from.to_string(), EMSGSIZE);
    co_return next.size;
}

endpoint udp_socket::local() const {
    return detail::local_endpoint(native_handle());
}

void udp_socket::close() noexcept {
    if (core_) core_->descriptor().close();
}

int udp_socket::native_handle() const noexcept {
    return core_ ? core_->descriptor().get() : -1;
}

} // namespace tandem
