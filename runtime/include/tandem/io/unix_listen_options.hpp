// How a Unix socket listens.
#pragma once
#include <optional>

#include <sys/types.h>

#include <tandem/base/config.hpp>

namespace tandem {

/// The settings of `unix_listener::listen`.
class TANDEM_API unix_listen_options {
  public:
    /// How many connections wait to be accepted before others wait to connect; 1024 by default.
    unix_listen_options& backlog(int connections) noexcept {
        backlog_ = connections;
        return *this;
    }

    /// Who may connect, as the permissions of the socket's file (0600: this user only). They are set before
    /// the first connection is taken. By default what the process's umask leaves of 0777.
    unix_listen_options& permissions(mode_t mode) noexcept {
        permissions_ = mode;
        return *this;
    }

    /// Whether the file of a socket at which nobody listens any more, left behind by a process that was
    /// killed, is removed; on by default.
    unix_listen_options& remove_stale(bool on) noexcept {
        remove_stale_ = on;
        return *this;
    }

    int backlog() const noexcept { return backlog_; }
    const std::optional<mode_t>& permissions() const noexcept { return permissions_; }
    bool remove_stale() const noexcept { return remove_stale_; }

  private:
    int backlog_ = 1024;
    std::optional<mode_t> permissions_;
    bool remove_stale_ = true;
};

} // namespace tandem
