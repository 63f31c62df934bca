// How a client speaks TLS.
#pragma once
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <string>

#include "error_site.hpp"

namespace tandem::http::detail {

/// One OpenSSL context, made at the first https request: reading the system's authorities takes tens of
/// milliseconds.
class tls_settings {
  public:
    explicit tls_settings(std::string ca_file)
        : ca_file_(std::move(ca_file)) {}

    /// Throws tls_error where the authorities cannot be read.
    boost::asio::ssl::context& context(const error_site& site);

  private:
    std::string ca_file_;
    std::unique_ptr<boost::asio::ssl::context> context_;
};

/// Makes the handshake name `host` (SNI) and accept no certificate but one for it.
void expect_host(SSL* session, const std::string& host);

/// What was wrong with the server's certificate, or, where that was not it, with the handshake.
std::string handshake_trouble(SSL* session, const boost::system::error_code& error);

} // namespace tandem::http::detail
