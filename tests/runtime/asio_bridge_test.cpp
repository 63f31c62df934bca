#include <catch2/catch.hpp>

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <tandem/io/asio.hpp>
#include <tandem/runtime.hpp>

using namespace std::chrono_literals;
using namespace tandem;
namespace asio = boost::asio;
using local_socket = asio::local::stream_protocol::socket;

TEST_CASE("an operation of Asio is awaited with the token use") {
    block_on([]() -> task<> {
        local_socket left(asio_context()), right(asio_context());
        asio::local::connect_pair(left, right);
        co_await asio::async_write(left, asio::buffer("hello", 5), use);
        std::string text(5, ' ');
        const std::size_t count = co_await asio::async_read(right, asio::buffer(text), use);
        CHECK(count == 5);
        CHECK(text == "hello");
    }());
}

TEST_CASE("an error of Asio is thrown, or returned with the token use_ec") {
    block_on([]() -> task<> {
        local_socket left(asio_context()), right(asio_context());
        asio::local::connect_pair(left, right);
        right.close();
        char byte;
        const auto [error, count] = co_await left.async_read_some(asio::buffer(&byte, 1), use_ec);
        CHECK(error == asio::error::eof);
        CHECK(count == 0);
        auto read = [&]() -> task<> { co_await left.async_read_some(asio::buffer(&byte, 1), use); };
        auto outcome = co_await as_result(read());
        CHECK_THROWS_AS(outcome.value(), boost::system::system_error);
    }());
}

TEST_CASE("a time-out cancels an operation of Asio and leaves the socket usable") {
    block_on([]() -> task<> {
        local_socket left(asio_context()), right(asio_context());
        asio::local::connect_pair(left, right);
        char byte = 0;
        auto late = co_await as_result(timeout(1ms, right.async_read_some(asio::buffer(&byte, 1), use)));
        CHECK_THROWS_AS(late.value(), timed_out);
        co_await asio::async_write(left, asio::buffer("x", 1), use);
        co_await right.async_read_some(asio::buffer(&byte, 1), use);
        CHECK(byte == 'x');
    }());
}

TEST_CASE("an operation without an error code gives what it has") {
    block_on([]() -> task<> {
        asio::steady_timer timer(asio_context(), 1ms);
        co_await timer.async_wait(use);
        co_await asio::post(asio_context(), use);
    }());
}
