#include "origin/server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>
#include <optional>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/io/asio.hpp>

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
namespace http = boost::beast::http;
using asio::ip::tcp;
using tandem::task;

namespace {

/// What to send, and the ways in which a server can send it.
struct reply {
    http::status status = http::status::ok;
    const char* type = "text/plain";
    /// The body is `photo`, or `text` where there is none.
    const std::string* photo = nullptr;
    std::string text = {};
    std::string location = {};
    bool chunked = false;
    bool cut_short = false;
    bool slow = false;

    std::string_view body() const { return photo ? *photo : text; }
};

/// Removes `prefix` from `text` if it begins with it, and says whether it did.
bool skip(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

} // namespace

struct origin_server::state {
    struct port {
        tcp::acceptor acceptor;
        std::optional<ssl::context> tls;
    };

    const site& content;
    tandem::duration latency;
    std::vector<port> ports;
    unsigned long requests = 0;
    unsigned long connections = 0;
    /// Of these, the ones that asked for a photo: a test counts a mode's connections by them.
    unsigned long photo_connections = 0;

    unsigned short open(unsigned short number, std::optional<ssl::context> tls);
    task<> accept(port& from);
    task<> welcome(tcp::socket socket, ssl::context* tls);
    template <class Stream> task<> converse(Stream& stream);
    template <class Stream> task<bool> send(Stream& stream, const reply& what);
    reply answer(std::string_view target) const;
};

unsigned short origin_server::state::open(unsigned short number, std::optional<ssl::context> tls) {
    tcp::acceptor acceptor(tandem::asio_context(), tcp::endpoint(asio::ip::address_v4::loopback(), number));
    auto chosen = acceptor.local_endpoint().port();
    ports.push_back({std::move(acceptor), std::move(tls)});
    return chosen;
}

task<> origin_server::state::accept(port& from) {
    co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
        for (;;) {
            auto [error, socket] = co_await from.acceptor.async_accept(tandem::use_ec);
            if (error) { // it hung up meanwhile, or there are no descriptors left: later there may be
                co_await tandem::sleep(10ms);
                continue;
            }
            boost::system::error_code gone;
            socket.set_option(tcp::no_delay(true), gone);
            ++connections;
            group.spawn(welcome(std::move(socket), from.tls ? &*from.tls : nullptr));
        }
    });
}

task<> origin_server::state::welcome(tcp::socket socket, ssl::context* tls) {
    if (!tls) {
        co_await converse(socket);
        co_return;
    }
    ssl::stream<tcp::socket> stream(std::move(socket), *tls);
    auto [error] = co_await stream.async_handshake(ssl::stream_base::server, tandem::use_ec);
    if (!error) co_await converse(stream);
}

/// Answers a connection's requests one after the other, until either side has had enough.
template <class Stream> task<> origin_server::state::converse(Stream& stream) {
    boost::beast::flat_buffer buffer;
    bool wanted_photo = false;
    for (bool keep = true; keep;) {
        http::request<http::empty_body> request;
        auto [error, size] = co_await http::async_read(stream, buffer, request, tandem::use_ec);
        if (error) co_return; // gone, or it spoke something else than HTTP
        ++requests;
        auto what = answer({request.target().data(), request.target().size()});
        if (what.photo) {
            if (!wanted_photo) ++photo_connections;
            wanted_photo = true;
            co_await tandem::sleep(latency);
        }
        keep = co_await send(stream, what) && request.keep_alive();
    }
}

/// Returns false when the connection is of no more use.
template <class Stream> task<bool> origin_server::state::send(Stream& stream, const reply& what) {
    auto body = what.body();
    http::response<http::span_body<const char>> message(what.status, 11);
    message.set(http::field::server, "tandem-origin");
    message.set(http::field::content_type, what.type);
    if (!what.location.empty()) message.set(http::field::location, what.location);
    if (what.chunked) {
        message.chunked(true);
    } else {
        message.content_length(body.size());
    }
    if (what.cut_short) body = body.substr(0, body.size() / 2);
    if (!what.slow) message.body() = {body.data(), body.size()};

    http::response_serializer<http::span_body<const char>> serializer(message);
    if (!what.slow) {
        auto [error, size] = co_await http::async_write(stream, serializer, tandem::use_ec);
        co_return !error && !what.cut_short;
    }
    auto [error, size] = co_await http::async_write_header(stream, serializer, tandem::use_ec);
    if (error) co_return false;
    while (!body.empty()) {
        co_await tandem::sleep(50ms);
        auto piece = body.substr(0, 1024);
        auto [broken, sent] = co_await asio::async_write(stream, asio::buffer(piece), tandem::use_ec);
        if (broken) co_return false;
        body.remove_prefix(sent);
    }
    co_return true;
}

reply origin_server::state::answer(std::string_view target) const {
    if (target == "/") return {.text = "Hello from Tandem's example origin.\n"};
    if (target == "/SHA256SUMS") return {.text = content.digests()};
    if (target == "/stats") {
        return {.text = fmt::format("requests {}\nconnections {}\nphoto_connections {}\n", requests,
                                    connections, photo_connections)};
    }
    reply result{.type = "image/jpeg"};
    auto name = target.substr(1);
    bool redirect = skip(name, "redirect/");
    result.chunked = skip(name, "chunked/");
    result.cut_short = skip(name, "short/");
    result.slow = skip(name, "slow/");
    result.photo = content.photo(name);
    if (!result.photo) return {.status = http::status::not_found, .text = "There is no such file here.\n"};
    if (redirect) return {.status = http::status::found, .location = '/' + std::string(name)};
    return result;
}

origin_server::origin_server(const site& content, tandem::duration latency)
    : state_(new state{content, latency, {}}) {}

origin_server::~origin_server() = default;

unsigned short origin_server::listen(unsigned short port) {
    return state_->open(port, std::nullopt);
}

unsigned short origin_server::listen_tls(unsigned short port, const identity& who) {
    ssl::context tls(ssl::context::tls_server);
    tls.use_certificate_chain(asio::buffer(who.certificate));
    tls.use_private_key(asio::buffer(who.key), ssl::context::pem);
    return state_->open(port, std::move(tls));
}

task<> origin_server::serve() {
    co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
        for (auto& port : state_->ports)
            group.spawn(state_->accept(port));
        co_return;
    });
}
