#include "io/tls_trouble.hpp"

#include <openssl/err.h>

#include "io/tls_certificate.hpp"
#include "io/tls_shared.hpp"

namespace tandem::detail {

namespace {

std::string list(const std::vector<std::string>& names) {
    constexpr std::size_t most = 8;
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < most; ++i)
        text += (i > 0 ? ", " : "") + names[i];
    if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
    return text.empty() ? "no host at all" : text;
}

const char* name_of(tls_version version) noexcept {
    return version == tls_version::tls_1_2 ? "TLS 1.2" : "TLS 1.3";
}

std::string alert_text(int alert) {
    // OpenSSL 3.0 knows this one, but not its name.
    return alert == SSL_AD_CERTIFICATE_REQUIRED ? "certificate required" : SSL_alert_desc_string_long(alert);
}

std::string allowed_versions(const tls_shared& shared) {
    if (shared.minimum_version() == shared.maximum_version())
        return std::string("only ") + name_of(shared.minimum_version());
    // There are but two. Put together from their names, g++ 12 warns of a bound that it gets wrong when it
    // optimises.
    return "TLS 1.2 and TLS 1.3";
}

} // namespace

tls_failure certificate_trouble(X509_STORE_CTX* about, const std::string& peer, const std::string& host) {
    const int verdict = X509_STORE_CTX_get_error(about);
    const char* reason = X509_verify_cert_error_string(verdict);
    X509* certificate = X509_STORE_CTX_get_current_cert(about);
    const auto because = [&](tls_errc code, const std::string& cause) {
        return tls_failure(code, peer, cause, reason);
    };
    if (!certificate)
        return because(tls_errc::bad_certificate, std::string("its certificate is not valid: ") + reason);
    const std::string whose =
        X509_STORE_CTX_get_error_depth(about) == 0
            ? "its certificate"
            : "the certificate of " + subject_of(certificate) + ", which vouches for it,";
    switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return because(tls_errc::expired,
                       whose + " expired on " + time_text(X509_get0_notAfter(certificate)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return because(tls_errc::not_yet_valid,
                       whose + " is not valid before " + time_text(X509_get0_notBefore(certificate)));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return because(tls_errc::wrong_host,
                       whose + " is for " + list(names_of(certificate)) + ", not for " + host);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return because(tls_errc::self_signed,
                       whose + " is self-signed: nobody who is trusted here vouches for it");
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return because(tls_errc::unknown_authority,
                       "its certificate comes from an authority that is not trusted here: " +
                           subject_of(certificate));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return because(tls_errc::unknown_authority,
                       "its certificate comes from an authority that is not known here: " +
                           issuer_of(certificate));
    default:
        return because(tls_errc::bad_certificate, whose + " is not valid: " + reason);
    }
}

tls_failure protocol_trouble(const tls_shared& shared, int ssl_error, const std::string& peer,
                             bool was_shaken) {
    const unsigned long code = ERR_peek_error();
    const char* reason = code ? ERR_reason_error_string(code) : nullptr;
    const auto because = [&](tls_errc what, const std::string& cause) {
        return tls_failure(what, peer, cause, reason ? reason : "");
    };
    if (ssl_error != SSL_ERROR_SSL || ERR_GET_LIB(code) != ERR_LIB_SSL)
        return because(tls_errc::protocol,
                       std::string("TLS failed: ") + (reason ? reason : "OpenSSL gives no reason"));
    const int number = ERR_GET_REASON(code);
    if (number == SSL_AD_REASON_OFFSET + SSL_AD_PROTOCOL_VERSION)
        return because(tls_errc::protocol_version,
                       "it speaks none of the TLS versions that are allowed here (" +
                           allowed_versions(shared) + ")");
    if (number == SSL_AD_REASON_OFFSET + SSL_AD_NO_APPLICATION_PROTOCOL)
        return because(tls_errc::no_shared_protocol, "it speaks none of the application protocols offered");
    if (number > SSL_AD_REASON_OFFSET && number < SSL_AD_REASON_OFFSET + 256)
        return because(tls_errc::alert_received, (was_shaken ? "it broke off with the alert: "
                                                             : "it refused the handshake with the alert: ") +
                                                     alert_text(number - SSL_AD_REASON_OFFSET));
    switch (number) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
        return because(tls_errc::protocol_version,
                       "it speaks none of the TLS versions that are allowed here (" +
                           allowed_versions(shared) + ")");
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_GROUPS:
        return because(tls_errc::no_shared_algorithm,
                       std::string("there is no algorithm that both sides allow: ") + reason);
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return because(tls_errc::no_certificate, "it sent no certificate, and one is required");
    case SSL_R_NO_APPLICATION_PROTOCOL:
        return because(tls_errc::no_shared_protocol, "it offers no application protocol that is spoken here");
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
        return because(tls_errc::not_tls, "it does not speak TLS but plain HTTP");
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_RECORD_LENGTH_MISMATCH:
        if (!was_shaken) return because(tls_errc::not_tls, "it does not speak TLS");
        break;
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
    case SSL_R_DIGEST_CHECK_FAILED:
    case SSL_R_BAD_SIGNATURE:
        return because(tls_errc::protocol, "what arrived was changed on its way: " + std::string(reason));
    default:
        break;
    }
    return because(tls_errc::protocol,
                   std::string("it broke the rules of TLS: ") + (reason ? reason : "unknown"));
}

} // namespace tandem::detail
