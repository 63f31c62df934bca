// A WebSocket of Beast, which Tandem does not know, works with the token `use`. Takes long to compile.
#include <catch2/catch.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/io/asio.hpp>
#include <tandem/threads/block_on.hpp>

using namespace std::chrono_literals;
using namespace tandem;
namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using web_socket = beast::websocket::stream<tcp::socket>;

namespace {

/// Sends back what it gets, until the peer closes.
task<> echo(web_socket& peer) {
    co_await peer.async_accept(use);
    for (;;) {
        beast::flat_buffer message;
        const auto [error, count] = co_await peer.async_read(message, use_ec);
        if (error == beast::websocket::error::closed) co_return;
        if (error) throw boost::system::system_error(error);
        peer.text(peer.got_text());
        co_await peer.async_write(message.data(), use);
    }
}

/// Both ends of a TCP connection on loopback.
struct ends {
    web_socket client{asio_context()};
    web_socket server{asio_context()};
    task<> connect() {
        tcp::acceptor listener(asio_context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        auto body = [&](task_group& group) -> task<> {
            group.spawn(accept(listener));
            co_await client.next_layer().async_connect(listener.local_endpoint(), use);
        };
        co_await with_group(body);
    }

  private:
    task<> accept(tcp::acceptor& listener) { server.next_layer() = co_await listener.async_accept(use); }
};

} // namespace

TEST_CASE("messages of a Beast WebSocket go to a server and back, from the handshake to the close") {
    block_on([]() -> task<> {
        ends both;
        co_await both.connect();
        auto body = [&](task_group& group) -> task<> {
            group.spawn(echo(both.server));
            co_await both.client.async_handshake("localhost", "/", use);
            const std::string large(1 << 20, 'x');
            for (const std::string& text : {std::string("hello"), std::string(), large}) {
                co_await both.client.async_write(asio::buffer(text), use);
                beast::flat_buffer answer;
                const std::size_t count = co_await both.client.async_read(answer, use);
                CHECK(count == text.size());
                CHECK(beast::buffers_to_string(answer.data()) == text);
            }
            co_await both.client.async_close(beast::websocket::close_code::normal, use);
        };
        co_await timeout(60s, with_group(body));
    }());
}

TEST_CASE("cancelling the scope ends a read from a Beast WebSocket, and a handshake that nobody answers") {
    block_on([]() -> task<> {
        ends both;
        co_await both.connect();
        // Nobody accepts the WebSocket.
        auto unanswered =
            co_await as_result(timeout(5ms, both.client.async_handshake("localhost", "/", use)));
        CHECK_THROWS_AS(unanswered.value(), timed_out);

        ends others;
        co_await others.connect();
        bool is_reading = false;
        bool was_cancelled = false;
        auto read = [&]() -> task<> {
            co_await others.client.async_handshake("localhost", "/", use);
            is_reading = true;
            try {
                beast::flat_buffer never;
                co_await others.client.async_read(never, use);
            } catch (const cancelled&) {
                was_cancelled = true;
                throw;
            }
        };
        bool server_saw_end = false;
        auto serve = [&]() -> task<> {
            co_await others.server.async_accept(use);
            beast::flat_buffer never;
            const auto [error, count] = co_await others.server.async_read(never, use_ec);
            server_saw_end = error.failed();
        };
        auto body = [&](task_group& group) -> task<> {
            auto served = group.spawn(serve());
            auto reading = [&](task_group& inner) -> task<> {
                inner.spawn(read());
                while (!is_reading)
                    co_await sleep(1ms);
                co_await sleep(20ms);
                inner.cancel();
            };
            co_await with_group(reading);
            others.client.next_layer().close(); // what a cancelled composed operation leaves is to be closed
            co_await std::move(served);
        };
        co_await timeout(60s, with_group(body));
        CHECK(was_cancelled);
        CHECK(server_saw_end);
    }());
}
