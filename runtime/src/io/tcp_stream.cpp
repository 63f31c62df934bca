#include <tandem/io/tcp_stream.hpp>

#include <cerrno>
#include <stdexcept>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <tandem/coro/timeout.hpp>
#include <tandem/io/resolver.hpp>

#include "io/happy_eyeballs.hpp"
#include "io/socket_address.hpp"
#include "io/tcp_core.hpp"

namespace tandem {

namespace detail {

namespace {

void set_keep_alive(int socket, const connect_options& options) {
    if (!options.keep_alive_idle()) return;
    const auto seconds = [](std::chrono::seconds length) { return static_cast<int>(length.count()); };
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, seconds(*options.keep_alive_idle()), "TCP_KEEPIDLE");
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, seconds(options.keep_alive_interval()), "TCP_KEEPINTVL");
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, options.keep_alive_probes(), "TCP_KEEPCNT");
    set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
}

void bind_to(int socket, const endpoint& from) {
    // The port is chosen when the connection is made, so that as many can be had as there are peers.
    if (from.port() == 0)
        set_option(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1, "IP_BIND_ADDRESS_NO_PORT");
    const socket_address address(from);
    if (::bind(socket, address.data(), address.size()) < 0)
        throw std::system_error(errno, std::generic_category(), "binding to " + from.to_string());
}

int pending_error(int socket) noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

} // namespace

task<std::unique_ptr<tcp_core>> connect_to(endpoint to, const connect_options& options) {
    const socket_address address(to);
    auto core = std::make_unique<tcp_core>(open_socket(address.family(), SOCK_STREAM), to);
    const int socket = core->descriptor().get();
    if (options.no_delay()) set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
    set_keep_alive(socket, options);
    if (const auto& from = options.local_address()) {
        if (from->is_v6() != to.is_v6()) core->fail("connecting to", EAFNOSUPPORT);
        bind_to(socket, *from);
    }
    if (::connect(socket, address.data(), address.size()) < 0) {
        // After a signal it goes on as after EINPROGRESS.
        if (errno != EINPROGRESS && errno != EINTR) core->fail("connecting to", errno);
        const auto [error] = co_await core->descriptor().until_writable();
        if (error) core->fail("connecting to", error.value());
        if (const int failure = pending_error(socket)) core->fail("connecting to", failure);
    }
    // A port on this machine from which the system happened to connect: TCP's simultaneous open with oneself.
    if (to.is_loopback() && local_endpoint(socket) == to) core->fail("connecting to", ECONNREFUSED);
    co_return core;
}

} // namespace detail

namespace {

/// `attempts` outlives the time limit, which may end this anywhere.
task<std::unique_ptr<detail::tcp_core>> resolve_and_connect(const std::string& host, std::uint16_t port,
                                                            const connect_options& options,
                                                            std::vector<connect_attempt>& attempts) {
    const auto addresses = co_await resolve(host, port);
    co_return co_await detail::connect_to_any(addresses, options, attempts);
}

/// What `connecting`, which notes its attempts, comes to within the time limit.
task<std::unique_ptr<detail::tcp_core>> finish(task<std::unique_ptr<detail::tcp_core>> connecting,
                                               const std::string& target, const connect_options& options,
                                               std::vector<connect_attempt>& attempts) {
    auto connected = co_await move_on_after(options.time_limit(), std::move(connecting));
    if (!connected) throw connect_error(std::make_error_code(std::errc::timed_out), target, attempts);
    if (!*connected) throw connect_error(attempts.at(0).cause(), target, attempts);
    co_return std::move(*connected);
}

} // namespace

task<tcp_stream> tcp_stream::connect(std::string host, std::uint16_t port, connect_options options) {
    std::vector<connect_attempt> attempts;
    const bool has_colon = host.find(':') != std::string::npos;
    const std::string target = (has_colon ? "[" + host + "]" : host) + ":" + std::to_string(port);
    co_return tcp_stream(
        co_await finish(resolve_and_connect(host, port, options, attempts), target, options, attempts));
}

task<tcp_stream> tcp_stream::connect(endpoint to, connect_options options) {
    return connect(std::vector<endpoint>(1, to), to.to_string(), options);
}

task<tcp_stream> tcp_stream::connect(std::vector<endpoint> addresses, std::string name,
                                     connect_options options) {
    if (addresses.empty()) throw std::invalid_argument("tcp_stream: no address to connect to for " + name);
    std::vector<connect_attempt> attempts;
    co_return tcp_stream(
        co_await finish(detail::connect_to_any(addresses, options, attempts), name, options, attempts));
}

tcp_stream tcp_stream::adopt(int descriptor) {
    detail::socket_address remote;
    if (::getpeername(descriptor, remote.data(), remote.size_place()) < 0)
        throw std::system_error(errno, std::generic_category(), "adopting a TCP socket");
    const int flags = ::fcntl(descriptor, F_GETFL);
    if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)
        throw std::system_error(errno, std::generic_category(), "making a socket non-blocking");
    return tcp_stream(std::make_unique<detail::tcp_core>(detail::unique_fd(descriptor),
                                                         detail::to_endpoint(remote.data())));
}

int tcp_stream::release() noexcept {
    return core_ ? core_->descriptor().release() : -1;
}

tcp_stream::tcp_stream(std::unique_ptr<detail::tcp_core> core) noexcept
    : core_(std::move(core)) {}
tcp_stream::tcp_stream(tcp_stream&& other) noexcept = default;
tcp_stream& tcp_stream::operator=(tcp_stream&& other) noexcept = default;
tcp_stream::~tcp_stream() = default;

task<std::size_t> tcp_stream::read_some(std::span<char> room) {
    return core_->read_some(room);
}

std::optional<std::size_t> tcp_stream::try_read(std::span<char> room) {
    return core_->try_read(room);
}

std::optional<std::size_t> tcp_stream::try_write(std::string_view bytes) {
    return core_->try_write(bytes);
}

task<> tcp_stream::until_readable() {
    return core_->until_readable();
}

task<std::size_t> tcp_stream::write_some(std::string_view bytes) {
    return core_->write_some(bytes);
}

task<> tcp_stream::write(std::string_view bytes) {
    return core_->write(bytes);
}

task<> tcp_stream::close_write() {
    core_->close_write();
    co_return;
}

void tcp_stream::close() noexcept {
    if (core_) core_->close();
}

bool tcp_stream::is_quiet() noexcept {
    return core_->is_quiet();
}

endpoint tcp_stream::local() const {
    return detail::local_endpoint(native_handle());
}

endpoint tcp_stream::remote() const noexcept {
    return core_->remote();
}

void tcp_stream::set_no_delay(bool on) {
    detail::set_option(native_handle(), IPPROTO_TCP, TCP_NODELAY, on, "TCP_NODELAY");
}

int tcp_stream::native_handle() const noexcept {
    return core_ ? core_->descriptor().get() : -1;
}

} // namespace tandem
