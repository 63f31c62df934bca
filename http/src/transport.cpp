#include "transport.hpp"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include <sys/socket.h>

#include <tandem/coro/loop.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/io/asio.hpp>
#include <tandem/io/resolver.hpp>

#include "tls_settings.hpp"

namespace tandem::http::detail {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;

bool has_news(tcp::socket& socket) noexcept {
    char byte;
    return ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
           (errno != EAGAIN && errno != EWOULDBLOCK);
}

class plain_transport final : public transport {
  public:
    explicit plain_transport(tcp::socket socket)
        : socket_(std::move(socket)) {}

    task<std::size_t> read_some(char* buffer, std::size_t room) override {
        auto [error, bytes] = co_await socket_.async_read_some(asio::buffer(buffer, room), use_ec);
        if (error == asio::error::eof) co_return 0;
        if (error) throw system_error(error);
        co_return bytes;
    }

    task<> write(std::string_view bytes) override {
        while (!bytes.empty())
            bytes.remove_prefix(
                co_await socket_.async_write_some(asio::buffer(bytes.data(), bytes.size()), use));
    }

    bool is_quiet() noexcept override { return !has_news(socket_); }

  private:
    tcp::socket socket_;
};

class tls_transport final : public transport {
  public:
    tls_transport(tcp::socket socket, asio::ssl::context& context)
        : stream_(std::move(socket), context) {}

    asio::ssl::stream<tcp::socket>& stream() noexcept { return stream_; }

    task<std::size_t> read_some(char* buffer, std::size_t room) override {
        auto [error, bytes] = co_await stream_.async_read_some(asio::buffer(buffer, room), use_ec);
        if (error == asio::error::eof) co_return 0;
        if (error) throw system_error(error);
        co_return bytes;
    }

    task<> write(std::string_view bytes) override {
        while (!bytes.empty())
            bytes.remove_prefix(
                co_await stream_.async_write_some(asio::buffer(bytes.data(), bytes.size()), use));
    }

    // A session ticket that arrives late also counts as news: the price is a connection, never a wrong
    // answer.
    bool is_quiet() noexcept override {
        return SSL_pending(stream_.native_handle()) == 0 && !has_news(stream_.next_layer());
    }

  private:
    asio::ssl::stream<tcp::socket> stream_;
};

tcp::endpoint to_asio(const tandem::endpoint& to) {
    if (!to.is_v6()) {
        asio::ip::address_v4::bytes_type bytes;
        std::copy_n(to.bytes().begin(), bytes.size(), bytes.begin());
        return tcp::endpoint(asio::ip::address_v4(bytes), to.port());
    }
    asio::ip::address_v6::bytes_type bytes;
    std::copy_n(to.bytes().begin(), bytes.size(), bytes.begin());
    return tcp::endpoint(asio::ip::address_v6(bytes, to.scope()), to.port());
}

task<error_code> connect_to(tcp::socket& socket, tandem::endpoint to) {
    auto [error] = co_await socket.async_connect(to_asio(to), use_ec);
    if (!error) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
    }
    co_return error;
}

/// A connected socket to the first address that takes it. Each but the last gets an equal share of the time
/// that is left, so that one which swallows packets does not take the others' chance.
task<tcp::socket> connect_to_any(std::vector<tandem::endpoint> addresses, const error_site& site,
                                 duration limit) {
    auto deadline = loop::current().now() + limit;
    std::string trouble;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        tcp::socket socket(tandem::detail::own_asio_context());
        error_code error;
        if (i + 1 == addresses.size()) {
            error = co_await connect_to(socket, addresses[i]);
        } else {
            auto share = (deadline - loop::current().now()) / static_cast<int>(addresses.size() - i);
            try {
                error = co_await timeout(share, connect_to(socket, addresses[i]));
            } catch (const timed_out&) {
                error = asio::error::timed_out;
            }
        }
        if (!error) co_return socket;
        if (trouble.empty()) trouble = addresses[i].to_string() + ": " + error.message();
    }
    site.fail<connect_error>("cannot connect to " + trouble);
}

task<std::unique_ptr<transport>> open(const url& target, const error_site& site, tls_settings& tls,
                                      duration limit) {
    std::vector<tandem::endpoint> addresses;
    try {
        addresses = co_await resolve(std::string(target.host()), target.port());
    } catch (const resolve_error& failure) {
        site.fail<connect_error>(failure.what());
    }
    auto socket = co_await connect_to_any(std::move(addresses), site, limit);
    if (!target.is_https()) co_return std::make_unique<plain_transport>(std::move(socket));

    auto secure = std::make_unique<tls_transport>(std::move(socket), tls.context(site));
    auto* session = secure->stream().native_handle();
    expect_host(session, std::string(target.host()));
    auto [error] = co_await secure->stream().async_handshake(asio::ssl::stream_base::client, use_ec);
    if (error) site.fail<tls_error>(handshake_trouble(session, error));
    co_return secure;
}

} // namespace

task<std::unique_ptr<transport>> open_transport(const url& target, const error_site& site, tls_settings& tls,
                                                duration limit) {
    try {
        co_return co_await timeout(limit, open(target, site, tls, limit));
    } catch (const timed_out&) {
        throw timeout_error(site.url(), time_limit::connect, std::chrono::duration<double>(limit).count());
    }
}

} // namespace tandem::http::detail
