// What a tls_context stands for.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

#include <tandem/io/tls_options.hpp>

#include "io/tls_sessions.hpp"
#include "io/unique_fd.hpp"

namespace tandem::detail {

/// An SSL_CTX and what its callbacks need. After it is made only the sessions change, which lock.
class tls_shared {
  public:
    explicit tls_shared(const tls_client_options& options);
    explicit tls_shared(const tls_server_options& options);
    tls_shared(const tls_shared&) = delete;
    tls_shared& operator=(const tls_shared&) = delete;

    SSL_CTX* context() const noexcept { return context_.get(); }
    bool is_server() const noexcept { return is_server_; }
    bool verifies() const noexcept { return verifies_; }
    /// The name to verify in place of the host, empty if it is the host.
    const std::string& server_name() const noexcept { return server_name_; }
    tls_version minimum_version() const noexcept { return minimum_version_; }
    tls_version maximum_version() const noexcept { return maximum_version_; }
    /// Digests of public keys, of which the server has to have one; none where any will do.
    const std::vector<std::string>& pinned_keys() const noexcept { return pins_; }
    tls_sessions& sessions() noexcept { return sessions_; }

  private:
    struct context_deleter {
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    };

    void set_up(const std::vector<std::string>& protocols, const std::string& key_log_file);
    void use(const tls_identity& identity);
    void trust_file(const std::string& path);
    void trust_text(const std::string& pem);
    static void log_keys(const SSL* session, const char* line);
    static int choose_protocol(SSL* session, const unsigned char** chosen, unsigned char* chosen_size,
                               const unsigned char* offered, unsigned offered_size, void* self);

    std::unique_ptr<SSL_CTX, context_deleter> context_;
    bool is_server_;
    bool verifies_;
    tls_version minimum_version_;
    tls_version maximum_version_;
    std::string server_name_;
    /// As ALPN writes them: a byte with the length before each.
    std::string protocols_;
    std::vector<std::string> pins_;
    unique_fd key_log_;
    tls_sessions sessions_;
};

/// Throws tls_failure for a setting that cannot be used: `what` and then OpenSSL's reason, if it has one.
[[noreturn]] void refuse_setting(const std::string& what);

} // namespace tandem::detail
