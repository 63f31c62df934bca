// TLS without any waiting: bytes in, bytes out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <tandem/io/tls_failure.hpp>
#include <tandem/io/tls_stream.hpp>

#include "io/tls_buffer.hpp"

namespace tandem::detail {

class tls_shared;

/// One connection's OpenSSL state, which reads what is in `input()` and writes to `output()`. Its owner moves
/// the bytes between those and the stream below. A tls_failure is final: the same is thrown from then on,
/// except by `read`, which hands out first what had come before it.
class tls_engine {
  public:
    /// As the client of `peer`, whose certificate has to be for it; as the server, `peer` is for errors.
    /// `session_key` tells which sessions may be taken up.
    tls_engine(std::shared_ptr<tls_shared> shared, std::string peer, std::string session_key);
    tls_engine(const tls_engine&) = delete;
    tls_engine& operator=(const tls_engine&) = delete;
    ~tls_engine();

    tls_buffer& input() noexcept { return input_; }
    tls_buffer& output() noexcept { return output_; }

    /// Returns true once the handshake is done, false while it needs more input.
    bool shake_hands();
    /// True once `shake_hands` has found nothing against the peer.
    bool is_accepted() const noexcept { return was_shaken_; }
    bool is_shaken() const noexcept { return SSL_is_init_finished(ssl_.get()) == 1; }

    struct read_outcome {
        std::size_t count; ///< 0 where more input is needed, or at the end
        bool is_end;       ///< close_notify has come
    };
    read_outcome read(std::span<char> room);

    /// Encrypts some of `bytes` to the output. Returns how many; 0 while more input is needed first.
    std::size_t write(std::string_view bytes);

    /// Puts close_notify to the output. Returns false while more input is needed first.
    bool close_write();

    /// True where a read would give a byte, the end or an error without more input.
    bool has_news() noexcept;

    void update_keys();

    /// The error for an end of the stream below, at this point.
    tls_failure cut_off() const;

    SSL* native() const noexcept { return ssl_.get(); }
    tls_shared& shared() const noexcept { return *shared_; }
    const std::string& peer() const noexcept { return peer_; }
    const std::string& session_key() const noexcept { return session_key_; }
    std::optional<tls_certificate> peer_certificate() const;

    /// The engine that a callback of OpenSSL is about.
    static tls_engine& of(const SSL* ssl) noexcept {
        return *static_cast<tls_engine*>(SSL_get_app_data(ssl));
    }
    /// OpenSSL's verification of a certificate; notes what is wrong with it.
    static int verify(int is_valid, X509_STORE_CTX* about);

  private:
    struct ssl_deleter {
        void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    };

    void expect_host(std::string host);
    bool has_pinned_key() const;
    [[noreturn]] void fail(int outcome);
    static const BIO_METHOD* bio_method();

    std::shared_ptr<tls_shared> shared_;
    std::string peer_;
    std::string session_key_;
    /// The name that the certificate has to be for.
    std::string expected_host_;
    tls_buffer input_;
    tls_buffer output_;
    std::unique_ptr<SSL, ssl_deleter> ssl_;
    /// What is wrong with the peer's certificate.
    std::optional<tls_failure> verdict_;
    std::optional<tls_failure> failure_;
    bool was_shaken_ = false;
    /// Since the keys were new.
    std::uint64_t records_sent_ = 0;
};

} // namespace tandem::detail
