#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <optional>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/scripted_server.hpp"
#include "support/told_time.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using namespace tandem::literals;
using tandem::task;
using test::answering;
using test::conversation;
using test::failure_of;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

std::string numbered(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>(i * 7 + i / 251);
    return bytes;
}

std::string in_chunks(std::string_view bytes, std::size_t size) {
    std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n";
    for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
        const auto piece = bytes.substr(0, size);
        char line[20];
        std::snprintf(line, sizeof line, "%zx\r\n", piece.size());
        text += line + std::string(piece) + "\r\n";
    }
    return text + "0\r\nX-Sum: 42\r\n\r\n";
}

/// Ways in which a server says where a body ends, each with `bytes` as the body.
std::vector<std::string> framings(const std::string& bytes) {
    return {reply(bytes), in_chunks(bytes, 1000), in_chunks(bytes, 100'000),
            "HTTP/1.1 200 OK\r\n\r\n" + bytes};
}

/// A script that answers once with `bytes` and then closes.
scripted_server::script once(const std::string& bytes) {
    return [bytes](conversation& talk) {
        talk.request();
        talk.send(bytes);
    };
}

} // namespace

TEST_CASE("a body comes in pieces, however it is framed") {
    const auto bytes = numbered(300'000);
    for (const auto& answer : framings(bytes)) {
        scripted_server server(once(answer));
        in_loop([&]() -> task<> {
            client web;
            auto reply = co_await web.get(server.url()).send();
            std::string all;
            while (auto chunk = co_await reply.body().next()) {
                CHECK(chunk->size() > 0);
                all += *chunk;
            }
            CHECK((all == bytes));
            auto more = co_await reply.body().next();
            CHECK_FALSE(more);
        });
    }
}

TEST_CASE("a body can be read into memory of the caller's, of any size") {
    const auto bytes = numbered(200'000);
    for (const auto& answer : framings(bytes)) {
        for (const std::size_t size : {7u, 5'000u, 1'000'000u}) {
            scripted_server server(once(answer));
            in_loop([&]() -> task<> {
                client web;
                auto reply = co_await web.get(server.url()).send();
                std::string all;
                std::vector<char> room(size);
                for (;;) {
                    auto count = co_await reply.body().read_into(room);
                    if (count == 0) break;
                    all.append(room.data(), count);
                }
                CHECK((all == bytes));
            });
        }
    }
}

TEST_CASE("trailers are known at the end of the body, even where it is read a byte at a time") {
    scripted_server server(answering([](const std::string&) { return in_chunks("hello", 2); }));
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.get(server.url()).send();
        CHECK(reply.trailers().size() == 0);
        std::array<char, 1> room{};
        std::string all;
        while (co_await reply.body().read_into(room) > 0)
            all += room[0];
        CHECK(all == "hello");
        CHECK(reply.trailers()["x-sum"] == "42");
        CHECK_FALSE(reply.headers().contains("X-Sum"));
        auto again = co_await web.get(server.url()).send();
        auto text = co_await again.text();
        CHECK(text == "hello");
        CHECK(again.trailers()["x-sum"] == "42");
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("bytes are the body as bytes") {
    scripted_server server(answering([](const std::string&) { return reply(std::string("a\0b", 3)); }));
    in_loop([&]() -> task<> {
        client web;
        auto all = co_await web.get(server.url()).bytes();
        CHECK(all == std::vector<std::byte>{std::byte('a'), std::byte(0), std::byte('b')});
        auto reply = co_await web.get(server.url()).send();
        auto rest = co_await reply.bytes();
        CHECK(rest.size() == 3);
    });
}

TEST_CASE("a body that nobody reads holds the server up") {
    std::atomic<std::size_t> sent{0};
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\n\r\n");
        const std::string piece(64 * 1024, 'x');
        while (sent < 1'000'000'000 && talk.send(piece))
            sent += piece.size();
    });
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.get(server.url()).send();
        auto first = co_await reply.body().next();
        CHECK(first);
        // It has come to a stop when nothing more is sent for a while.
        for (std::size_t before = 1; before != sent;) {
            before = sent;
            co_await tandem::sleep(50ms);
        }
        CHECK(sent < 100'000'000);
    });
}

TEST_CASE("a body may be as long as max_body says, and no longer") {
    for (const auto& answer : framings(std::string(10'000, 'x'))) {
        scripted_server server([&](conversation& talk) {
            talk.request();
            talk.send(answer);
        });
        in_loop([&]() -> task<> {
            client web;
            auto exact = co_await web.get(server.url()).max_body(10'000).text();
            CHECK(exact.size() == 10'000);
            auto error = co_await failure_of<body_too_large>(web.get(server.url()).max_body(9'999).text());
            CHECK(error.url() == server.url());
            CHECK(error.cause() == "the body is larger than 9999 bytes");
            CHECK(web.statistics().active == 0);
        });
    }
    CHECK(1_MiB == 1024 * 1024);
}

TEST_CASE("a body that is said to be too long is refused before it is read") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
        talk.wait_for_close();
    });
    in_loop([&]() -> task<> {
        client web;
        co_await failure_of<body_too_large>(web.get(server.url()).max_body(1_MiB).send());
        CHECK(web.statistics().active == 0);
    });
}

TEST_CASE("a body whose promised length is absurd costs no memory before it comes") {
    scripted_server server(once("HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\nhello"));
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<truncated_error>(web.get(server.url()).text());
        CHECK(error.cause() ==
              "the body is too short: the connection was closed after 5 of 9000000000000000000 bytes");
    });
}

TEST_CASE("an error in the middle of a body stays, and gives the connection's place back") {
    scripted_server server(once("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"));
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.get(server.url()).send();
        auto first = co_await reply.body().next();
        CHECK(first == "hello");
        CHECK(web.statistics().active == 1);
        for (int i = 0; i < 2; ++i)
            co_await failure_of<truncated_error>(reply.body().next());
        co_await failure_of<truncated_error>(reply.text());
        CHECK(web.statistics().active == 0);
    });
}

TEST_CASE("whether a status is an error is the caller's choice") {
    scripted_server server(answering([](const std::string&) { return reply("sorry", "", "404 Not Found"); }));
    in_loop([&]() -> task<> {
        client web;
        auto text = co_await web.get(server.url()).raise_for_status(false).text();
        CHECK(text == "sorry");
        auto error = co_await failure_of<status_error>(web.get(server.url()).raise_for_status().send());
        CHECK(error.status() == 404);
        auto reply = co_await web.get(server.url()).send();
        CHECK(reply.status() == 404);
        co_await failure_of<status_error>(web.get(server.url()).bytes());
    });
}

TEST_CASE("a response dropped with a body that has arrived leaves its connection to others") {
    scripted_server server(answering([](const std::string&) { return reply(std::string(1000, 'x')); }));
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 3; ++i)
            co_await web.get(server.url()).send();
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a response dropped with a body that is still to come closes its connection") {
    scripted_server server([&](conversation& talk) {
        if (talk.number() == 0) {
            talk.request();
            talk.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            talk.wait_for_close();
        }
        while (talk.request())
            talk.send(reply("fine"));
    });
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(server.url()).send();
        CHECK(web.statistics().active == 0);
        CHECK(web.statistics().idle == 0);
        auto text = co_await web.get(server.url()).text();
        CHECK(text == "fine");
    });
    CHECK(server.connections() == 2);
}

TEST_CASE("discard reads a short rest, and closes the connection where the rest is long") {
    std::atomic<bool> go_on{false};
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request()) {
            const bool is_long = test::target_of(*request) == "/long";
            talk.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::string(is_long ? "20000000" : "6") +
                      "\r\n\r\n");
            go_on.wait(false);
            talk.send(is_long ? std::string(20'000'000, 'x') : "hello!");
        }
    });
    test::told_time time; // a rest that comes late is not read, either
    test::in_told_time(time, [&]() -> task<> {
        client web;
        auto reply = co_await web.get(server.url("/short")).send();
        go_on = true;
        go_on.notify_all();
        co_await reply.body().discard();
        auto text = co_await web.get(server.url("/short")).text();
        CHECK(text == "hello!");
        CHECK(web.statistics().connections_opened == 1);
        auto other = co_await web.get(server.url("/long")).send();
        co_await other.body().discard();
        CHECK(web.statistics().idle == 0);
        CHECK(web.statistics().active == 0);
    });
}

TEST_CASE("a cancelled read of a body loses nothing") {
    const auto bytes = numbered(50'000);
    std::atomic<bool> go_on{false};
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + bytes.substr(0, 20'000));
        go_on.wait(false);
        talk.send_in_pieces(bytes.substr(20'000), 100);
        talk.wait_for_close();
    });
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.get(server.url()).send();
        std::string all;
        int timeouts = 0;
        while (all.size() < bytes.size()) {
            try {
                auto chunk = co_await tandem::timeout(20ms, reply.body().next());
                REQUIRE(chunk);
                all += *chunk;
            } catch (const tandem::timed_out&) {
                ++timeouts;
                go_on = true;
                go_on.notify_all();
            }
        }
        CHECK(timeouts >= 1);
        CHECK((all == bytes));
        auto end = co_await reply.body().next();
        CHECK_FALSE(end);
        CHECK(web.statistics().idle == 1);
    });
}

TEST_CASE("a body can be read after its client is gone") {
    scripted_server server(answering([](const std::string&) { return reply(std::string(100'000, 'x')); }));
    in_loop([&]() -> task<> {
        std::optional<response> kept;
        {
            client web;
            kept.emplace(co_await web.get(server.url()).send());
        }
        auto text = co_await kept->text();
        CHECK(text.size() == 100'000);
    });
}
