// What many TLS connections share.
#pragma once
#include <cstddef>
#include <memory>

#include <tandem/io/tls_options.hpp>

namespace tandem {

namespace detail {
class tls_shared;
}

/// Certificates, keys and settings, read once, and for clients the sessions to take up again. A handle:
/// copies share what it stands for, which lives as long as one of them or a stream made with it. Thread safe:
/// several loops may use one.
///
/// Making one reads its files there and then, and blocks for as long as that takes (some milliseconds for the
/// system's authorities): make it once, not for each connection. Throws tls_failure with
/// tls_errc::configuration, which names the file.
class TANDEM_API tls_context {
  public:
    /// For clients.
    tls_context(const tls_client_options& options = {});
    /// For servers.
    tls_context(const tls_server_options& options);

    bool is_server() const noexcept;

    /// How many sessions a client's context holds that a handshake can take up.
    std::size_t remembered_sessions() const;

    /// For the streams.
    const std::shared_ptr<detail::tls_shared>& shared() const noexcept { return shared_; }

  private:
    std::shared_ptr<detail::tls_shared> shared_;
};

} // namespace tandem
