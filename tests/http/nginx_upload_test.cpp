// What nginx does with the bodies that the client sends.
#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/nginx.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::stream;
using tandem::task;
using test::has_all;
using test::in_loop;
using test::nginx;
using test::nginx_setup;

namespace {

/// Stores what is put, up to 1 MiB.
const nginx_setup storing{"dav_methods PUT; create_full_put_path on; client_max_body_size 1m;"};

stream<std::string> thousand_chunks() {
    for (int i = 0; i < 1000; ++i)
        co_yield std::to_string(i) + '\n';
}

stream<std::string> endless() {
    const std::string chunk(50'000, 'x');
    for (;;)
        co_yield chunk;
}

} // namespace

TEST_CASE("bodies arrive at nginx as they are, with a length, in chunks and from a file") {
    const nginx server(storing);
    test::temp_folder folder;
    std::string numbers;
    for (int i = 0; i < 1000; ++i)
        numbers += std::to_string(i) + '\n';
    const auto file = folder.write("numbers", numbers);
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.put(server.url("/a/text")).body(numbers).send();
        CHECK(reply.status() == 201);
        reply = co_await web.put(server.url("/a/chunks")).body_stream(thousand_chunks).send();
        CHECK(reply.status() == 201);
        reply = co_await web.put(server.url("/a/file")).body_file(file).send();
        CHECK(reply.status() == 201);
        CHECK(web.statistics().connections_opened == 1);
    });
    for (const char* name : {"a/text", "a/chunks", "a/file"})
        CHECK(server.served(name) == numbers);
}

TEST_CASE("nginx says that it wants a body before it is sent") {
    const nginx server(storing);
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 2; ++i) {
            // Nothing but nginx's word ends the wait in time.
            auto reply = co_await web.put(server.url("/put")).body("hello").expect_continue(10min).send();
            CHECK(reply.status() == (i == 0 ? 201 : 204));
        }
        CHECK(web.statistics().connections_opened == 1);
    });
    CHECK(server.served("put") == "hello");
}

TEST_CASE("nginx refuses a body that is too large before a byte of it was sent, where it is asked") {
    const nginx server(storing);
    in_loop([&]() -> task<> {
        client web;
        std::uint64_t sent = 0;
        auto request = web.put(server.url("/put")).body(std::string(2'000'000, 'x')).expect_continue(10min);
        auto reply = co_await request.on_upload([&](const upload_progress& now) { sent = now.sent; }).send();
        CHECK(reply.status() == 413);
        CHECK(sent == 0);
        auto page = co_await reply.text();
        CHECK(has_all(page, "413 Request Entity Too Large"));
        CHECK(web.statistics().idle == 0);
    });
}

TEST_CASE("nginx's 413 is read, and the body not sent to its end") {
    const nginx server(storing);
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.put(server.url("/put")).body_stream(endless).send();
        CHECK(reply.status() == 413);
        auto page = co_await reply.text();
        CHECK(has_all(page, "413 Request Entity Too Large"));
        auto error = co_await test::failure_of<status_error>(
            web.put(server.url("/put")).body(std::string(20'000'000, 'x')).text());
        CHECK(error.status() == 413);
        CHECK(web.statistics().active == 0);
    });
}

TEST_CASE("nginx's 414 and 400 for a long target and a long header are read") {
    const nginx server;
    in_loop([&]() -> task<> {
        client web;
        const auto link = server.url("/" + std::string(20'000, 'x'));
        auto error = co_await test::failure_of<status_error>(web.get(link).text());
        CHECK(error.status() == 414);
        auto request = web.get(server.url("/")).header("X-Long", std::string(20'000, 'x'));
        error = co_await test::failure_of<status_error>(request.text());
        CHECK(error.status() == 400);
        CHECK(has_all(error.cause(), "Bad Request"));
    });
}
