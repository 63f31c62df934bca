#include "io/tls_engine.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <new>

#include <tandem/io/endpoint.hpp>

#include "io/tls_certificate.hpp"
#include "io/tls_shared.hpp"
#include "io/tls_trouble.hpp"

namespace tandem::detail {

namespace {

/// How much is encrypted before it is sent on.
constexpr std::size_t batch = 64 * 1024;
/// AES-GCM's keys are good for 2^24.5 records (RFC 8446 section 5.5), and OpenSSL does not count them.
constexpr std::uint64_t records_a_key = std::uint64_t(1) << 24;

tls_engine& engine_of(BIO* bio) noexcept {
    return *static_cast<tls_engine*>(BIO_get_data(bio));
}

int read_input(BIO* bio, char* room, int size) {
    auto& input = engine_of(bio).input();
    BIO_clear_retry_flags(bio);
    if (input.empty()) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const std::size_t count = std::min(input.size(), static_cast<std::size_t>(size));
    std::memcpy(room, input.view().data(), count);
    input.consume(count);
    return static_cast<int>(count);
}

int write_output(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    try {
        engine_of(bio).output().append({bytes, static_cast<std::size_t>(size)});
    } catch (const std::bad_alloc&) {
        return -1;
    }
    return size;
}

long control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

} // namespace

const BIO_METHOD* tls_engine::bio_method() {
    static BIO_METHOD* const made = [] {
        BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tandem");
        if (!method) throw std::bad_alloc();
        BIO_meth_set_read(method, read_input);
        BIO_meth_set_write(method, write_output);
        BIO_meth_set_ctrl(method, control);
        return method;
    }();
    return made;
}

tls_engine::tls_engine(std::shared_ptr<tls_shared> shared, std::string peer, std::string session_key)
    : shared_(std::move(shared))
    , peer_(std::move(peer))
    , session_key_(std::move(session_key))
    , ssl_(SSL_new(shared_->context())) {
    BIO* bio = ssl_ ? BIO_new(bio_method()) : nullptr;
    if (!bio) throw std::bad_alloc();
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), this);
    if (shared_->is_server()) {
        SSL_set_accept_state(ssl_.get());
        return;
    }
    SSL_set_connect_state(ssl_.get());
    expect_host(shared_->server_name().empty() ? peer_ : shared_->server_name());
    if (session_key_.empty()) return;
    const auto session = shared_->sessions().take(session_key_);
    if (session) SSL_set_session(ssl_.get(), session.get());
}

tls_engine::~tls_engine() {
    // OpenSSL lets nobody take up the session of a connection that ended without close_notify, which no
    // later standard than TLS 1.0 asks for.
    if (was_shaken_ && !failure_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void tls_engine::expect_host(std::string host) {
    if (host.ends_with('.')) host.pop_back();
    expected_host_ = host;
    SSL* ssl = ssl_.get();
    bool accepted = true;
    if (endpoint::parse(host, 0)) {
        // RFC 6066 section 3: an address is no server name; the certificate has to list it all the same.
        const auto without_scope = host.substr(0, host.find('%'));
        accepted = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), without_scope.c_str()) == 1;
    } else {
        // OpenSSL takes an empty name for one that need not be verified.
        accepted = !host.empty() && host.find('\0') == std::string::npos &&
                   SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 && SSL_set1_host(ssl, host.c_str()) == 1;
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    }
    ERR_clear_error();
    if (!accepted)
        throw tls_failure(tls_errc::configuration, peer_, "'" + host + "' is no host name to verify");
}

int tls_engine::verify(int is_valid, X509_STORE_CTX* about) {
    if (is_valid) return 1;
    const auto* ssl =
        static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(about, SSL_get_ex_data_X509_STORE_CTX_idx()));
    tls_engine& self = of(ssl);
    try {
        if (!self.verdict_) self.verdict_ = certificate_trouble(about, self.peer_, self.expected_host_);
    } catch (const std::bad_alloc&) {
    }
    return 0;
}

bool tls_engine::shake_hands() {
    if (failure_) throw *failure_;
    ERR_clear_error();
    const int outcome = SSL_do_handshake(ssl_.get());
    if (outcome == 1 && !has_pinned_key()) {
        // What the handshake's end would have told the server, a certificate of ours too, stays here.
        output_.consume(output_.size());
        failure_.emplace(tls_errc::unpinned_key, peer_,
                         "its certificate is valid, but none of its public keys is one that is pinned here");
        throw *failure_;
    }
    if (outcome == 1) {
        was_shaken_ = true;
        return true;
    }
    if (SSL_get_error(ssl_.get(), outcome) == SSL_ERROR_WANT_READ) return false;
    fail(outcome);
}

bool tls_engine::has_pinned_key() const {
    const auto& pins = shared_->pinned_keys();
    // A session is kept only once the key was known to be pinned.
    if (pins.empty() || SSL_session_reused(ssl_.get()) == 1) return true;
    const auto is_pinned = [&](const X509* certificate) {
        return certificate &&
               std::find(pins.begin(), pins.end(), public_key_digest_of(certificate)) != pins.end();
    };
    if (is_pinned(SSL_get0_peer_certificate(ssl_.get()))) return true;
    // The chain that was verified; what else the server sent proves nothing.
    const STACK_OF(X509)* chain = shared_->verifies() ? SSL_get0_verified_chain(ssl_.get()) : nullptr;
    for (int i = 0; i < sk_X509_num(chain); ++i)
        if (is_pinned(sk_X509_value(chain, i))) return true;
    return false;
}

tls_engine::read_outcome tls_engine::read(std::span<char> room) {
    std::size_t total = 0;
    while (total < room.size()) {
        if (failure_) {
            if (total > 0) break;
            throw *failure_;
        }
        // A record at a time; several small ones are worth one call.
        if (total > 0 && input_.empty() && SSL_pending(ssl_.get()) == 0) break;
        ERR_clear_error();
        std::size_t count = 0;
        const int outcome = SSL_read_ex(ssl_.get(), room.data() + total, room.size() - total, &count);
        if (outcome == 1) {
            total += count;
            continue;
        }
        const int error = SSL_get_error(ssl_.get(), outcome);
        if (error == SSL_ERROR_WANT_READ) break;
        if (error == SSL_ERROR_ZERO_RETURN) return {total, total == 0};
        if (total == 0) fail(outcome);
        try {
            fail(outcome);
        } catch (const tls_failure&) {
            // Kept for the next call.
        }
    }
    return {total, false};
}

std::size_t tls_engine::write(std::string_view bytes) {
    if (failure_) throw *failure_;
    if (records_sent_ >= records_a_key && SSL_version(ssl_.get()) == TLS1_3_VERSION) {
        SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
        records_sent_ = 0;
    }
    bytes = bytes.substr(0, batch);
    // With the header, the type and the tag of each record, and one for a key update.
    output_.room(bytes.size() + (bytes.size() / SSL3_RT_MAX_PLAIN_LENGTH + 2) * 64);
    std::size_t total = 0;
    while (total < bytes.size()) {
        ERR_clear_error();
        std::size_t count = 0;
        const int outcome = SSL_write_ex(ssl_.get(), bytes.data() + total, bytes.size() - total, &count);
        if (outcome == 1) {
            total += count;
            continue;
        }
        if (SSL_get_error(ssl_.get(), outcome) == SSL_ERROR_WANT_READ) break;
        fail(outcome);
    }
    records_sent_ += total / SSL3_RT_MAX_PLAIN_LENGTH + 1;
    return total;
}

bool tls_engine::close_write() {
    if (failure_) throw *failure_;
    ERR_clear_error();
    const int outcome = SSL_shutdown(ssl_.get());
    if (outcome >= 0) return true;
    const unsigned long code = ERR_peek_error();
    // The peer has sent a part of a message that belongs to the handshake.
    if (SSL_get_error(ssl_.get(), outcome) == SSL_ERROR_WANT_READ ||
        ERR_GET_REASON(code) == SSL_R_SHUTDOWN_WHILE_IN_INIT)
        return false;
    fail(outcome);
}

bool tls_engine::has_news() noexcept {
    if (failure_) return true;
    char byte;
    std::size_t count = 0;
    ERR_clear_error();
    const int outcome = SSL_peek_ex(ssl_.get(), &byte, 1, &count);
    if (outcome == 1) return true;
    const int error = SSL_get_error(ssl_.get(), outcome);
    if (error == SSL_ERROR_WANT_READ) return false;
    try {
        if (error != SSL_ERROR_ZERO_RETURN) fail(outcome);
    } catch (const std::exception&) {
        // Kept for the next read.
    }
    return true;
}

void tls_engine::update_keys() {
    if (failure_) throw *failure_;
    if (SSL_version(ssl_.get()) != TLS1_3_VERSION) return;
    SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED);
    records_sent_ = 0;
    ERR_clear_error();
}

tls_failure tls_engine::cut_off() const {
    return tls_failure(tls_errc::truncated, peer_,
                       was_shaken_
                           ? "the connection was cut off: it ended without TLS's word that it is complete"
                           : "it closed the connection during the TLS handshake");
}

void tls_engine::fail(int outcome) {
    if (verdict_)
        failure_ = verdict_;
    else
        failure_ = protocol_trouble(*shared_, SSL_get_error(ssl_.get(), outcome), peer_, was_shaken_);
    ERR_clear_error();
    if (!was_shaken_ && !session_key_.empty()) shared_->sessions().forget(session_key_);
    throw *failure_;
}

std::optional<tls_certificate> tls_engine::peer_certificate() const {
    X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    if (!certificate) return std::nullopt;
    return describe_certificate(certificate);
}

} // namespace tandem::detail
