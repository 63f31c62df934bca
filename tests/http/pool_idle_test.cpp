#include <catch2/catch.hpp>

#include <atomic>

#include <tandem/coro/sleep.hpp>
#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/open_descriptors.hpp"
#include "support/scripted_server.hpp"
#include "support/told_time.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::answering;
using test::conversation;
using test::echo_target;
using test::failure_of;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// Closes each connection when its second request is on its way: no check before sending can see it.
void close_at_second_request(conversation& talk) {
    talk.request();
    talk.send(reply("one"));
    talk.request();
    talk.reset();
}

/// What a server with one redirect of `size` bytes to "/b" sees of connections, whatever time it takes to
/// send them.
int connections_for_redirect(std::size_t size, client_options options) {
    scripted_server server(answering([size](const std::string& target) {
        if (target == "/b") return reply("there");
        return reply(std::string(size, 'x'), "Location: /b\r\n", "302 Found");
    }));
    test::told_time time;
    test::in_told_time(time, [&]() -> task<> {
        client web(options);
        auto body = co_await web.get(server.url("/a")).text();
        CHECK(body == "there");
    });
    return server.connections();
}

} // namespace

TEST_CASE("an idle connection is closed at its limit without anybody asking for it") {
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web(client_options().idle_limit(20ms));
        const auto before = test::open_descriptors();
        co_await web.get(server.url()).text();
        CHECK(web.statistics().idle == 1);
        while (web.statistics().idle > 0)
            co_await tandem::sleep(5ms);
        CHECK(web.statistics().closed_idle == 1);
        CHECK(test::open_descriptors() <= before + 1); // the server's end may live a moment longer
        co_await web.get(server.url()).text();
        CHECK(web.statistics().connections_opened == 2);
    });
}

TEST_CASE("an idle connection that the server has closed counts as stale, not as reused") {
    std::atomic<int> closed{0};
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send(reply("one"));
        talk.finish();
        ++closed;
    });
    in_loop([&]() -> task<> {
        client web;
        for (int i = 1; i <= 3; ++i) {
            co_await web.get(server.url()).text();
            while (closed < i)
                co_await tandem::sleep(1ms);
        }
        const auto counts = web.statistics();
        CHECK(counts.closed_stale == 2);
        CHECK(counts.connections_reused == 0);
        CHECK(counts.connections_opened == 3);
    });
}

TEST_CASE("the silent retry can be turned off, for a client and for a request") {
    scripted_server server(close_at_second_request);
    in_loop([&]() -> task<> {
        client web(client_options().retry_stale(false));
        co_await web.get(server.url()).text();
        auto error = co_await failure_of<connect_error>(web.get(server.url()).text());
        CHECK(web.statistics().retries == 0);

        client other;
        co_await other.get(server.url()).text();
        co_await failure_of<connect_error>(other.get(server.url()).retry_stale(false).text());
        CHECK(other.statistics().retries == 0);
        co_await other.get(server.url()).text();
        co_await other.get(server.url()).text();
        CHECK(other.statistics().retries == 1);
    });
}

TEST_CASE("a short body that nobody wants is read, and its connection serves again") {
    CHECK(connections_for_redirect(60'000, client_options()) == 1);
}

TEST_CASE("a body beyond the limit for draining costs its connection") {
    CHECK(connections_for_redirect(70'000, client_options()) == 2);
    CHECK(connections_for_redirect(1'001, client_options().drain_limit(1'000)) == 2);
    CHECK(connections_for_redirect(1'000, client_options().drain_limit(1'000)) == 1);
    CHECK(connections_for_redirect(1, client_options().drain_limit(0)) == 2);
}

TEST_CASE("a body that drips is not drained longer than the limit says") {
    scripted_server server([](conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request) == "/b") {
                talk.send(reply("there"));
                continue;
            }
            talk.send("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 100\r\n\r\nx");
            talk.wait_for_close();
            return;
        }
    });
    in_loop([&]() -> task<> {
        client web(client_options().drain_limit(1'000, 20ms));
        auto body = co_await web.get(server.url("/a")).text();
        CHECK(body == "there");
    });
    CHECK(server.connections() == 2);
}
