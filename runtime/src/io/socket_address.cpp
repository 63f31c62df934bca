#include "io/socket_address.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <netinet/in.h>

namespace tandem::detail {

socket_address::socket_address(const endpoint& address) noexcept {
    if (address.is_v6()) {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(address.port());
        v6.sin6_scope_id = address.scope();
        std::memcpy(&v6.sin6_addr, address.bytes().data(), sizeof v6.sin6_addr);
        std::memcpy(&storage_, &v6, size_ = sizeof v6);
    } else {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(address.port());
        std::memcpy(&v4.sin_addr, address.bytes().data(), sizeof v4.sin_addr);
        std::memcpy(&storage_, &v4, size_ = sizeof v4);
    }
}

endpoint to_endpoint(const sockaddr* address) noexcept {
    std::array<unsigned char, 16> bytes{};
    if (address->sa_family == AF_INET) {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
        std::memcpy(bytes.data(), &v4->sin_addr, 4);
        return endpoint(false, bytes, 0, ntohs(v4->sin_port));
    }
    if (address->sa_family != AF_INET6) return endpoint();
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    std::memcpy(bytes.data(), &v6->sin6_addr, 16);
    return endpoint(true, bytes, v6->sin6_scope_id, ntohs(v6->sin6_port));
}

endpoint local_endpoint(int socket) {
    socket_address address;
    if (::getsockname(socket, address.data(), address.size_place()) < 0)
        throw std::system_error(errno, std::generic_category(), "asking a socket for its address");
    return to_endpoint(address.data());
}

unique_fd open_socket(int family, int type) {
    unique_fd made(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (made.get() < 0) throw std::system_error(errno, std::generic_category(), "opening a socket");
    return made;
}

void set_option(int socket, int level, int option, int value, const char* name) {
    if (::setsockopt(socket, level, option, &value, sizeof value) < 0)
        throw std::system_error(errno, std::generic_category(), "setting " + std::string(name));
}

} // namespace tandem::detail
