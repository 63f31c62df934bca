// Between endpoint and what the system's calls take.
#pragma once
#include <sys/socket.h>

#include <tandem/io/endpoint.hpp>

#include "io/unique_fd.hpp"

namespace tandem::detail {

/// An address as the system's calls take it.
class socket_address {
  public:
    /// Room for the system to write one to.
    socket_address() noexcept = default;
    explicit socket_address(const endpoint& address) noexcept;

    const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
    sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }
    socklen_t size() const noexcept { return size_; }
    /// Where the system puts the size.
    socklen_t* size_place() noexcept { return &size_; }
    int family() const noexcept { return storage_.ss_family; }

  private:
    sockaddr_storage storage_{};
    socklen_t size_ = sizeof(sockaddr_storage);
};

/// `address` has to be AF_INET or AF_INET6; of another family 0.0.0.0:0 comes out.
endpoint to_endpoint(const sockaddr* address) noexcept;

/// Where the socket itself stands. Throws std::system_error.
endpoint local_endpoint(int socket);

/// A new non-blocking socket for addresses like `like`, closed on exec. Throws std::system_error.
unique_fd open_socket(int family, int type);

/// Throws std::system_error, which names the option by `name`.
void set_option(int socket, int level, int option, int value, const char* name);

} // namespace tandem::detail
