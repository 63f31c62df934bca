// Datagrams.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <tandem/coro/task.hpp>
#include <tandem/io/endpoint.hpp>
#include <tandem/io/udp_options.hpp>

namespace tandem {

namespace detail {
class udp_core;
}

/// A datagram that came.
struct datagram {
    std::size_t size; ///< how many bytes of it are in the room that was given
    std::size_t sent; ///< how long it was when it was sent
    endpoint from;

    /// Its end did not fit into the room, and is lost.
    bool is_truncated() const noexcept { return sent > size; }
};

/// A UDP socket. Datagrams are lost, repeated and reordered as the network pleases; what arrives is whole.
/// Several tasks may send and receive at a time; each datagram goes to one of them. Errors are
/// std::system_error, and name the peer where there is one. Belongs to its loop's thread, must not be moved
/// from or destroyed while a task waits on it (`close` wakes it), nor outlive its loop. Closed when
/// destroyed.
class TANDEM_API udp_socket {
  public:
    /// A socket at `at`; port 0 takes a free one.
    static udp_socket bind(const endpoint& at, const udp_options& options = {});
    /// A socket at any free port for talking to `peer` only: see `connect`.
    static udp_socket connected(const endpoint& peer, const udp_options& options = {});

    udp_socket(udp_socket&& other) noexcept;
    udp_socket& operator=(udp_socket&& other) noexcept;
    ~udp_socket();

    /// Sets whom `send` sends to; only that peer's datagrams are received from now on. Waits for nothing, and
    /// tells nothing about whether the peer is there: a peer's machine that has nobody at the port makes a
    /// later send or receive throw connection_refused.
    void connect(const endpoint& peer);

    /// Sends `bytes` as one datagram, waiting where the system's buffer is full. Throws message_size where
    /// it is too long for one. Cancelled, it has sent nothing.
    task<> send_to(std::string_view bytes, endpoint to);
    /// The same to the peer that `connect` has set; destination_address_required without one.
    task<> send(std::string_view bytes);

    /// Waits for a datagram and moves it into `room`; one may be empty. What does not fit is lost, and
    /// `is_truncated` tells so. A datagram that has come is delivered, also where the scope is cancelled
    /// meanwhile.
    task<datagram> receive_from(std::span<char> room);
    /// The same where `connect` has told who sends: returns how many bytes came; throws message_size for a
    /// datagram that did not fit, whose beginning is in `room`.
    task<std::size_t> receive(std::span<char> room);

    endpoint local() const;
    /// Ends it; what waits on it throws. Does nothing the second time.
    void close() noexcept;
    /// The socket, for options that are not offered here; -1 once closed. It stays the owner's.
    int native_handle() const noexcept;

  private:
    explicit udp_socket(std::unique_ptr<detail::udp_core> core) noexcept;

    std::unique_ptr<detail::udp_core> core_;
};

} // namespace tandem
