// Bodies as they stand on the wire, and headers that are not sent.
#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "http/one_reply.hpp"

using namespace tandem::http;
using tandem::task;
using test::has_all;
using test::in_loop;
using test::saying;
using test::scripted_server;

namespace {

const std::string chunks = "5;a=b\r\nhello\r\n0006\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n";

} // namespace

TEST_CASE("a raw body keeps the sizes of its chunks and its trailers, and is checked all the same") {
    scripted_server server(saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks));
    in_loop([&]() -> task<> {
        client web;
        auto text = co_await web.get(server.url()).raw().text();
        CHECK(text == chunks);
    });
    scripted_server cut(saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"));
    in_loop([&]() -> task<> {
        client web;
        co_await test::failure_of<truncated_error>(web.get(cut.url()).raw().text());
    });
}

TEST_CASE("a raw body arrives whole in pieces of any size") {
    scripted_server server([](test::conversation& talk) {
        while (talk.request())
            talk.send_in_pieces("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, 3);
    });
    in_loop([&]() -> task<> {
        client web;
        for (const std::size_t size : {1u, 2u, 7u, 100u}) {
            auto reply = co_await web.get(server.url()).raw().send();
            std::string all, room(size, '\0');
            while (const auto got = co_await reply.body().read_into({room.data(), room.size()}))
                all.append(room, 0, got);
            CHECK(all == chunks);
            CHECK(reply.trailers()["X-Sum"] == "1");
        }
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a raw body stays compressed, and is not asked to be") {
    scripted_server server(
        saying("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"));
    in_loop([&]() -> task<> {
        client web;
        auto text = co_await web.get(server.url()).raw().text();
        CHECK(text == "abcd");
    });
    CHECK(has_all(server.requests().at(0), "Accept-Encoding: identity\r\n"));
}

TEST_CASE("a header of the client's own is left out where it is not wanted") {
    scripted_server server(test::echo_target());
    in_loop([&]() -> task<> {
        client web;
        auto bare = web.post(server.url()).body("x");
        for (const char* name : {"user-agent", "Accept", "Accept-Encoding", "Content-Type"})
            bare.without_header(name);
        CHECK_THROWS_AS(bare.without_header("host"), bad_request);
        CHECK_THROWS_AS(bare.without_header("a b"), bad_request);
        co_await bare.text();
        co_await bare.header("Accept", "text/html").text();
    });
    CHECK(server.requests().at(0) == "POST / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                                         "\r\nContent-Length: 1\r\n\r\n");
    CHECK(has_all(server.requests().at(1), "Accept: text/html\r\n"));
}
