// How a client speaks TLS.
#pragma once
#include <optional>
#include <string>

#include <tandem/io/tls_context.hpp>
#include <tandem/io/tls_failure.hpp>

#include "error_site.hpp"

namespace tandem::http::detail {

/// One context for all connections, made at the first https request: reading the authorities takes its time.
class tls_settings {
  public:
    explicit tls_settings(std::string ca_file)
        : ca_file_(std::move(ca_file)) {}

    /// Throws tls_error where the authorities cannot be read.
    tls_context context(const error_site& site);

  private:
    std::string ca_file_;
    std::optional<tls_context> context_;
};

/// What was wrong with the server's certificate, or, where that was not it, with the handshake.
std::string handshake_trouble(const tls_failure& failure);

} // namespace tandem::http::detail
