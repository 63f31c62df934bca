// A connection to another process on this machine.
#pragma once
#include <memory>
#include <utility>

#include <tandem/io/byte_stream.hpp>
#include <tandem/io/peer_credentials.hpp>
#include <tandem/io/unix_address.hpp>

namespace tandem {

namespace detail {
class unix_core;
}

/// A Unix stream socket, with byte_stream's contract. A write to a peer that is gone is an error, never
/// SIGPIPE. It must not be moved from or destroyed while a task waits on it (`close` wakes that task), nor
/// outlive its loop.
class TANDEM_API unix_stream final : public byte_stream {
  public:
    /// Connects to the listener at `to`. Waits where the listener's queue is full. Throws std::system_error,
    /// which names the address; connection_refused where there is a socket file and nobody listens.
    static task<unix_stream> connect(unix_address to);

    /// Two streams that are connected with each other. Throws std::system_error.
    static std::pair<unix_stream, unix_stream> pair();

    /// Takes over a connected Unix stream socket from elsewhere, and makes it non-blocking. Throws
    /// std::system_error, and leaves the socket to the caller then.
    static unix_stream adopt(int descriptor);
    /// Gives the socket up: the caller closes it. The stream is closed then.
    int release() noexcept;

    unix_stream(unix_stream&& other) noexcept;
    unix_stream& operator=(unix_stream&& other) noexcept;
    ~unix_stream() override;

    task<std::size_t> read_some(std::span<char> room) override;
    task<std::size_t> write_some(std::string_view bytes) override;
    task<> write(std::string_view bytes) override;
    task<> close_write() override;
    void close() noexcept override;
    bool is_quiet() noexcept override;

    /// Who is at the other end; of `pair`, this process. Throws std::system_error.
    peer_credentials peer() const;

    /// The socket, for options that are not offered here; -1 once closed. It stays the stream's.
    int native_handle() const noexcept;

  private:
    friend class unix_listener;
    explicit unix_stream(std::unique_ptr<detail::unix_core> core) noexcept;

    std::unique_ptr<detail::unix_core> core_;
};

} // namespace tandem
