#include <catch2/catch.hpp>

#include <atomic>

#include <tandem/http/client.hpp>

#include "http/one_reply.hpp"

using namespace tandem::http;
using tandem::task;
using test::body_of;
using test::conversation;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;
using test::trouble_with;

namespace {

/// How many connections it takes to get this reply twice, its connection left open.
int connections_for_two(std::string bytes) {
    scripted_server server([&](conversation& talk) {
        while (talk.request())
            talk.send(bytes);
    });
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 2; ++i) {
            auto body = co_await web.get(server.url()).text();
            CHECK(body == "hello");
        }
    });
    return server.connections();
}

} // namespace

TEST_CASE("what real servers send is understood") {
    CHECK(body_of("HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello") == "hello");
    CHECK(body_of("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello") == "hello");
    CHECK(body_of("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello") == "hello");
    CHECK(body_of("\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") == "hello");
    CHECK(body_of("HTTP/1.0 200 OK\r\nX: 1\r\nx: 2\r\n\r\nhello") == "hello");
    CHECK(body_of("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\n\nhello") == "hello");
    CHECK(body_of("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello<!-- garbage -->") ==
          "hello");
    CHECK(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "5 ; x=\"y;z\" ;; q\r\nhello\r\n0000;end\r\nX-Trailer: t\r\n\r\n") == "hello");
}

TEST_CASE("what attackers send is refused, with the reason") {
    auto with = [](const std::string& lines) {
        return trouble_with<protocol_error>("HTTP/1.1 200 OK\r\n" + lines + "\r\nhello");
    };
    CHECK(with("Content-Length: 5\r\nContent-Length: 6\r\n") ==
          "the reply is not valid HTTP: it has two different Content-Lengths");
    for (const char* length : {"+5", "-5", "5x"})
        CHECK(with("Content-Length: " + std::string(length) + "\r\n") ==
              "the reply is not valid HTTP: its Content-Length is not a number");
    CHECK(with("Transfer-Encoding: chunked, gzip\r\n") ==
          "the reply is not valid HTTP: its Transfer-Encoding is not chunked");
    CHECK(with("Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n") ==
          "the reply is not valid HTTP: a chunk's size is too large");
    CHECK(with("X: " + std::string(70'000, 'x') + "\r\n") ==
          "the reply is not valid HTTP: a line is longer than 64 KiB");
}

TEST_CASE("a connection on which more came than the reply is not used again") {
    CHECK(connections_for_two(reply("hello")) == 1);
    CHECK(connections_for_two(reply("hello") + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad") == 2);
    CHECK(connections_for_two(reply("hello") + "\r\n") == 2);
}

TEST_CASE("a connection whose reply leaves doubt about its end is not used again") {
    const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
    CHECK(connections_for_two("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks) == 1);
    CHECK(connections_for_two("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" +
                              chunks) == 2);
    CHECK(connections_for_two(
              "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks) ==
          2);
}

TEST_CASE("a server that never ends its header is refused in bounded memory") {
    std::atomic<std::size_t> sent{0};
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\n");
        const std::string line = "X: " + std::string(1000, 'y') + "\r\n";
        while (sent < 100'000'000 && talk.send(line))
            sent += line.size();
    });
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await test::failure_of<protocol_error>(web.get(server.url()).text());
        CHECK(has_all(error.cause(), "the header is longer than 256 KiB"));
    });
    CHECK(sent < 50'000'000);
}
