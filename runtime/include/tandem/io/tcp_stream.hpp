// A TCP connection.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tandem/io/byte_stream.hpp>
#include <tandem/io/connect_error.hpp>
#include <tandem/io/connect_options.hpp>
#include <tandem/io/endpoint.hpp>

namespace tandem {

namespace detail {
class tcp_core;
}

/// A TCP connection as a stream of bytes, with byte_stream's contract.
///
///     auto peer = co_await tcp_stream::connect("example.org", 80);
///     co_await peer.write("GET / HTTP/1.0\r\n\r\n");
///
/// A write to a peer that is gone is an error, never SIGPIPE. Destroyed or closed with bytes of the peer
/// unread, it resets the connection, as TCP does. It must not be moved from or destroyed while a task waits
/// on it (`close` wakes that task), nor outlive its loop.
class TANDEM_API tcp_stream final : public byte_stream {
  public:
    /// Looks `host` up and connects to the first of its addresses that answers (happy eyeballs, RFC 8305):
    /// they are tried by turns of their families, in the resolver's order otherwise; the next one starts when
    /// the one before has failed or kept silent for the happy eyeballs delay, and goes on beside it. Those
    /// that are not needed are cancelled, and have ended when this returns.
    ///
    /// Throws resolve_error, connect_error where no address took the connection or the time limit passed.
    /// Cancellation ends all attempts.
    static task<tcp_stream> connect(std::string host, std::uint16_t port, connect_options options = {});
    /// The same for an address.
    static task<tcp_stream> connect(endpoint to, connect_options options = {});
    /// The same for the addresses of a host that were looked up already; `name`, "host:port", is for errors.
    /// Throws std::invalid_argument if there are none.
    static task<tcp_stream> connect(std::vector<endpoint> addresses, std::string name,
                                    connect_options options = {});

    /// Takes over a connected TCP socket from elsewhere, and makes it non-blocking. Throws std::system_error,
    /// and leaves the socket to the caller then.
    static tcp_stream adopt(int descriptor);
    /// Gives the socket up: the caller closes it. The stream is closed then.
    int release() noexcept;

    tcp_stream(tcp_stream&& other) noexcept;
    tcp_stream& operator=(tcp_stream&& other) noexcept;
    ~tcp_stream() override;

    task<std::size_t> read_some(std::span<char> room) override;
    task<std::size_t> write_some(std::string_view bytes) override;
    task<> write(std::string_view bytes) override;
    task<> close_write() override;
    void close() noexcept override;
    bool is_quiet() noexcept override;

    /// As read_some, where that need not wait; returns nothing otherwise, and, to give others a turn, behind
    /// 128 KiB for which no call has waited: go on with read_some then.
    std::optional<std::size_t> try_read(std::span<char> room);

    /// As write_some, where that need not wait; returns nothing otherwise, and, to give others a turn, behind
    /// 128 KiB for which no call has waited: go on with write_some then.
    std::optional<std::size_t> try_write(std::string_view bytes);

    /// Returns when a read would not have to wait: there are bytes, or the end, or an error to report. It
    /// takes nothing, so that what is there may be moved otherwise, as by splice(2) from `native_handle`. It
    /// is a read as byte_stream has it: none may run beside it, and it throws as those do.
    task<> until_readable();

    /// This side's address, and the peer's. `local` throws std::system_error on a closed stream.
    endpoint local() const;
    endpoint remote() const noexcept;

    /// As in connect_options. Throws std::system_error.
    void set_no_delay(bool on);

    /// The socket, for options that are not offered here; -1 once closed. It stays the stream's.
    int native_handle() const noexcept;

  private:
    friend class tcp_listener;
    explicit tcp_stream(std::unique_ptr<detail::tcp_core> core) noexcept;

    std::unique_ptr<detail::tcp_core> core_;
};

} // namespace tandem
