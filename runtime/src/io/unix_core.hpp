// What is behind a unix_stream, and Unix addresses for the system's calls.
#pragma once
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

#include <tandem/io/unix_address.hpp>

#include "io/descriptor_stream.hpp"

namespace tandem::detail {

class unix_core final : public descriptor_stream {
  public:
    unix_core(unique_fd socket, std::string peer)
        : descriptor_stream(std::move(socket), kind::socket)
        , peer_(std::move(peer)) {}

    std::string peer() const override { return peer_; }

  private:
    std::string peer_;
};

/// An address as the system's calls take it.
class unix_socket_address {
  public:
    explicit unix_socket_address(const unix_address& address) noexcept;
    const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&address_); }
    socklen_t size() const noexcept { return size_; }

  private:
    sockaddr_un address_{};
    socklen_t size_;
};

} // namespace tandem::detail
