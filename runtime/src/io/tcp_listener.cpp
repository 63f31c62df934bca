#include <tandem/io/tcp_listener.hpp>

#include <cerrno>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "io/listening_socket.hpp"
#include "io/tcp_core.hpp"

namespace tandem {

tcp_listener tcp_listener::listen(const endpoint& at, const listen_options& options) {
    const detail::socket_address address(at);
    auto socket = detail::open_socket(address.family(), SOCK_STREAM);
    const int number = socket.get();
    detail::set_option(number, SOL_SOCKET, SO_REUSEADDR, options.reuse_address(), "SO_REUSEADDR");
    if (options.reuse_port()) detail::set_option(number, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
    if (at.is_v6()) detail::set_option(number, IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only(), "IPV6_V6ONLY");
    // What it accepts inherits this.
    if (options.no_delay()) detail::set_option(number, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
    if (::bind(number, address.data(), address.size()) < 0 || ::listen(number, options.backlog()) < 0)
        throw std::system_error(errno, std::generic_category(), "listening at " + at.to_string());
    const endpoint where = detail::local_endpoint(number);
    return tcp_listener(std::make_unique<detail::listening_socket>(std::move(socket), where.to_string()));
}

tcp_listener::tcp_listener(std::unique_ptr<detail::listening_socket> core) noexcept
    : core_(std::move(core)) {}
tcp_listener::tcp_listener(tcp_listener&& other) noexcept = default;
tcp_listener& tcp_listener::operator=(tcp_listener&& other) noexcept = default;
tcp_listener::~tcp_listener() = default;

task<tcp_stream> tcp_listener::accept() {
    auto next = co_await core_->accept();
    co_return tcp_stream(
        std::make_unique<detail::tcp_core>(std::move(next.socket), detail::to_endpoint(next.from.data())));
}

endpoint tcp_listener::local() const {
    return detail::local_endpoint(native_handle());
}

void tcp_listener::close() noexcept {
    if (core_) core_->close();
}

int tcp_listener::native_handle() const noexcept {
    return core_ ? core_->descriptor() : -1;
}

} // namespace tandem
