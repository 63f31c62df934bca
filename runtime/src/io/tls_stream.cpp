#include <tandem/io/tls_stream.hpp>

#include <tandem/base/error.hpp>
#include <tandem/io/tcp_stream.hpp>

#include "io/tls_shared.hpp"
#include "io/tls_state.hpp"

namespace tandem {

tls_stream::tls_stream(std::unique_ptr<state> shaken) noexcept
    : state_(std::move(shaken)) {}
tls_stream::tls_stream(tls_stream&& other) noexcept = default;
tls_stream& tls_stream::operator=(tls_stream&& other) noexcept = default;
tls_stream::~tls_stream() = default;

namespace {

void check_client(const tls_context& context) {
    if (context.is_server()) throw usage_error("a tls_stream to a server: the context is a server's");
}

} // namespace

task<tls_stream> tls_stream::connect(std::string host, std::uint16_t port, tls_context context) {
    check_client(context);
    auto connected = co_await tcp_stream::connect(host, port);
    auto below = std::make_unique<tcp_stream>(std::move(connected));
    const auto session_key = host + ":" + std::to_string(port);
    auto made = std::make_unique<state>(std::move(below), context.shared(), host, session_key);
    co_await made->shake_hands();
    co_return tls_stream(std::move(made));
}

task<tls_stream> tls_stream::handshake(std::unique_ptr<byte_stream> below, tls_context context,
                                       std::string host) {
    check_client(context);
    auto made = std::make_unique<state>(std::move(below), context.shared(), host, host);
    co_await made->shake_hands();
    co_return tls_stream(std::move(made));
}

task<tls_stream> tls_stream::accept(std::unique_ptr<byte_stream> below, tls_context context,
                                    std::string peer) {
    if (!context.is_server())
        throw usage_error("tls_stream::accept is for servers: this context is a client's");
    auto made = std::make_unique<state>(std::move(below), context.shared(), std::move(peer), std::string());
    co_await made->shake_hands();
    co_return tls_stream(std::move(made));
}

task<std::size_t> tls_stream::read_some(std::span<char> room) {
    return state_->read_some(room);
}

task<std::size_t> tls_stream::write_some(std::string_view bytes) {
    return state_->write_some(bytes);
}

task<> tls_stream::write(std::string_view bytes) {
    return state_->write(bytes);
}

task<> tls_stream::close_write() {
    return state_->close_write();
}

void tls_stream::close() noexcept {
    state_->close();
}

bool tls_stream::is_quiet() noexcept {
    return state_->is_quiet();
}

tls_version tls_stream::version() const noexcept {
    return SSL_version(state_->engine().native()) == TLS1_3_VERSION ? tls_version::tls_1_3
                                                                    : tls_version::tls_1_2;
}

std::string tls_stream::cipher() const {
    const SSL_CIPHER* chosen = SSL_get_current_cipher(state_->engine().native());
    return chosen ? SSL_CIPHER_standard_name(chosen) : "";
}

std::string tls_stream::negotiated_protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(state_->engine().native(), &name, &size);
    return size > 0 ? std::string(reinterpret_cast<const char*>(name), size) : std::string();
}

bool tls_stream::was_resumed() const noexcept {
    return SSL_session_reused(state_->engine().native()) == 1;
}

std::string tls_stream::server_name() const {
    const char* name = SSL_get_servername(state_->engine().native(), TLSEXT_NAMETYPE_host_name);
    return name ? name : "";
}

std::optional<tls_certificate> tls_stream::peer_certificate() const {
    return state_->engine().peer_certificate();
}

void tls_stream::update_keys() {
    state_->engine().update_keys();
}

} // namespace tandem
