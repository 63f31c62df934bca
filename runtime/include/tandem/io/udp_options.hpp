// How a UDP socket is opened.
#pragma once
#include <tandem/base/config.hpp>

namespace tandem {

/// The settings of a udp_socket; all off by default.
class TANDEM_API udp_options {
  public:
    /// Whether several sockets may have the port, the last of which receives (SO_REUSEADDR); for multicast.
    udp_options& reuse_address(bool on) noexcept {
        reuse_address_ = on;
        return *this;
    }

    /// Whether several sockets, of one user, share the port and the system deals the datagrams out among them
    /// by their senders (SO_REUSEPORT).
    udp_options& reuse_port(bool on) noexcept {
        reuse_port_ = on;
        return *this;
    }

    /// Whether it may send to broadcast addresses.
    udp_options& broadcast(bool on) noexcept {
        broadcast_ = on;
        return *this;
    }

    /// Whether one at an IPv6 address leaves IPv4 alone.
    udp_options& v6_only(bool on) noexcept {
        v6_only_ = on;
        return *this;
    }

    bool reuse_address() const noexcept { return reuse_address_; }
    bool reuse_port() const noexcept { return reuse_port_; }
    bool broadcast() const noexcept { return broadcast_; }
    bool v6_only() const noexcept { return v6_only_; }

  private:
    bool reuse_address_ = false;
    bool reuse_port_ = false;
    bool broadcast_ = false;
    bool v6_only_ = false;
};

} // namespace tandem
