// An address that swallows connections.
#pragma once
#include <cerrno>
#include <string>
#include <system_error>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <tandem/io/endpoint.hpp>

namespace test {

/// A listener whose queue is full, so that the next one to connect gets no answer at all.
class deaf_listener {
  public:
    /// Port 0 takes a free one.
    explicit deaf_listener(const std::string& address, std::uint16_t port = 0) {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_port = htons(port);
        ::inet_pton(AF_INET, address.c_str(), &where.sin_addr);
        socklen_t size = sizeof where;
        auto* generic = reinterpret_cast<sockaddr*>(&where);
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::bind(listener_, generic, size) < 0 || ::listen(listener_, 0) < 0 ||
            ::getsockname(listener_, generic, &size) < 0)
            throw std::system_error(errno, std::generic_category(), "a deaf listener");
        where_ = tandem::endpoint(address, ntohs(where.sin_port));
        for (int& socket : waiting_) {
            socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            (void)::connect(socket, generic, size);
        }
    }
    deaf_listener(const deaf_listener&) = delete;
    deaf_listener& operator=(const deaf_listener&) = delete;
    ~deaf_listener() {
        for (const int socket : waiting_)
            ::close(socket);
        ::close(listener_);
    }

    const tandem::endpoint& where() const noexcept { return where_; }

  private:
    int listener_ = -1;
    int waiting_[8];
    tandem::endpoint where_;
};

} // namespace test
