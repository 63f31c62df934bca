// A server that does what a test tells it to, byte by byte: the right thing, or what servers do on bad days.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/certificates.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace test {

class scripted_server;

/// What a scripted server is beside its script: where it listens, if not on a port of its own on 127.0.0.1,
/// and how it speaks TLS.
struct server_setup {
    /// Over TLS, with this certificate.
    std::optional<identity> who;
    /// The authority of its clients' certificates, as PEM: it then requires one.
    std::string client_authority;
    /// The latest TLS version it speaks, as OpenSSL numbers them; 0 for any.
    int latest_tls = 0;
    /// The application protocol it chooses where the client offers it (ALPN).
    std::string protocol;
    /// A Unix socket's path.
    std::string unix_path;
};

/// The server's end of one connection, with calls that block. Once the other side has gone, sending does
/// nothing.
class conversation {
  public:
    conversation(scripted_server& server, int socket, int number);
    conversation(const conversation&) = delete;
    conversation& operator=(const conversation&) = delete;
    ~conversation();

    /// The next request's header, up to and with its empty line; nothing when the client has closed.
    std::optional<std::string> request();

    /// The next `count` bytes of what follows; fewer where the client closes.
    std::string take(std::size_t count);
    /// The body behind `header`, a request's, by its length or in chunks.
    std::string body(const std::string& header);

    /// Returns false once the client has gone.
    bool send(std::string_view bytes);
    /// In pieces of `size` bytes, each sent on its own.
    void send_in_pieces(std::string_view bytes, std::size_t size);
    /// Connects to this port of 127.0.0.1 and passes everything on, both ways, until one side ends.
    void relay_to(std::uint16_t port);
    /// Ends the connection in order: over TLS with close_notify.
    void finish();
    /// Ends TCP in order but says nothing to TLS.
    void cut();
    /// Ends the connection with a reset.
    void reset();
    /// Returns when the client has closed or the server is stopped.
    void wait_for_close();

    /// The client's address, without its port.
    std::string peer() const;
    /// The name that the client asked for (SNI), and who it has proved to be; empty if nothing.
    std::string server_name() const;
    std::string client_subject() const;
    std::string protocol() const;

    /// Which connection of the server this is, from 0.
    int number() const noexcept { return number_; }

  private:
    friend class scripted_server;
    bool shake_hands();
    long read_some(char* buffer, std::size_t room);
    void interrupt() noexcept;

    scripted_server& server_;
    int socket_;
    const int number_;
    std::shared_ptr<ssl_st> session_;
    std::string unread_;
};

/// Listens on a port of its own on 127.0.0.1 and runs the script for each connection on a thread of its own.
class scripted_server {
  public:
    using script = std::function<void(conversation&)>;

    explicit scripted_server(script run);
    /// Over TLS, with this certificate.
    scripted_server(script run, const identity& who);
    scripted_server(script run, const server_setup& setup);
    /// Ends every conversation and waits for the scripts' end.
    ~scripted_server();

    std::uint16_t port() const noexcept { return port_; }
    /// A URL of this server; `host` is to lead to 127.0.0.1.
    std::string url(std::string_view target = "/", std::string_view host = "127.0.0.1") const;

    /// How many connections were accepted so far.
    int connections() const noexcept { return accepted_; }
    /// Every request read so far, in the order they came.
    std::vector<std::string> requests() const;

  private:
    friend class conversation;
    struct guest {
        std::unique_ptr<conversation> talk;
        std::thread thread;
    };
    void listen();
    void listen_at(const std::string& unix_path);
    void accept_all();

    script run_;
    const server_setup setup_;
    std::shared_ptr<ssl_ctx_st> tls_;
    int socket_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> accepted_{0};
    mutable std::mutex access_;
    std::list<guest> guests_;
    std::vector<std::string> requests_;
    bool stopping_ = false;
    std::thread acceptor_;
};

/// A complete reply with a Content-Length. `more` are further header lines, each with its line end.
std::string reply(std::string_view body, std::string_view more = "", std::string_view status = "200 OK");

/// A script that answers each request on a connection with what `answer` makes of the request's target.
scripted_server::script answering(std::function<std::string(const std::string& target)> answer);
/// A script that answers each request with its target.
scripted_server::script echo_target();

/// The target of a request's header.
std::string target_of(const std::string& request);

} // namespace test
