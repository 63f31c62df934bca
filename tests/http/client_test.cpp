#include <catch2/catch.hpp>

#include <atomic>
#include <cstdio>
#include <optional>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "http/one_reply.hpp"
#include "support/scripted_server.hpp"

using namespace tandem::http;
using tandem::task;
using test::answering;
using test::body_of;
using test::conversation;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;
using test::trouble_with;

namespace {

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    unsigned state = 1;
    for (char& byte : bytes)
        byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return bytes;
}

} // namespace

TEST_CASE("a request says what HTTP/1.1 asks for") {
    scripted_server server(answering([](const std::string&) { return reply("hello"); }));
    in_loop([&]() -> task<> {
        client web(client_options().user_agent("app/1"));
        auto body = co_await web.get(server.url("/a?b=c")).header("X-Mark", "7").text();
        CHECK(body == "hello");
    });
    auto request = server.requests().at(0);
    CHECK(request.starts_with("GET /a?b=c HTTP/1.1\r\n"));
    CHECK(has_all(request, "\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n",
                  "\r\nUser-Agent: app/1\r\n", "\r\nAccept: */*\r\n", "\r\nX-Mark: 7\r\n"));
}

TEST_CASE("a header of the caller's takes the place of the client's own") {
    scripted_server server(answering([](const std::string&) { return reply(""); }));
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(server.url()).header("accept", "text/html").header("User-Agent", "me").text();
    });
    auto request = server.requests().at(0);
    CHECK(has_all(request, "accept: text/html\r\n", "User-Agent: me\r\n"));
    CHECK(request.find("*/*") == std::string::npos);
    CHECK(request.find("tandem") == std::string::npos);
}

TEST_CASE("a header that would break the request apart is refused") {
    client web;
    auto request = web.get("http://127.0.0.1/");
    CHECK_THROWS_AS(request.header("X", "a\r\nEvil: 1"), bad_request);
    CHECK_THROWS_AS(request.header("X", std::string_view("a\0b", 3)), bad_request);
    CHECK_THROWS_AS(request.header("X\r\nEvil", "1"), bad_request);
    CHECK_THROWS_AS(request.header("", "1"), bad_request);
    CHECK_THROWS_AS(request.header("Content-Length", "5"), bad_request);
    CHECK_THROWS_AS(client_options().user_agent("a\nb"), std::invalid_argument);
}

TEST_CASE("a body comes with a length, in chunks or until the connection closes") {
    CHECK(body_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") == "hello");
    CHECK(body_of("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").empty());
    CHECK(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3;ext=1\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n") == "hello");
    CHECK(body_of("HTTP/1.1 200 OK\r\n\r\nhello") == "hello");
    CHECK(body_of("HTTP/1.0 200 OK\r\n\r\n").empty());
    CHECK(body_of("HTTP/1.1 204 No Content\r\n\r\n").empty());
}

TEST_CASE("a reply may arrive in any pieces") {
    std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n";
    auto piece = GENERATE(1u, 2u, 3u, 7u);
    scripted_server server([&](conversation& talk) {
        while (talk.request())
            talk.send_in_pieces(chunked, piece);
    });
    in_loop([&]() -> task<> {
        client web;
        auto first = co_await web.get(server.url()).text();
        CHECK(first == "hello world");
        auto second = co_await web.get(server.url()).text();
        CHECK(second == "hello world");
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a large body arrives whole, with its length known and in chunks of odd sizes") {
    auto bytes = pattern(9 * 1024 * 1024 + 12'345);
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request) == "/fixed") {
                talk.send(reply(bytes));
                continue;
            }
            talk.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            std::string_view rest = bytes;
            for (std::size_t size = 1; !rest.empty(); size = size * 3 % 200'003 + 1) {
                auto part = rest.substr(0, size);
                rest.remove_prefix(part.size());
                char line[20];
                std::snprintf(line, sizeof line, "%zx\r\n", part.size());
                talk.send(line + std::string(part) + "\r\n");
            }
            talk.send("0\r\n\r\n");
        }
    });
    in_loop([&]() -> task<> {
        client web;
        auto fixed = co_await web.get(server.url("/fixed")).text();
        CHECK((fixed == bytes));
        auto chunked = co_await web.get(server.url("/chunked")).text();
        CHECK((chunked == bytes));
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("informational replies before the real one are skipped") {
    CHECK(body_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") == "ok");
}

TEST_CASE("send gives status and headers, whatever the status, and then the body") {
    scripted_server server(answering([](const std::string&) {
        return reply("gone for good", "X-Why: moved away\r\nx-why: twice\r\n", "410 Gone");
    }));
    in_loop([&]() -> task<> {
        client web;
        auto answer = co_await web.get(server.url("/old")).send();
        CHECK(answer.status() == 410);
        CHECK(answer.reason() == "Gone");
        CHECK_FALSE(answer.ok());
        CHECK(answer.headers()["x-WHY"] == "moved away");
        CHECK(answer.headers().all("X-Why").size() == 2);
        CHECK(answer.content_length() == 13u);
        CHECK(answer.from() == url(server.url("/old")));
        CHECK_THROWS_AS(answer.raise_for_status(), status_error);
        auto rest = co_await answer.text();
        CHECK(rest == "gone for good");
        auto nothing = co_await answer.read();
        CHECK(nothing == "");
    });
}

TEST_CASE("a body can be read piece by piece") {
    auto bytes = pattern(300'000);
    scripted_server server(answering([&](const std::string&) { return reply(bytes); }));
    in_loop([&]() -> task<> {
        client web;
        auto answer = co_await web.get(server.url()).send();
        std::string all;
        for (;;) {
            auto piece = co_await answer.read();
            if (piece.empty()) break;
            all += piece;
        }
        CHECK((all == bytes));
    });
}

TEST_CASE("a status other than 2xx is an error that names URL, status and reason") {
    scripted_server server(answering([](const std::string& target) {
        return target == "/mute" ? reply("", "", "503 ") : reply("no such page", "", "404 Not Found");
    }));
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<status_error>(web.get(server.url("/x")).text());
        CHECK(error.status() == 404);
        CHECK(error.url() == server.url("/x"));
        CHECK(std::string(error.what()) == server.url("/x") + ": 404 Not Found");
        auto mute = co_await failure_of<status_error>(web.get(server.url("/mute")).text());
        CHECK(mute.cause() == "503 Service Unavailable");
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a refused connection is an error that names URL and address") {
    std::uint16_t port = 0;
    {
        scripted_server gone(answering([](const std::string&) { return reply(""); }));
        port = gone.port();
    }
    auto link = "http://127.0.0.1:" + std::to_string(port) + "/x";
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<connect_error>(web.get(link).text());
        CHECK(error.url() == link);
        CHECK(error.cause() ==
              "cannot connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
    });
}

TEST_CASE("a host that does not exist is an error that names URL and host") {
    in_loop([]() -> task<> {
        client web;
        auto error = co_await failure_of<connect_error>(web.get("http://no-such-host.invalid/x").text());
        CHECK(error.url() == "http://no-such-host.invalid/x");
        CHECK(error.cause().starts_with("cannot resolve host 'no-such-host.invalid': "));
    });
}

TEST_CASE("localhost leads to this machine") {
    scripted_server server(answering([](const std::string&) { return reply("here"); }));
    in_loop([&]() -> task<> {
        client web;
        auto body = co_await web.get(server.url("/", "localhost")).text();
        CHECK(body == "here");
    });
}

TEST_CASE("a body that ends too soon is an error, never a short success") {
    CHECK(trouble_with<truncated_error>("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello") ==
          "the body is too short: the connection was closed after 5 of 10 bytes");
    CHECK(trouble_with<truncated_error>("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel") ==
          "the body is incomplete: the connection was closed after 3 bytes");
    CHECK(trouble_with<truncated_error>(
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n") ==
          "the body is incomplete: the connection was closed after 5 bytes");
    CHECK(trouble_with<truncated_error>("HTTP/1.1 200 OK\r\nContent-Le") ==
          "the connection was closed within the reply's header");
    CHECK(trouble_with<connect_error>("") == "the server closed the connection without a reply");
}

TEST_CASE("a reset within the body is an error") {
    std::atomic<bool> first_part_read{false};
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\n\r\nhello");
        // A reset would overtake what the client has not read yet.
        first_part_read.wait(false);
        talk.reset();
    });
    in_loop([&]() -> task<> {
        client web;
        auto answer = co_await web.get(server.url()).send();
        auto first = co_await answer.read();
        CHECK(first == "hello");
        first_part_read = true;
        first_part_read.notify_one();
        auto error = co_await failure_of<truncated_error>(answer.read());
        CHECK(error.cause() == "the body is incomplete: the connection was closed after 5 bytes");
    });
}

TEST_CASE("what is no HTTP is a protocol error") {
    CHECK(has_all(trouble_with<protocol_error>("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "not valid HTTP"));
    CHECK(has_all(trouble_with<protocol_error>("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
                  "not valid HTTP"));
    CHECK(has_all(
        trouble_with<protocol_error>("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        "not valid HTTP"));
    CHECK(has_all(trouble_with<protocol_error>("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                               "fffffffffffffffff\r\n"),
                  "not valid HTTP"));
    CHECK(has_all(trouble_with<protocol_error>("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
                  "not valid HTTP"));
    CHECK(has_all(trouble_with<protocol_error>("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "protocol"));
}

TEST_CASE("a flood of headers is refused") {
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 2000; ++i)
        many += "X-" + std::to_string(i) + ": y\r\n";
    CHECK(has_all(trouble_with<protocol_error>(many + "\r\n"), "not valid HTTP"));
    CHECK(has_all(
        trouble_with<protocol_error>("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x') + "\r\n\r\n"),
        "not valid HTTP"));
    std::string endless;
    for (int i = 0; i < 1000; ++i)
        endless += "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(has_all(trouble_with<protocol_error>(endless), "too many informational replies"));
}

TEST_CASE("a task outlives the builder and the client that made it") {
    scripted_server server(answering([](const std::string&) { return reply("late"); }));
    in_loop([&]() -> task<> {
        std::optional<task<std::string>> kept;
        {
            client web;
            kept.emplace(web.get(server.url()).header("X", "y").text());
        }
        auto body = co_await *std::move(kept);
        CHECK(body == "late");
    });
}

TEST_CASE("user name and password in a URL become a Basic authorisation") {
    scripted_server server(answering([](const std::string&) { return reply("in"); }));
    auto link = "http://Aladdin:open%20sesame@127.0.0.1:" + std::to_string(server.port()) + "/";
    in_loop([&]() -> task<> {
        client web;
        auto body = co_await web.get(link).text();
        CHECK(body == "in");
    });
    CHECK(has_all(server.requests().at(0), "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
}
