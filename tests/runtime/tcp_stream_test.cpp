#include <catch2/catch.hpp>

#include <sys/socket.h>

#include <tandem/runtime.hpp>

#include "support/tcp_pair.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::endpoint;
using tandem::task;
using tandem::tcp_listener;
using tandem::tcp_stream;

namespace {

/// All that comes until the orderly end.
task<std::string> read_all(tcp_stream& from) {
    std::string text;
    char room[7];
    while (const std::size_t count = co_await from.read_some(room))
        text.append(room, count);
    co_return text;
}

} // namespace

TEST_CASE("bytes go both ways over a TCP connection, and each side knows the other's address") {
    const auto all = []() -> task<> {
        auto pair = co_await test::connect_pair();
        CHECK(pair.near.local() == pair.far.remote());
        CHECK(pair.near.remote() == pair.far.local());
        CHECK(pair.near.remote().is_loopback());
        co_await pair.near.write("there");
        char room[16];
        const std::size_t there = co_await pair.far.read_some(room);
        CHECK(std::string_view(room, there) == "there");
        const std::size_t sent = co_await pair.far.write_some("back");
        CHECK(sent == 4);
        const std::size_t back = co_await pair.near.read_some(room);
        CHECK(std::string_view(room, back) == "back");
    };
    block_on(all());
}

TEST_CASE("a half-closed stream sends no more and still receives") {
    const auto all = []() -> task<> {
        auto pair = co_await test::connect_pair();
        co_await pair.near.write("the request");
        co_await pair.near.close_write();
        const std::string request = co_await read_all(pair.far);
        CHECK(request == "the request");
        co_await pair.far.write("the answer");
        pair.far.close();
        const std::string answer = co_await read_all(pair.near);
        CHECK(answer == "the answer");
        auto late = co_await tandem::as_result(pair.near.write("too late"));
        CHECK_THROWS_WITH(late.value(), Catch::Contains("close_write") && Catch::Contains("127.0.0.1"));
    };
    block_on(all());
}
