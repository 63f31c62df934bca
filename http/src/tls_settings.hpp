// How a client speaks TLS.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tandem/io/tls_context.hpp>
#include <tandem/io/tls_failure.hpp>
#include <tandem/io/tls_options.hpp>

#include "error_site.hpp"

namespace tandem::http::detail {

/// TLS options with the context made of them. Connections of one profile may be shared, others not: sessions
/// are kept in the context, so that not even those pass from one profile to another.
class tls_profile {
  public:
    tls_profile(tls_client_options options, std::string identity);

    /// Made at the first https request: reading the authorities takes its time. Throws tls_error where a file
    /// cannot be used.
    tls_context context(const error_site& site);

    /// Equal for equal options, and only for those.
    const std::string& identity() const noexcept { return identity_; }

  private:
    tls_client_options options_;
    std::string identity_;
    std::optional<tls_context> context_;
};

/// The profiles that a client's requests have used last.
class tls_profiles {
  public:
    /// That of these options; the same each time while it is remembered.
    std::shared_ptr<tls_profile> of(const tls_client_options& options);

  private:
    /// The one used last is at the back.
    std::vector<std::shared_ptr<tls_profile>> known_;
};

/// What was wrong with the server's certificate, or, where that was not it, with the handshake.
std::string handshake_trouble(const tls_failure& failure);

} // namespace tandem::http::detail
