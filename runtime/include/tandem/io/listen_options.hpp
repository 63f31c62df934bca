// How a listener listens.
#pragma once
#include <tandem/base/config.hpp>

namespace tandem {

/// The settings of `tcp_listener::listen`.
class TANDEM_API listen_options {
  public:
    /// How many connections wait to be accepted before the system turns others away; 1024 by default. The
    /// system's own limit (net.core.somaxconn) holds besides.
    listen_options& backlog(int connections) noexcept {
        backlog_ = connections;
        return *this;
    }

    /// Whether the port can be had while connections of a listener before linger (SO_REUSEADDR); on by
    /// default. Two that listen at a time exclude each other all the same.
    listen_options& reuse_address(bool on) noexcept {
        reuse_address_ = on;
        return *this;
    }

    /// Whether several listeners, of one user, share the port and the system deals the connections out among
    /// them (SO_REUSEPORT): one for each loop. Off by default; each of them has to ask for it.
    listen_options& reuse_port(bool on) noexcept {
        reuse_port_ = on;
        return *this;
    }

    /// Whether one that listens at an IPv6 address (`::`) leaves IPv4 alone; off by default, whatever the
    /// system's own default is.
    listen_options& v6_only(bool on) noexcept {
        v6_only_ = on;
        return *this;
    }

    /// As connect_options::no_delay, of the accepted connections; on by default.
    listen_options& no_delay(bool on) noexcept {
        no_delay_ = on;
        return *this;
    }

    int backlog() const noexcept { return backlog_; }
    bool reuse_address() const noexcept { return reuse_address_; }
    bool reuse_port() const noexcept { return reuse_port_; }
    bool v6_only() const noexcept { return v6_only_; }
    bool no_delay() const noexcept { return no_delay_; }

  private:
    int backlog_ = 1024;
    bool reuse_address_ = true;
    bool reuse_port_ = false;
    bool v6_only_ = false;
    bool no_delay_ = true;
};

} // namespace tandem
