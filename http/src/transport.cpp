#include "transport.hpp"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include <sys/socket.h>

#include <tandem/coro/timeout.hpp>
#include <tandem/io/asio.hpp>
#include <tandem/io/resolver.hpp>
#include <tandem/io/tcp_stream.hpp>

#include "tls_settings.hpp"

namespace tandem::http::detail {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

class plain_transport final : public transport {
  public:
    explicit plain_transport(tcp_stream stream)
        : stream_(std::move(stream)) {}

    task<std::size_t> read_some(char* buffer, std::size_t room) override {
        return stream_.read_some(std::span(buffer, room));
    }
    task<> write(std::string_view bytes) override { return stream_.write(bytes); }
    bool is_quiet() noexcept override { return stream_.is_quiet(); }

  private:
    tcp_stream stream_;
};

bool has_news(tcp::socket& socket) noexcept {
    char byte;
    return ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
           (errno != EAGAIN && errno != EWOULDBLOCK);
}

class tls_transport final : public transport {
  public:
    tls_transport(tcp::socket socket, asio::ssl::context& context)
        : stream_(std::move(socket), context) {}

    asio::ssl::stream<tcp::socket>& stream() noexcept { return stream_; }

    task<std::size_t> read_some(char* buffer, std::size_t room) override {
        auto [error, bytes] = co_await stream_.async_read_some(asio::buffer(buffer, room), use_ec);
        if (error == asio::error::eof) co_return 0;
        if (error) throw std::system_error(error);
        co_return bytes;
    }

    task<> write(std::string_view bytes) override {
        while (!bytes.empty()) {
            auto [error, sent] =
                co_await stream_.async_write_some(asio::buffer(bytes.data(), bytes.size()), use_ec);
            if (error) throw std::system_error(error);
            bytes.remove_prefix(sent);
        }
    }

    // A session ticket that arrives late also counts as news: the price is a connection, never a wrong
    // answer.
    bool is_quiet() noexcept override {
        return SSL_pending(stream_.native_handle()) == 0 && !has_news(stream_.next_layer());
    }

  private:
    asio::ssl::stream<tcp::socket> stream_;
};

/// Asio's TLS needs a socket of its own.
tcp::socket to_asio(tcp_stream stream) {
    const auto family = stream.remote().is_v6() ? tcp::v6() : tcp::v4();
    tcp::socket socket(tandem::detail::own_asio_context());
    socket.assign(family, stream.release());
    return socket;
}

task<tcp_stream> connect_to(const url& target, const error_site& site) {
    try {
        co_return co_await tcp_stream::connect(std::string(target.host()), target.port());
    } catch (const resolve_error& failure) {
        site.fail<connect_error>(failure.what());
    } catch (const tandem::connect_error& failure) {
        site.fail<connect_error>(failure.what());
    }
}

task<std::unique_ptr<transport>> open(const url& target, const error_site& site, tls_settings& tls) {
    auto stream = co_await connect_to(target, site);
    if (!target.is_https()) co_return std::make_unique<plain_transport>(std::move(stream));

    auto socket = to_asio(std::move(stream));
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
        co_return co_await timeout(limit, open(target, site, tls));
    } catch (const timed_out&) {
        throw timeout_error(site.url(), time_limit::connect, std::chrono::duration<double>(limit).count());
    }
}

} // namespace tandem::http::detail
