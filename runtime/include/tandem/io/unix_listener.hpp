// Where connections from other processes on this machine come in.
#pragma once
#include <memory>

#include <tandem/io/unix_address.hpp>
#include <tandem/io/unix_listen_options.hpp>
#include <tandem/io/unix_stream.hpp>

namespace tandem {

namespace detail {
class unix_listener_core;
}

/// A Unix stream socket that listens. Belongs to its loop's thread, and must not be moved from or destroyed
/// while a task waits in `accept` (`close` wakes it), nor outlive its loop. Closed when destroyed.
class TANDEM_API unix_listener {
  public:
    /// Listens at `at`. Where a file is in the way that is a socket nobody listens at, it is replaced (see
    /// unix_listen_options::remove_stale). Throws std::system_error with address_in_use, and says which,
    /// where another process listens there, the file is no socket, or a stale one is to stay. Two processes
    /// that start at the very same moment can both take a stale file for their own; the later one has it
    /// then.
    static unix_listener listen(const unix_address& at, const unix_listen_options& options = {});

    unix_listener(unix_listener&& other) noexcept;
    unix_listener& operator=(unix_listener&& other) noexcept;
    ~unix_listener();

    /// As tcp_listener::accept.
    task<unix_stream> accept();

    const unix_address& local() const noexcept;

    /// Listens no longer, and removes the socket's file if it is still the one made by `listen`. Connections
    /// that wait to be accepted are reset, and tasks in `accept` throw. Does nothing the second time.
    void close() noexcept;

    /// The socket, -1 once closed. It stays the listener's.
    int native_handle() const noexcept;

  private:
    explicit unix_listener(std::unique_ptr<detail::unix_listener_core> core) noexcept;

    std::unique_ptr<detail::unix_listener_core> core_;
};

} // namespace tandem
