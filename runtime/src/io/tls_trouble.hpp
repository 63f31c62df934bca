// What OpenSSL reports, in people's words.
#pragma once
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <tandem/io/tls_failure.hpp>
#include <tandem/io/tls_stream.hpp>

namespace tandem::detail {

class tls_shared;

/// Why a certificate is refused.
tls_failure certificate_trouble(X509_STORE_CTX* about, const std::string& peer, const std::string& host);

/// Why a handshake, a read or a write failed: what SSL_get_error said, and the errors that OpenSSL has
/// queued.
tls_failure protocol_trouble(const tls_shared& shared, int ssl_error, const std::string& peer,
                             bool was_shaken);

tls_certificate describe_certificate(X509* certificate);

} // namespace tandem::detail
