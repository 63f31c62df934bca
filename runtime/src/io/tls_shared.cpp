#include "io/tls_shared.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include <tandem/io/tls_failure.hpp>

#include "io/tls_engine.hpp"

namespace tandem::detail {

namespace {

struct free_openssl {
    void operator()(BIO* memory) const noexcept { BIO_free(memory); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using bio_pointer = std::unique_ptr<BIO, free_openssl>;
using certificate_pointer = std::unique_ptr<X509, free_openssl>;
using key_pointer = std::unique_ptr<EVP_PKEY, free_openssl>;

std::string errno_text() {
    return std::generic_category().message(errno);
}

std::string read_file(const std::string& path, const std::string& purpose) {
    const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) refuse_setting("cannot read the " + purpose + " in " + path + ": " + errno_text());
    std::string text;
    for (;;) {
        char part[16 * 1024];
        const ssize_t count = ::read(file.get(), part, sizeof part);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) refuse_setting("cannot read the " + purpose + " in " + path + ": " + errno_text());
        if (count == 0) return text;
        text.append(part, static_cast<std::size_t>(count));
    }
}

bio_pointer reader_of(const std::string& text) {
    return bio_pointer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

certificate_pointer next_certificate(BIO* from) {
    return certificate_pointer(PEM_read_bio_X509(from, nullptr, nullptr, nullptr));
}

/// Without it OpenSSL asks for a key's password on the terminal.
int no_password(char*, int, int, void*) {
    return -1;
}

int native(tls_version version) noexcept {
    return version == tls_version::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

/// Keeps what may be resumed; called by OpenSSL as the session or its ticket arrives.
int keep_session(SSL* ssl, SSL_SESSION* session) {
    auto& engine = tls_engine::of(ssl);
    if (engine.session_key().empty() || SSL_SESSION_is_resumable(session) == 0) return 0;
    // TLS 1.2 gives its session before the server's key is known to be pinned; one that is resumed has no
    // chain to look at.
    if (!engine.is_accepted() && !engine.shared().pinned_keys().empty()) return 0;
    try {
        SSL_SESSION_up_ref(session);
        engine.shared().sessions().put(engine.session_key(), session_pointer(session));
    } catch (const std::bad_alloc&) {
    }
    return 0;
}

} // namespace

void refuse_setting(const std::string& what) {
    const unsigned long code = ERR_peek_error();
    const char* reason = code ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    throw tls_failure(tls_errc::configuration, "TLS", reason ? what + ": " + reason : what);
}

tls_shared::tls_shared(const tls_client_options& options)
    : context_(SSL_CTX_new(TLS_client_method()))
    , is_server_(false)
    , verifies_(options.verifies())
    , minimum_version_(options.minimum_version())
    , maximum_version_(options.maximum_version())
    , server_name_(options.server_name())
    , pins_(options.pinned_keys())
    , sessions_(options.remembered_hosts()) {
    set_up(options.protocols(), options.key_log_file());
    if (!protocols_.empty() &&
        SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<const unsigned char*>(protocols_.data()),
                                static_cast<unsigned>(protocols_.size())) != 0)
        refuse_setting("the application protocols cannot be offered");
    if (!options.identity().empty()) use(options.identity());
    if (options.verifies()) {
        if (!options.ca_file().empty()) trust_file(options.ca_file());
        if (!options.ca_pem().empty()) trust_text(options.ca_pem());
        if (options.ca_file().empty() && options.ca_pem().empty() &&
            SSL_CTX_set_default_verify_paths(context_.get()) != 1)
            refuse_setting("cannot read the trusted certificates of the system");
    }
    if (options.remembered_hosts() > 0) {
        SSL_CTX_set_session_cache_mode(context_.get(),
                                       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
        SSL_CTX_sess_set_new_cb(context_.get(), keep_session);
    }
}

tls_shared::tls_shared(const tls_server_options& options)
    : context_(SSL_CTX_new(TLS_server_method()))
    , is_server_(true)
    , verifies_(options.client_rule() != tls_client_certificates::ignored)
    , minimum_version_(options.minimum_version())
    , maximum_version_(options.maximum_version())
    , sessions_(0) {
    set_up(options.protocols(), options.key_log_file());
    if (options.identity().empty()) refuse_setting("a server has to have a certificate");
    use(options.identity());
    if (!protocols_.empty()) SSL_CTX_set_alpn_select_cb(context_.get(), choose_protocol, this);

    if (verifies_) {
        const auto pem = read_file(options.client_ca_file(), "clients' authorities");
        trust_text(pem);
        // A client with several certificates chooses by the names of the authorities.
        const auto reader = reader_of(pem);
        while (const auto authority = next_certificate(reader.get()))
            SSL_CTX_add_client_CA(context_.get(), authority.get());
        ERR_clear_error();
    }
    // OpenSSL resumes no session with a client's certificate unless it knows what the session was for.
    static constexpr unsigned char purpose[] = "tandem";
    SSL_CTX_set_session_id_context(context_.get(), purpose, sizeof purpose - 1);
    // Tickets hold the sessions; a cache beside them would hold memory for each client that ever came.
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context_.get(), options.session_tickets());
    if (options.session_tickets() == 0) SSL_CTX_set_options(context_.get(), SSL_OP_NO_TICKET);
    if (options.client_rule() == tls_client_certificates::required)
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                           tls_engine::verify);
}

void tls_shared::set_up(const std::vector<std::string>& protocols, const std::string& key_log_file) {
    if (!context_) refuse_setting("OpenSSL cannot make a context");
    SSL_CTX* context = context_.get();
    SSL_CTX_set_app_data(context, this);
    if (minimum_version_ > maximum_version_)
        refuse_setting("the minimum version is above the maximum version");
    SSL_CTX_set_min_proto_version(context, native(minimum_version_));
    SSL_CTX_set_max_proto_version(context, native(maximum_version_));
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_verify(context, verifies_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, tls_engine::verify);
    for (const std::string& name : protocols) {
        protocols_ += static_cast<char>(name.size());
        protocols_ += name;
    }
    if (!key_log_file.empty()) {
        key_log_ = unique_fd(
            ::open(key_log_file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (key_log_.get() < 0)
            refuse_setting("cannot write the key log " + key_log_file + ": " + errno_text());
        SSL_CTX_set_keylog_callback(context, log_keys);
    }
}

void tls_shared::use(const tls_identity& identity) {
    const bool files = identity.are_files;
    const auto chain = files ? read_file(identity.chain, "certificate") : identity.chain;
    const auto secret = files ? read_file(identity.key, "key") : identity.key;
    const auto in = [&](const std::string& path) { return files ? " in " + path : std::string(); };

    const auto reader = reader_of(chain);
    const auto own = next_certificate(reader.get());
    if (!own || SSL_CTX_use_certificate(context_.get(), own.get()) != 1)
        refuse_setting("there is no certificate that can be used" + in(identity.chain));
    while (auto issuer = next_certificate(reader.get()))
        if (SSL_CTX_add0_chain_cert(context_.get(), issuer.get()) == 1) issuer.release();
    ERR_clear_error();

    const auto key_reader = reader_of(secret);
    const key_pointer key(PEM_read_bio_PrivateKey(key_reader.get(), nullptr, no_password, nullptr));
    if (!key) refuse_setting("there is no key without a password" + in(identity.key));
    if (SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1 ||
        SSL_CTX_check_private_key(context_.get()) != 1)
        refuse_setting("the key" + in(identity.key) + " does not belong to the certificate" +
                       in(identity.chain));
}

void tls_shared::trust_file(const std::string& path) {
    const std::string purpose = "trusted certificates";
    const auto pem = read_file(path, purpose);
    try {
        trust_text(pem);
    } catch (const tls_failure& failure) {
        refuse_setting("cannot read the " + purpose + " in " + path + ": " + std::string(failure.cause()));
    }
}

void tls_shared::trust_text(const std::string& pem) {
    X509_STORE* store = SSL_CTX_get_cert_store(context_.get());
    const auto reader = reader_of(pem);
    bool any = false;
    while (const auto authority = next_certificate(reader.get())) {
        X509_STORE_add_cert(store, authority.get());
        any = true;
    }
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (at_end) ERR_clear_error();
    if (!at_end || !any) refuse_setting(any ? "a trusted certificate is damaged" : "there is no certificate");
}

void tls_shared::log_keys(const SSL* session, const char* line) {
    const auto* self = static_cast<const tls_shared*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
    try {
        const std::string whole = std::string(line) + '\n';
        // One write, so that lines of several threads do not mix. A log that cannot be written is no reason
        // to refuse a connection.
        [[maybe_unused]] const ssize_t count = ::write(self->key_log_.get(), whole.data(), whole.size());
    } catch (const std::bad_alloc&) {
    }
}

int tls_shared::choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                                const unsigned char* offered, unsigned offered_size, void* self) {
    const std::string& ours = static_cast<tls_shared*>(self)->protocols_;
    const std::string_view theirs(reinterpret_cast<const char*>(offered), offered_size);
    for (std::size_t i = 0; i < ours.size(); i += 1 + static_cast<unsigned char>(ours[i])) {
        const std::size_t size = static_cast<unsigned char>(ours[i]);
        const std::string_view name = std::string_view(ours).substr(i + 1, size);
        for (std::size_t k = 0; k < theirs.size(); k += 1 + static_cast<unsigned char>(theirs[k])) {
            if (theirs.substr(k + 1, static_cast<unsigned char>(theirs[k])) != name) continue;
            *chosen = reinterpret_cast<const unsigned char*>(ours.data() + i + 1);
            *chosen_size = static_cast<unsigned char>(size);
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

} // namespace tandem::detail
