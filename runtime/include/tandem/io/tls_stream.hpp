// TLS over any stream of bytes.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tandem/io/byte_stream.hpp>
#include <tandem/io/tls_context.hpp>
#include <tandem/io/tls_failure.hpp>

namespace tandem {

/// Who the other side has proved to be.
struct tls_certificate {
    std::string subject;            ///< its distinguished name (RFC 2253): "CN=example.org,O=Example"
    std::string issuer;             ///< who signed it
    std::vector<std::string> names; ///< the hosts and addresses it is for
    std::string sha256;             ///< the fingerprint, in hexadecimal
    /// Of its public key, in base64: what tls_client_options::pin_public_key takes.
    std::string public_key_sha256;
    std::string pem; ///< itself
};

/// TLS 1.2 or 1.3 over another stream: TCP, Unix, one in memory, or TLS again. What `byte_stream` says holds,
/// and:
///
/// - A stream exists only once the handshake has succeeded: what an application sends goes to nobody whose
///   certificate was not accepted.
/// - A client whose own certificate is refused learns it, with TLS 1.3, from its first read only.
/// - An end without close_notify is a tls_failure with tls_errc::truncated, not an end: somebody on the way
///   may have cut the stream (RFC 8446 section 6.1). So `close_write` before `close`, which says nothing.
/// - A cancelled read loses nothing: what had come stays for the next one.
/// - A `write_some` that is cancelled once its bytes are encrypted returns their number all the same; what
///   the stream below has not taken yet goes with the next read or write. A `write` that is cancelled between
///   leaves the stream broken: later writes throw tls_errc::broken. Reads go on.
/// - Key updates and session tickets (RFC 8446 section 4.6) are handled while reading and writing. TLS 1.2's
///   renegotiation is refused.
///
/// Errors of the stream below are passed on as they are; tls_failure says what was wrong with TLS. Waiting
/// on it holds 4 KiB for what may come (64 KiB during a large transfer), otherwise only OpenSSL's state.
class TANDEM_API tls_stream final : public byte_stream {
  public:
    /// Connects by TCP and shakes hands: resolves `host`, a name or an address in numbers, and verifies that
    /// the server's certificate is for it. Takes tls_client_options in place of a context, but then reads the
    /// authorities each time. Throws resolve_error, std::system_error and tls_failure.
    static task<tls_stream> connect(std::string host, std::uint16_t port, tls_context context = {});

    /// Shakes hands as the client of what `below` leads to, whose certificate has to be for `host`. Cancelled
    /// or failed, it closes `below`. Throws tls_failure, and what `below` throws.
    static task<tls_stream> handshake(std::unique_ptr<byte_stream> below, tls_context context,
                                      std::string host);

    /// Shakes hands as the server; `peer` is what errors call the client. Everything else as in `handshake`.
    /// A client may let this wait as long as it likes. So call it in the connection's own task, under a
    /// time limit, not between two accepts:
    ///
    ///     for (;;) group.spawn(serve, co_await listener.accept());   // serve: timeout(10s, accept(…)) first
    static task<tls_stream> accept(std::unique_ptr<byte_stream> below, tls_context context,
                                   std::string peer = "the client");

    tls_stream(tls_stream&& other) noexcept;
    tls_stream& operator=(tls_stream&& other) noexcept;
    ~tls_stream() override;

    task<std::size_t> read_some(std::span<char> room) override;
    task<std::size_t> write_some(std::string_view bytes) override;
    task<> write(std::string_view bytes) override;
    /// Sends close_notify. The stream below stays open both ways.
    task<> close_write() override;
    void close() noexcept override;
    bool is_quiet() noexcept override;

    tls_version version() const noexcept;
    /// The cipher suite's name in the standards: "TLS_AES_128_GCM_SHA256".
    std::string cipher() const;
    /// The application protocol that was agreed on (ALPN), empty if none.
    std::string negotiated_protocol() const;
    /// True where the handshake took up an earlier session.
    bool was_resumed() const noexcept;
    /// The name that the client asked for (SNI), empty if none.
    std::string server_name() const;
    /// The other side's certificate, if it sent one. A client that accepts any certificate gets one that
    /// nobody has verified.
    std::optional<tls_certificate> peer_certificate() const;

    /// Has both sides take new keys from the next write on (RFC 8446 section 4.6.3). Does nothing with TLS
    /// 1.2. Long streams need not ask: keys change by themselves every 2^24 records.
    void update_keys();

  private:
    class state;
    explicit tls_stream(std::unique_ptr<state> shaken) noexcept;
    std::unique_ptr<state> state_;
};

} // namespace tandem
