#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>

#include "http/cancel_in_rounds.hpp"
#include "http/in_loop.hpp"
#include "support/encoded.hpp"
#include "support/resident_memory.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using namespace tandem::literals;
using tandem::task;
using test::answering;
using test::conversation;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

std::string line_of(const std::string& request, std::string_view name) {
    const auto begin = request.find(std::string(name).append(": "));
    if (begin == std::string::npos) return "";
    return request.substr(begin, request.find("\r\n", begin) - begin);
}

std::string coded(const std::string& bytes, const std::string& codings) {
    return reply(bytes, "Content-Encoding: " + codings + "\r\n");
}

/// One member of gzip with `size` zero bytes.
std::string zeros(std::size_t size) {
    return test::gzip(std::string(size, '\0'));
}

} // namespace

TEST_CASE("bodies are decoded that come in the codings that were asked for") {
    const std::string text = "a text of which there is enough " + std::string(100'000, '.');
    for (const auto& [name, encode] : test::codings) {
        const auto bytes = encode(text);
        scripted_server server(
            answering([&, name = name](const std::string&) { return coded(bytes, name); }));
        in_loop([&]() -> task<> {
            client web;
            auto whole = co_await web.get(server.url()).text();
            CHECK((whole == text));
            auto reply = co_await web.get(server.url()).send();
            CHECK(reply.content_length() == bytes.size());
            CHECK(reply.headers()["Content-Encoding"] == name);
            std::string all;
            while (auto chunk = co_await reply.body().next())
                all += *chunk;
            CHECK((all == text));
            auto other = co_await web.get(server.url()).send();
            std::string small(100, '\0');
            auto count = co_await other.body().read_into(small);
            CHECK((text.substr(0, count) == small.substr(0, count)));
        });
        CHECK(line_of(server.requests().at(0), "Accept-Encoding") ==
              "Accept-Encoding: gzip, deflate, br, zstd");
    }
}

TEST_CASE("a body in several codings is decoded, and one in more than five refused") {
    scripted_server server(answering([](const std::string& target) {
        std::string bytes = "hello";
        std::string codings;
        const int layers = target[1] - '0';
        for (int i = 0; i < layers; ++i) {
            bytes = test::gzip(bytes);
            codings += i == 0 ? "gzip" : ", x-gzip";
        }
        return coded(bytes, codings);
    }));
    in_loop([&]() -> task<> {
        client web;
        auto text = co_await web.get(server.url("/5")).text();
        CHECK(text == "hello");
        auto error = co_await failure_of<protocol_error>(web.get(server.url("/6")).text());
        CHECK(error.cause() == "the body has more than 5 codings");
    });
}

TEST_CASE("decoding can be turned off") {
    const auto bytes = test::gzip("hello");
    scripted_server server(answering([&](const std::string&) { return coded(bytes, "gzip"); }));
    in_loop([&]() -> task<> {
        client web;
        auto raw = co_await web.get(server.url()).decode(false).text();
        CHECK((raw == bytes));
    });
    CHECK(line_of(server.requests().at(0), "Accept-Encoding") == "Accept-Encoding: identity");
}

TEST_CASE("downloads and parts of a body are asked for as they are, and not decoded") {
    test::temp_folder folder;
    const auto bytes = test::gzip("hello");
    scripted_server server(answering([&](const std::string&) { return coded(bytes, "gzip"); }));
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(server.url("/archive.tar.gz")).save_to(folder.path());
        auto part = co_await web.get(server.url()).header("Range", "bytes=0-99").text();
        CHECK((part == bytes));
        co_await web.get(server.url("/page.html")).decode().save_to(folder.path());
    });
    const auto requests = server.requests();
    CHECK(line_of(requests.at(0), "Accept-Encoding") == "Accept-Encoding: identity");
    CHECK(line_of(requests.at(1), "Accept-Encoding") == "Accept-Encoding: identity");
    CHECK(line_of(requests.at(2), "Accept-Encoding") == "Accept-Encoding: gzip, deflate, br, zstd");
    CHECK((test::read_file(folder / "archive.tar.gz") == bytes));
    CHECK(test::read_file(folder / "page.html") == "hello");
}

TEST_CASE("an Accept-Encoding of the caller's own is sent as it is") {
    scripted_server server(answering([](const std::string&) { return coded(test::brotli("hello"), "br"); }));
    in_loop([&]() -> task<> {
        client web;
        auto text = co_await web.get(server.url()).header("Accept-Encoding", "br").text();
        CHECK(text == "hello");
    });
    CHECK(line_of(server.requests().at(0), "Accept-Encoding") == "Accept-Encoding: br");
    CHECK(server.requests().at(0).find("gzip") == std::string::npos);
}

TEST_CASE("a body in a coding that nobody knows is handed out as it came") {
    scripted_server server(answering([](const std::string&) { return coded("hello", "utf-8"); }));
    in_loop([&]() -> task<> {
        client web;
        auto text = co_await web.get(server.url()).text();
        CHECK(text == "hello");
    });
}

TEST_CASE("a reply without a body needs no codings") {
    scripted_server server(answering([](const std::string& target) {
        if (target == "/empty") return coded("", "gzip");
        return std::string("HTTP/1.1 204 No Content\r\nContent-Encoding: br\r\n\r\n");
    }));
    in_loop([&]() -> task<> {
        client web;
        auto empty = co_await web.get(server.url("/empty")).text();
        CHECK(empty == "");
        auto none = co_await web.get(server.url("/none")).text();
        CHECK(none == "");
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a coded body that ends too soon is an error, though its length is right") {
    for (const auto& [name, encode] : test::codings) {
        const auto bytes = encode("hello, hello, hello");
        scripted_server server(answering(
            [&, name = name](const std::string&) { return coded(bytes.substr(0, bytes.size() - 2), name); }));
        in_loop([&]() -> task<> {
            client web;
            auto error = co_await failure_of<truncated_error>(web.get(server.url("/x")).text());
            CHECK(error.url() == server.url("/x"));
            CHECK(error.cause() == std::string("the body is incomplete: its ") + name + " data end too soon");
            CHECK(web.statistics().active == 0);
        });
    }
}

TEST_CASE("a coded body that is cut by its connection is an error, though its data are complete") {
    const auto bytes = test::gzip("hello");
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n" + bytes);
    });
    in_loop([&]() -> task<> {
        client web;
        co_await failure_of<truncated_error>(web.get(server.url()).text());
    });
}

TEST_CASE("a body that is not in the coding it claims is an error that says so") {
    scripted_server server(answering([](const std::string&) { return coded("<html>plain</html>", "gzip"); }));
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<protocol_error>(web.get(server.url()).text());
        CHECK(error.cause() == "the body is not valid gzip: incorrect header check");
    });
}

TEST_CASE("garbage behind coded data is ignored, and the connection used again") {
    const auto bytes = test::gzip("hello") + std::string(1000, '\0');
    scripted_server server(answering([&](const std::string&) { return coded(bytes, "gzip"); }));
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 2; ++i) {
            auto text = co_await web.get(server.url()).text();
            CHECK(text == "hello");
        }
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a bomb is stopped by the limit, in constant memory") {
#ifdef __SANITIZE_ADDRESS__
    constexpr auto most = 32_MiB + 256_MiB; // AddressSanitizer keeps so much of what was freed
#else
    constexpr auto most = 32_MiB;
#endif
    // Two GiB in two MiB, by the same member again and again.
    const auto member = zeros(16'000'000);
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
        for (int i = 0; i < 130 && talk.send(member); ++i)
            ;
    });
    in_loop([&]() -> task<> {
        client web;
        const auto before = test::resident_memory();
        auto error = co_await failure_of<body_too_large>(web.get(server.url()).max_body(1_MiB).text());
        CHECK(error.cause() == "the decoded body is larger than 1048576 bytes");
        auto reply = co_await web.get(server.url()).send();
        std::uint64_t size = 0;
        while (auto chunk = co_await reply.body().next())
            size += chunk->size();
        CHECK(size == 130u * 16'000'000u);
        CHECK(test::resident_memory() < before + most);
    });
}

TEST_CASE("a text is decoded up to 256 MiB, where nobody says more") {
    const auto member = zeros(16'000'000);
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
        for (int i = 0; i < 17 && talk.send(member); ++i)
            ;
    });
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<body_too_large>(web.get(server.url()).text());
        CHECK(error.cause() == "the decoded body is larger than 268435456 bytes");
    });
}

TEST_CASE("draining a bomb decodes nothing") {
    const auto bomb = test::brotli(std::string(200'000'000, '\0'));
    REQUIRE(bomb.size() < 16'000);
    scripted_server server(answering([&](const std::string& target) {
        if (target == "/end") return reply("here");
        return reply(bomb, "Content-Encoding: br\r\nLocation: /end\r\n", "302 Found");
    }));
    in_loop([&]() -> task<> {
        client web;
        auto text = co_await web.get(server.url("/bomb")).max_body(100).text();
        CHECK(text == "here");
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("reading a decoded body can be cancelled at any moment") {
    std::string text;
    for (int i = 0; i < 20'000; ++i)
        text += std::to_string(i * 7919 % 10'007) + ' ';
    const auto bytes = test::zstd(test::gzip(text));
    scripted_server server([&](conversation& talk) {
        while (talk.request())
            talk.send_in_pieces(coded(bytes, "gzip, zstd"), 5'000);
    });
    in_loop([&]() -> task<> {
        client web(client_options().per_host(2));
        auto fetch = [&]() -> task<> {
            auto reply = co_await web.get(server.url()).send();
            std::string all;
            while (auto chunk = co_await reply.body().next())
                all += *chunk;
            CHECK((all == text));
        };
        co_await test::cancel_in_rounds(60, web, fetch);
        co_await fetch();
    });
}

TEST_CASE("a coded body can be discarded, and nothing of it is read after that") {
    const auto bytes = test::gzip(std::string(5'000'000, '.'));
    scripted_server server(answering([&](const std::string&) { return coded(bytes, "gzip"); }));
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 2; ++i) {
            auto reply = co_await web.get(server.url()).send();
            auto first = co_await reply.body().next();
            CHECK(first);
            co_await reply.body().discard();
            auto rest = co_await reply.body().next();
            CHECK_FALSE(rest);
        }
        CHECK(web.statistics().connections_opened == 1);
    });
}
