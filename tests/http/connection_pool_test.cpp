#include <catch2/catch.hpp>

#include <atomic>
#include <optional>

#include <tandem/coro/gather.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using tandem::task_group;
using test::answering;
using test::conversation;
using test::echo_target;
using test::failure_of;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// Fetches `count` targets of `server` one after the other and checks their bodies.
task<> fetch_in_turn(client& web, const scripted_server& server, int count) {
    for (int i = 0; i < count; ++i) {
        auto target = "/" + std::to_string(i);
        auto body = co_await web.get(server.url(target)).text();
        CHECK(body == target);
    }
}

/// Waits until `done` is true.
template <class Condition> task<> until(Condition done) {
    while (!done())
        co_await tandem::sleep(1ms);
}

} // namespace

TEST_CASE("requests one after the other share a connection") {
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        co_await fetch_in_turn(web, server, 10);
        auto counts = web.statistics();
        CHECK(counts.requests == 10);
        CHECK(counts.connections_opened == 1);
        CHECK(counts.connections_reused == 9);
        CHECK(counts.retries == 0);
        CHECK(counts.active == 0);
        CHECK(counts.idle == 1);
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("each origin has connections of its own") {
    scripted_server first(echo_target());
    scripted_server second(echo_target());
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 3; ++i) {
            co_await fetch_in_turn(web, first, 2);
            co_await fetch_in_turn(web, second, 2);
        }
    });
    CHECK(first.connections() == 1);
    CHECK(second.connections() == 1);
}

TEST_CASE("a host gets no more connections than allowed, and every request its turn") {
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request()) {
            int here = ++now;
            for (int seen = most; here > seen && !most.compare_exchange_weak(seen, here);)
                ;
            std::this_thread::sleep_for(1ms);
            --now;
            talk.send(reply(test::target_of(*request)));
        }
    });
    in_loop([&]() -> task<> {
        client web(client_options().per_host(3));
        auto body = [&](task_group& group) -> task<> {
            for (int i = 0; i < 40; ++i)
                group.spawn(fetch_in_turn(web, server, 2));
            co_return;
        };
        co_await tandem::with_group(body);
        CHECK(web.statistics().requests == 80);
    });
    CHECK(server.connections() == 3);
    CHECK(most <= 3);
}

TEST_CASE("requests that wait for a connection get it in the order they came") {
    std::string order;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web(client_options().per_host(1));
        auto fetch = [&](std::string name) -> task<> {
            co_await web.get(server.url("/" + name)).text();
            order += name;
        };
        auto body = [&](task_group& group) -> task<> {
            for (const char* name : {"a", "b", "c", "d", "e", "f"})
                group.spawn(fetch(name));
            co_return;
        };
        co_await tandem::with_group(body);
    });
    CHECK(order == "abcdef");
}

TEST_CASE("the total limit closes the oldest idle connection of another host for a new one") {
    scripted_server first(echo_target());
    scripted_server second(echo_target());
    scripted_server third(echo_target());
    in_loop([&]() -> task<> {
        client web(client_options().total(2));
        co_await fetch_in_turn(web, first, 1);
        co_await fetch_in_turn(web, second, 1);
        co_await fetch_in_turn(web, third, 1);
        CHECK(web.statistics().idle == 2);
        co_await fetch_in_turn(web, second, 1);
        co_await fetch_in_turn(web, first, 1);
    });
    CHECK(first.connections() == 2);
    CHECK(second.connections() == 1);
}

TEST_CASE("the total limit holds for all hosts together") {
    scripted_server first(echo_target());
    scripted_server second(echo_target());
    in_loop([&]() -> task<> {
        client web(client_options().total(1));
        auto body = [&](task_group& group) -> task<> {
            for (int i = 0; i < 5; ++i) {
                group.spawn(fetch_in_turn(web, first, 2));
                group.spawn(fetch_in_turn(web, second, 2));
            }
            co_return;
        };
        co_await tandem::with_group(body);
        auto counts = web.statistics();
        CHECK(counts.requests == 20);
        CHECK(counts.active == 0);
        CHECK(counts.idle == 1);
    });
}

TEST_CASE("a connection the server wants closed is not used again") {
    scripted_server server([](conversation& talk) {
        while (talk.request())
            talk.send(reply("bye", "Connection: close\r\n"));
    });
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 3; ++i) {
            auto body = co_await web.get(server.url()).text();
            CHECK(body == "bye");
        }
        CHECK(web.statistics().retries == 0);
    });
    CHECK(server.connections() == 3);
}

TEST_CASE("a connection whose reply was not read to its end is not used again") {
    scripted_server server(answering([](const std::string& target) {
        return reply(target == "/large" ? std::string(1'000'000, 'x') : "small");
    }));
    in_loop([&]() -> task<> {
        client web;
        {
            auto unread = co_await web.get(server.url("/large")).send();
            CHECK(unread.status() == 200);
        }
        CHECK(web.statistics().idle == 0);
        auto body = co_await web.get(server.url("/small")).text();
        CHECK(body == "small");
    });
    CHECK(server.connections() == 2);
}

TEST_CASE("a reply with something behind it closes its connection") {
    scripted_server server([](conversation& talk) {
        while (talk.request())
            talk.send(reply("one") + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    });
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 2; ++i) {
            auto body = co_await web.get(server.url()).text();
            CHECK(body == "one");
        }
    });
    CHECK(server.connections() == 2);
}

TEST_CASE("an idle connection on which the server spoke out of turn is not used again") {
    std::atomic<bool> spoken{false};
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request()) {
            talk.send(reply("one"));
            if (talk.number() > 0) continue;
            // Late enough that the client has put the connection back.
            std::this_thread::sleep_for(30ms);
            talk.send("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
            spoken = true;
        }
    });
    in_loop([&]() -> task<> {
        client web;
        auto first = co_await web.get(server.url()).text();
        co_await until([&] { return spoken.load(); });
        auto second = co_await web.get(server.url()).text();
        CHECK(first + second == "oneone");
        CHECK(web.statistics().retries == 0);
    });
    CHECK(server.connections() == 2);
}

TEST_CASE("an idle connection that the server has closed is replaced before the request") {
    std::atomic<bool> closed{false};
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send(reply("one"));
        talk.finish();
        closed = true;
    });
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 3; ++i) {
            closed = false;
            auto body = co_await web.get(server.url()).text();
            CHECK(body == "one");
            co_await until([&] { return closed.load(); });
        }
        CHECK(web.statistics().retries == 0);
    });
    CHECK(server.connections() == 3);
}

TEST_CASE("a request that meets a server closing its idle connection is sent again, once") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.send(reply("one"));
        // Closes only when the next request is on its way: no check before sending can see it.
        talk.request();
        talk.reset();
    });
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 3; ++i) {
            auto body = co_await web.get(server.url()).text();
            CHECK(body == "one");
        }
        CHECK(web.statistics().retries == 2);
        CHECK(web.statistics().requests == 5);
    });
    CHECK(server.connections() == 3);
}

TEST_CASE("a fresh connection that the server closes without a reply is not tried again") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.finish();
    });
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<connect_error>(web.get(server.url()).text());
        CHECK(error.cause() == "the server closed the connection without a reply");
        CHECK(web.statistics().requests == 1);
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a reused connection that breaks within the reply is an error, not a second request") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.send(reply("one"));
        talk.request();
        talk.send("HTTP/1.1 2");
        talk.finish();
    });
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(server.url()).text();
        co_await failure_of<truncated_error>(web.get(server.url()).text());
        CHECK(web.statistics().retries == 0);
    });
    CHECK(server.requests().size() == 2);
}

TEST_CASE("idle connections are not kept beyond their limit") {
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web(client_options().idle_limit(0s));
        co_await fetch_in_turn(web, server, 3);
        CHECK(web.statistics().idle == 0);
    });
    CHECK(server.connections() == 3);
}

TEST_CASE("a request cancelled in mid-body gives its place back and disturbs no other") {
    scripted_server server([](conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request) == "/endless") {
                talk.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegin");
                talk.wait_for_close();
                return;
            }
            talk.send(reply(test::target_of(*request)));
        }
    });
    in_loop([&]() -> task<> {
        client web(client_options().per_host(1));
        auto late = false;
        try {
            co_await tandem::timeout(30ms, web.get(server.url("/endless")).text());
        } catch (const tandem::timed_out&) {
            late = true;
        }
        CHECK(late);
        CHECK(web.statistics().active == 0);
        CHECK(web.statistics().idle == 0);
        co_await fetch_in_turn(web, server, 3);
    });
    CHECK(server.connections() == 2);
}

TEST_CASE("a request cancelled while it waits for its turn leaves the queue") {
    std::atomic<bool> go_on{false};
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request) == "/slow") go_on.wait(false);
            talk.send(reply(test::target_of(*request)));
        }
    });
    in_loop([&]() -> task<> {
        client web(client_options().per_host(1));
        auto body = [&](task_group& group) -> task<> {
            group.spawn([](client& from, std::string link) -> task<> {
                co_await from.get(link).text();
            }(web, server.url("/slow")));
            co_await until([&] { return server.requests().size() == 1; });
            auto late = false;
            try {
                co_await tandem::timeout(10ms, web.get(server.url("/waiting")).text());
            } catch (const tandem::timed_out&) {
                late = true;
            }
            CHECK(late);
            go_on = true;
            go_on.notify_all();
            co_await fetch_in_turn(web, server, 2);
        };
        co_await tandem::with_group(body);
        CHECK(web.statistics().active == 0);
    });
    CHECK(server.requests().size() == 3);
}

TEST_CASE("a client and a response may outlive the loop they were used in") {
    scripted_server server(answering([](const std::string& target) {
        return reply(target == "/kept" ? std::string(10'000'000, 'x') : target);
    }));
    client web;
    std::optional<response> kept;
    in_loop([&]() -> task<> { co_await fetch_in_turn(web, server, 2); });
    CHECK(web.statistics().idle == 0);
    in_loop([&]() -> task<> {
        co_await fetch_in_turn(web, server, 2);
        kept.emplace(co_await web.get(server.url("/kept")).send());
    });
    in_loop([&]() -> task<> {
        auto error = co_await failure_of<truncated_error>(kept->text());
        CHECK(error.cause() == "the loop that the request was sent on has ended");
        co_await fetch_in_turn(web, server, 2);
    });
    CHECK(server.connections() == 3);
}
