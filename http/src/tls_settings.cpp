#include "tls_settings.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <tandem/io/endpoint.hpp>

namespace tandem::http::detail {

namespace ssl = boost::asio::ssl;

ssl::context& tls_settings::context(const error_site& site) {
    if (context_) return *context_;
    auto made = std::make_unique<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(made->native_handle(), TLS1_2_VERSION);
    made->set_verify_mode(ssl::verify_peer);
    boost::system::error_code error;
    if (ca_file_.empty())
        made->set_default_verify_paths(error);
    else
        made->load_verify_file(ca_file_, error);
    if (error)
        site.fail<tls_error>("cannot read the trusted certificates" +
                             (ca_file_.empty() ? "" : " in " + ca_file_) + ": " + error.message());
    context_ = std::move(made);
    return *context_;
}

void expect_host(SSL* session, const std::string& host) {
    auto name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
    if (tandem::endpoint::parse(name, 0)) {
        // RFC 6066 section 3: an address is no server name; the certificate has to list it all the same.
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name.c_str());
        return;
    }
    SSL_set_tlsext_host_name(session, name.c_str());
    SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(session, name.c_str());
}

std::string handshake_trouble(SSL* session, const boost::system::error_code& error) {
    long verdict = SSL_get_verify_result(session);
    if (verdict != X509_V_OK)
        return std::string("the server's certificate is not valid: ") +
               X509_verify_cert_error_string(verdict);
    if (error == ssl::error::stream_truncated || error == boost::asio::error::eof)
        return "TLS handshake failed: the server closed the connection";
    return "TLS handshake failed: " + error.message();
}

} // namespace tandem::http::detail
