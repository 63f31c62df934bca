// Sockets made without either side's library, so that both sides get the same ones.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace bench {

/// Closes its descriptor.
class descriptor {
  public:
    explicit descriptor(int number) noexcept
        : number_(number) {}
    descriptor(descriptor&& other) noexcept
        : number_(other.release()) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~descriptor();

    int get() const noexcept { return number_; }
    /// Hands the descriptor over; whoever takes it closes it.
    int release() noexcept { return std::exchange(number_, -1); }

  private:
    int number_;
};

struct descriptor_pair {
    descriptor near, far;
};

/// Two connected local sockets. These functions throw std::system_error.
descriptor_pair local_pair();

/// Both ends of a TCP connection over loopback, without Nagle's algorithm.
descriptor_pair tcp_pair();

/// A socket that listens at 127.0.0.1, at a port of the system's choice, without Nagle's algorithm.
descriptor listen_on_loopback(int backlog);

/// The port of such a socket.
std::uint16_t port_of(int socket);

/// `count` connections to that port, made one after the other. Closing one resets it, so that tens of
/// thousands of them leave no port in TIME_WAIT.
std::vector<descriptor> connect_to_loopback(std::uint16_t port, std::size_t count);

/// Whether the system lets a process have `count` descriptors, and some more for the program itself.
bool may_have_descriptors(std::size_t count) noexcept;

/// Raises this process's limit to that. Throws std::system_error.
void allow_descriptors(std::size_t count);

} // namespace bench
