#include "support/scripted_server.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace test {

namespace {

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void* wanted) {
    const auto& name = *static_cast<const std::string*>(wanted);
    for (unsigned i = 0; i < offered_size; i += 1u + offered[i]) {
        if (std::string_view(reinterpret_cast<const char*>(offered) + i + 1, offered[i]) != name) continue;
        *chosen = offered + i + 1;
        *size = offered[i];
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

std::shared_ptr<SSL_CTX> server_context(const server_setup& setup) {
    const identity& who = *setup.who;
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    std::shared_ptr<BIO> certificate(BIO_new_mem_buf(who.certificate.data(), -1), BIO_free);
    std::shared_ptr<BIO> key(BIO_new_mem_buf(who.key.data(), -1), BIO_free);
    std::shared_ptr<X509> parsed(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr), X509_free);
    std::shared_ptr<EVP_PKEY> secret(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr),
                                     EVP_PKEY_free);
    if (SSL_CTX_use_certificate(context.get(), parsed.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), secret.get()) != 1)
        throw std::runtime_error("a test's certificate was refused");
    SSL_CTX_set_max_proto_version(context.get(), setup.latest_tls);
    static constexpr unsigned char purpose[] = "test";
    SSL_CTX_set_session_id_context(context.get(), purpose, sizeof purpose - 1);
    if (!setup.protocol.empty())
        SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, const_cast<std::string*>(&setup.protocol));
    if (!setup.client_authority.empty()) {
        std::shared_ptr<BIO> pem(BIO_new_mem_buf(setup.client_authority.data(), -1), BIO_free);
        std::shared_ptr<X509> authority(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr), X509_free);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.get());
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    return context;
}

} // namespace

conversation::conversation(scripted_server& server, int socket, int number)
    : server_(server)
    , socket_(socket)
    , number_(number) {
    int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!server.tls_) return;
    session_ = std::shared_ptr<SSL>(SSL_new(server.tls_.get()), SSL_free);
    SSL_set_fd(session_.get(), socket_);
}

conversation::~conversation() {
    ::close(socket_);
}

bool conversation::shake_hands() {
    bool done = !session_ || SSL_accept(session_.get()) == 1;
    ERR_clear_error();
    return done;
}

long conversation::read_some(char* buffer, std::size_t room) {
    if (session_) {
        int count = SSL_read(session_.get(), buffer, static_cast<int>(room));
        ERR_clear_error();
        return count;
    }
    return ::recv(socket_, buffer, room, 0);
}

std::optional<std::string> conversation::request() {
    for (;;) {
        auto end = unread_.find("\r\n\r\n");
        if (end != std::string::npos) {
            auto header = unread_.substr(0, end + 4);
            unread_.erase(0, end + 4);
            std::lock_guard lock(server_.access_);
            server_.requests_.push_back(header);
            return header;
        }
        char buffer[4096];
        auto count = read_some(buffer, sizeof buffer);
        if (count <= 0) return std::nullopt;
        unread_.append(buffer, static_cast<std::size_t>(count));
    }
}

std::string conversation::take(std::size_t count) {
    while (unread_.size() < count) {
        char buffer[16384];
        auto got = read_some(buffer, sizeof buffer);
        if (got <= 0) break;
        unread_.append(buffer, static_cast<std::size_t>(got));
    }
    auto taken = unread_.substr(0, count);
    unread_.erase(0, count);
    return taken;
}

std::string conversation::body(const std::string& header) {
    const std::string_view length = "Content-Length: ";
    if (const auto at = header.find(length); at != std::string::npos)
        return take(std::stoull(header.substr(at + length.size())));
    if (header.find("Transfer-Encoding: chunked") == std::string::npos) return "";
    std::string all;
    for (;;) {
        std::string line;
        while (!line.ends_with("\r\n")) {
            const auto next = take(1);
            if (next.empty()) return all;
            line += next;
        }
        const auto size = std::stoull(line, nullptr, 16);
        all += take(size);
        take(2);
        if (size == 0) return all;
    }
}

bool conversation::send(std::string_view bytes) {
    while (!bytes.empty()) {
        long count = 0;
        if (session_) {
            count = SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
            ERR_clear_error();
        } else {
            count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        }
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void conversation::send_in_pieces(std::string_view bytes, std::size_t size) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
        send(bytes.substr(0, size));
        std::this_thread::yield();
    }
}

void conversation::relay_to(std::uint16_t port) {
    const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool goes_on = ::connect(far, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const auto pass = [&](std::string_view bytes) {
        while (!bytes.empty() && goes_on) {
            const auto count = ::send(far, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            goes_on = count > 0;
            if (goes_on) bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    };
    pass(std::exchange(unread_, {}));
    char buffer[16384];
    while (goes_on) {
        pollfd both[] = {{socket_, POLLIN, 0}, {far, POLLIN, 0}};
        const bool has_more = session_ && SSL_pending(session_.get()) > 0;
        if (!has_more) ::poll(both, 2, -1);
        if (has_more || both[0].revents != 0) {
            const auto count = read_some(buffer, sizeof buffer);
            goes_on = count > 0;
            if (goes_on) pass({buffer, static_cast<std::size_t>(count)});
        }
        if (goes_on && both[1].revents != 0) {
            const auto count = ::recv(far, buffer, sizeof buffer, 0);
            goes_on = count > 0 && send({buffer, static_cast<std::size_t>(count)});
        }
    }
    ::close(far);
    finish();
}

void conversation::finish() {
    if (session_) SSL_shutdown(session_.get());
    cut();
}

void conversation::cut() {
    ::shutdown(socket_, SHUT_WR);
}

void conversation::reset() {
    linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    // Connecting to nowhere drops the connection with a reset and leaves the descriptor to its owner.
    sockaddr nowhere{};
    nowhere.sa_family = AF_UNSPEC;
    ::connect(socket_, &nowhere, sizeof nowhere);
}

void conversation::wait_for_close() {
    char buffer[4096];
    while (::recv(socket_, buffer, sizeof buffer, 0) > 0)
        ;
}

std::string conversation::peer() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    char text[INET_ADDRSTRLEN] = "";
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
    return text;
}

std::string conversation::server_name() const {
    const char* name = SSL_get_servername(session_.get(), TLSEXT_NAMETYPE_host_name);
    return name ? name : "";
}

std::string conversation::client_subject() const {
    X509* shown = SSL_get0_peer_certificate(session_.get());
    if (!shown) return {};
    char text[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, text, sizeof text);
    return text;
}

std::string conversation::protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(session_.get(), &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
}

void conversation::interrupt() noexcept {
    ::shutdown(socket_, SHUT_RDWR);
}

scripted_server::scripted_server(script run)
    : run_(std::move(run)) {
    listen();
}

scripted_server::scripted_server(script run, const identity& who)
    : scripted_server(std::move(run), server_setup{who, {}, 0, {}, {}}) {}

scripted_server::scripted_server(script run, const server_setup& setup)
    : run_(std::move(run))
    , setup_(setup) {
    if (setup_.who) tls_ = server_context(setup_);
    if (setup_.unix_path.empty())
        listen();
    else
        listen_at(setup_.unix_path);
}

scripted_server::~scripted_server() {
    {
        std::lock_guard lock(access_);
        stopping_ = true;
        for (auto& each : guests_)
            each.talk->interrupt();
    }
    ::shutdown(socket_, SHUT_RDWR);
    acceptor_.join();
    for (auto& each : guests_)
        each.thread.join();
    ::close(socket_);
}

std::string scripted_server::url(std::string_view target, std::string_view host) const {
    return std::string(tls_ ? "https" : "http") + "://" + std::string(host) + ":" + std::to_string(port_) +
           std::string(target);
}

std::vector<std::string> scripted_server::requests() const {
    std::lock_guard lock(access_);
    return requests_;
}

void scripted_server::listen() {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_, generic, size) != 0 || ::listen(socket_, 256) != 0 ||
        ::getsockname(socket_, generic, &size) != 0)
        throw std::system_error(errno, std::generic_category(), "a test's server");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

void scripted_server::listen_at(const std::string& unix_path) {
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket_, 256) != 0)
        throw std::system_error(errno, std::generic_category(), "a test's server");
    acceptor_ = std::thread([this] { accept_all(); });
}

void scripted_server::accept_all() {
    // Signals are for what is tested: SIGPIPE, as OpenSSL writes with plain write(2), and those that a test
    // breaks into calls with. The threads started here inherit this.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    for (;;) {
        int socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0 && errno == EINTR) continue;
        if (socket < 0) return;
        std::lock_guard lock(access_);
        if (stopping_) {
            ::close(socket);
            return;
        }
        auto& made = guests_.emplace_back();
        made.talk = std::make_unique<conversation>(*this, socket, accepted_++);
        made.thread = std::thread([this, talk = made.talk.get()] {
            if (talk->shake_hands()) run_(*talk);
            talk->cut();
            talk->wait_for_close();
        });
    }
}

std::string reply(std::string_view body, std::string_view more, std::string_view status) {
    return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(more) + "\r\n" + std::string(body);
}

scripted_server::script answering(std::function<std::string(const std::string& target)> answer) {
    return [answer = std::move(answer)](conversation& talk) {
        while (auto request = talk.request())
            talk.send(answer(target_of(*request)));
    };
}

scripted_server::script echo_target() {
    return answering([](const std::string& target) { return reply(target); });
}

std::string target_of(const std::string& request) {
    auto begin = request.find(' ') + 1;
    return request.substr(begin, request.find(' ', begin) - begin);
}

} // namespace test
