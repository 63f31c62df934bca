// Where TCP connections come in.
#pragma once
#include <memory>

#include <tandem/coro/task.hpp>
#include <tandem/io/endpoint.hpp>
#include <tandem/io/listen_options.hpp>
#include <tandem/io/tcp_stream.hpp>

namespace tandem {

namespace detail {
class listening_socket;
}

/// A TCP socket that listens:
///
///     auto door = tcp_listener::listen(endpoint("127.0.0.1", 8080));
///     for (;;) group.spawn(serve, co_await door.accept());
///
/// Belongs to its loop's thread, and must not be moved from or destroyed while a task waits in `accept`
/// (`close` wakes it), nor outlive its loop. Closed when destroyed.
class TANDEM_API tcp_listener {
  public:
    /// Listens at `at`; port 0 takes a free one, which `local` tells. Throws std::system_error, which names
    /// the address.
    static tcp_listener listen(const endpoint& at, const listen_options& options = {});

    tcp_listener(tcp_listener&& other) noexcept;
    tcp_listener& operator=(tcp_listener&& other) noexcept;
    ~tcp_listener();

    /// Waits for the next connection. Several tasks may wait; each connection goes to one of them. One that
    /// was given up before it was accepted is passed over.
    ///
    /// Throws std::system_error where the process or the system has no descriptor left (EMFILE, ENFILE) or no
    /// memory: the connection goes on waiting, and a later accept has it. While that lasts, calls that follow
    /// a failed one wait for 100 ms and try again before they fail too, so that a server may log the error
    /// and go on without spinning. Cancellation takes no connection.
    task<tcp_stream> accept();

    /// Where it listens. Throws std::system_error once closed.
    endpoint local() const;

    /// Listens no longer; what waits to be accepted is reset, and tasks in `accept` throw. Does nothing the
    /// second time.
    void close() noexcept;

    /// The socket, -1 once closed. It stays the listener's.
    int native_handle() const noexcept;

  private:
    explicit tcp_listener(std::unique_ptr<detail::listening_socket> core) noexcept;

    std::unique_ptr<detail::listening_socket> core_;
};

} // namespace tandem
