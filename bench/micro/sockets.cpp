#include "micro/sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace bench {
namespace {

int checked(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

descriptor tcp_socket() {
    descriptor made(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const int on = 1;
    checked(::setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    return made;
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

descriptor connect(std::uint16_t port) {
    descriptor made = tcp_socket();
    const sockaddr_in to = loopback(port);
    checked(::connect(made.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), "connect");
    return made;
}

constexpr std::size_t for_the_program = 100;

rlimit descriptor_limit() noexcept {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit;
}

} // namespace

descriptor::~descriptor() {
    if (number_ >= 0) ::close(number_);
}

descriptor_pair local_pair() {
    int ends[2];
    checked(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
    return {descriptor(ends[0]), descriptor(ends[1])};
}

descriptor_pair tcp_pair() {
    const descriptor door = listen_on_loopback(1);
    descriptor near = connect(port_of(door.get()));
    descriptor far(checked(::accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept"));
    return {std::move(near), std::move(far)};
}

descriptor listen_on_loopback(int backlog) {
    descriptor door = tcp_socket();
    const sockaddr_in at = loopback(0);
    checked(::bind(door.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), "bind");
    checked(::listen(door.get(), backlog), "listen");
    return door;
}

std::uint16_t port_of(int socket) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    checked(::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size), "getsockname");
    return ntohs(at.sin_port);
}

std::vector<descriptor> connect_to_loopback(std::uint16_t port, std::size_t count) {
    std::vector<descriptor> all;
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        all.push_back(connect(port));
        const linger reset{1, 0};
        checked(::setsockopt(all.back().get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), "SO_LINGER");
    }
    return all;
}

bool may_have_descriptors(std::size_t count) noexcept {
    return descriptor_limit().rlim_max >= count + for_the_program;
}

void allow_descriptors(std::size_t count) {
    rlimit limit = descriptor_limit();
    limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, count + for_the_program);
    checked(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

} // namespace bench
