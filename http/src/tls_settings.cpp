#include "tls_settings.hpp"

namespace tandem::http::detail {

tls_context tls_settings::context(const error_site& site) {
    if (context_) return *context_;
    tls_client_options options;
    if (!ca_file_.empty()) options.ca_file(ca_file_);
    try {
        context_.emplace(options);
    } catch (const tls_failure& failure) {
        site.fail<tls_error>(failure.cause());
    }
    return *context_;
}

std::string handshake_trouble(const tls_failure& failure) {
    if (failure.is_about_certificate())
        return "the server's certificate is not valid: " + std::string(failure.reason());
    if (failure.code() == tls_errc::truncated)
        return "TLS handshake failed: the server closed the connection";
    return "TLS handshake failed: " + std::string(failure.cause());
}

} // namespace tandem::http::detail
