#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "http/pausing_time.hpp"
#include "support/scripted_server.hpp"
#include "timed_stream.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::conversation;
using test::failure_of;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// Sends a byte each millisecond, for as long as the client stays.
void drip(conversation& talk) {
    talk.request();
    talk.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (talk.send("x"))
        std::this_thread::sleep_for(1ms);
}

void be_silent(conversation& talk) {
    talk.request();
    talk.wait_for_close();
}

} // namespace

TEST_CASE("the first byte may take longer than the bytes after it, or less") {
    scripted_server server([](conversation& talk) {
        const auto request = talk.request();
        if (!request || test::target_of(*request) == "/never") return talk.wait_for_close();
        std::this_thread::sleep_for(100ms);
        talk.send(reply("late"));
    });
    in_loop([&]() -> task<> {
        client patient(client_options().read_timeout(20ms).first_byte_timeout(10s));
        auto body = co_await patient.get(server.url()).text();
        CHECK(body == "late");
        client hasty(client_options().read_timeout(10s).first_byte_timeout(20ms));
        auto error = co_await failure_of<timeout_error>(hasty.get(server.url("/never")).text());
        CHECK(error.which() == time_limit::first_byte);
        CHECK(error.cause() == "first-byte time-out: no reply began for more than 0.02 s");
    });
}

TEST_CASE("an informational reply is followed by another wait for the first byte") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 103 Early Hints\r\n\r\n");
        std::this_thread::sleep_for(100ms);
        talk.send(reply("late"));
    });
    in_loop([&]() -> task<> {
        client web(client_options().read_timeout(20ms).first_byte_timeout(10s));
        auto body = co_await web.get(server.url()).text();
        CHECK(body == "late");
    });
}

TEST_CASE("a request may have other time-outs than its client") {
    scripted_server server(be_silent);
    in_loop([&]() -> task<> {
        client web(client_options().read_timeout(1h).total_timeout(1h));
        auto first = co_await failure_of<timeout_error>(web.get(server.url()).read_timeout(20ms).text());
        CHECK(first.which() == time_limit::first_byte);
        auto total = co_await failure_of<timeout_error>(web.get(server.url()).total_timeout(20ms).text());
        CHECK(total.which() == time_limit::total);
        CHECK(web.statistics().active == 0);
    });
}

TEST_CASE("a server that takes nothing of the request runs into the write time-out") {
    std::atomic<bool> is_over{false};
    scripted_server server([&](conversation&) { is_over.wait(false); });
    in_loop([&]() -> task<> {
        client web(client_options().read_timeout(50ms));
        const std::string large(16 * 1024 * 1024, 'x');
        auto error =
            co_await failure_of<timeout_error>(web.get(server.url()).header("X-Large", large).text());
        CHECK(error.which() == time_limit::write);
        CHECK(error.cause() == "write time-out: the server took nothing for more than 0.05 s");
    });
    is_over = true;
    is_over.notify_all();
}

TEST_CASE("a body that drips runs into the low-speed time-out") {
    scripted_server server(drip);
    in_loop([&]() -> task<> {
        client web(client_options().low_speed_limit(1'000'000, 50ms));
        auto error = co_await failure_of<timeout_error>(web.get(server.url()).text());
        CHECK(error.which() == time_limit::low_speed);
        CHECK(error.cause() == "low-speed time-out: too little was sent over 0.05 s");
    });
}

TEST_CASE("a body that stops runs into the low-speed time-out before the read time-out") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx");
        talk.wait_for_close();
    });
    in_loop([&]() -> task<> {
        client web;
        auto work = web.get(server.url()).low_speed_limit(10, 30ms).text();
        auto error = co_await failure_of<timeout_error>(std::move(work));
        CHECK(error.which() == time_limit::low_speed);
        auto stops = web.get(server.url()).low_speed_limit(1, 1h).first_byte_timeout(10s).read_timeout(30ms);
        error = co_await failure_of<timeout_error>(stops.text());
        CHECK(error.which() == time_limit::read);
    });
}

TEST_CASE("a server that takes a body too slowly runs into the low-speed time-out") {
    scripted_server server([](conversation& talk) {
        talk.request();
        while (!talk.take(1000).empty())
            std::this_thread::sleep_for(1ms);
    });
    in_loop([&]() -> task<> {
        client web(client_options().low_speed_limit(1'000'000'000, 50ms));
        auto work = web.post(server.url()).body(std::string(64 * 1024 * 1024, 'x')).text();
        auto error = co_await failure_of<timeout_error>(std::move(work));
        CHECK(error.which() == time_limit::low_speed);
    });
}

TEST_CASE("a body that comes fast enough passes, however long it takes") {
    test::told_time time;
    std::atomic<int> taken = 0;
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n");
        for (int i = 0; i < 200; ++i) {
            time.pass(5ms);
            talk.send("x");
            taken.wait(i);
        }
    });
    test::in_told_time(time, [&]() -> task<> {
        client web(client_options().low_speed_limit(1, 10ms));
        auto answer = co_await web.get(server.url()).send();
        while (auto piece = co_await answer.body().next()) {
            CHECK(*piece == "x");
            ++taken;
            taken.notify_all();
        }
        CHECK(taken == 200);
    });
}

TEST_CASE("a caller who reads slowly is not taken for a slow server") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.send(reply(std::string(100'000, 'x')));
    });
    test::told_time time;
    test::in_told_time(time, [&]() -> task<> {
        client web(client_options().low_speed_limit(1'000'000'000, 40ms));
        auto answer = co_await web.get(server.url()).send();
        time.pass(100ms);
        auto body = co_await answer.text();
        CHECK(body.size() == 100'000);
    });
}

TEST_CASE("the speed is measured over each window of waiting") {
    time_limits limits;
    limits.low_speed = 1000;
    limits.low_speed_window = 2s;
    tandem::http::detail::speed_watch watch;
    CHECK_FALSE(watch.is_too_slow_after(1s, 1500, limits));
    CHECK(watch.left(limits) == 1s);
    CHECK_FALSE(watch.is_too_slow_after(1s, 500, limits));
    CHECK(watch.left(limits) == 2s);
    CHECK_FALSE(watch.is_too_slow_after(1s, 0, limits));
    CHECK(watch.is_too_slow_after(1s, 1999, limits));
}

TEST_CASE("a time-out behind a redirect names where it led") {
    test::told_time time;
    std::atomic<bool> is_over{false};
    scripted_server slow([&](conversation& talk) {
        talk.request();
        while (!is_over) { // who sent it may not have begun to wait yet
            time.pass(20ms);
            std::this_thread::sleep_for(1ms);
        }
    });
    scripted_server server(test::answering(
        [&](const std::string&) { return reply("", "Location: " + slow.url() + "\r\n", "302 Found"); }));
    test::in_told_time(time, [&]() -> task<> {
        client web(client_options().read_timeout(20ms));
        auto error = co_await failure_of<timeout_error>(web.get(server.url()).text());
        CHECK(error.cause() ==
              "first-byte time-out: no reply began for more than 0.02 s (redirected to " + slow.url() + ")");
    });
    is_over = true;
}

TEST_CASE("waiting for a turn does not count for the connect time-out") {
    test::told_time time;
    scripted_server server([&](conversation& talk) {
        while (talk.request()) {
            time.pass(20ms);
            talk.send(reply("done"));
        }
    });
    test::in_told_time(time, [&]() -> task<> {
        client web(client_options().per_host(1).connect_timeout(15ms).read_timeout(10s));
        // The later ones wait far longer than the limit.
        auto fetch = [&]() -> task<> { co_await web.get(server.url()).text(); };
        auto body = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 5; ++i)
                group.spawn(fetch);
            co_return;
        };
        co_await tandem::with_group(body);
        CHECK(web.statistics().requests == 5);
    });
}
