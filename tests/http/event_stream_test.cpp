#include <catch2/catch.hpp>

#include <tandem/coro/timeout.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/event_stream.hpp>

#include "http/cancel_in_rounds.hpp"
#include "http/in_loop.hpp"
#include "http/pausing_time.hpp"
#include "support/events.hpp"
#include "support/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::conversation;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;
using list = std::vector<std::string>;

namespace {

const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const std::string end_of_stream = "HTTP/1.1 204 No Content\r\n\r\n";

/// Sends the first of `streams` over the first connection, in pieces of `piece` bytes, then the next one; and
/// a 204 when there are no more.
scripted_server::script sending(list streams, std::size_t piece = 1'000'000) {
    return [streams = std::move(streams), piece](conversation& talk) {
        const auto number = static_cast<std::size_t>(talk.number());
        while (talk.request()) {
            if (number >= streams.size()) {
                talk.send(end_of_stream);
                continue;
            }
            talk.send_in_pieces(head + streams[number], piece);
            talk.finish();
            return;
        }
    };
}

event_options at_once() {
    return event_options().reconnect_delay(0ms);
}

/// All events up to the end of the stream, each as "type|data|id".
task<list> all_events(event_stream& from) {
    list all;
    while (auto event = co_await from.next())
        all.push_back(test::spelled(*event));
    co_return all;
}

/// The pauses before a lost connection was opened again, `failures` attempts of which failed.
std::vector<tandem::duration> pauses_after(int failures, const event_options& options) {
    scripted_server server([failures](conversation& talk) {
        talk.request();
        if (talk.number() == 0) {
            talk.send(head + "data: a\n\n");
            talk.finish();
        } else if (talk.number() <= failures) {
            talk.reset();
        } else {
            talk.send(end_of_stream);
        }
    });
    std::vector<tandem::time_point> begun;
    test::in_pausing_time([&]() -> task<> {
        client web(client_options().trace([&](const trace_event& step) {
            if (step.step == trace_step::queued) begun.push_back(tandem::loop::current().now());
        }));
        event_stream from(web.get(server.url()), options);
        auto all = co_await all_events(from);
        CHECK(all == list{"message|a|"});
    });
    std::vector<tandem::duration> pauses;
    for (std::size_t i = 1; i < begun.size(); ++i)
        pauses.push_back(begun[i] - begun[i - 1]);
    return pauses;
}

/// The events of a stream that `server` sends.
list events_from(const scripted_server& server, const event_options& options = at_once()) {
    list all;
    in_loop([&]() -> task<> {
        client web;
        event_stream from(web.get(server.url("/news")), options);
        all = co_await all_events(from);
    });
    return all;
}

} // namespace

TEST_CASE("events come as the server sends them, in whatever pieces") {
    for (const std::size_t piece : {1u, 3u, 1000u}) {
        scripted_server server(
            sending({"event: add\r\ndata: one\r\n\r\n: still here\n\ndata: two\ndata: three\n\n"}, piece));
        CHECK(events_from(server) == list{"add|one|", "message|two\nthree|"});
    }
}

TEST_CASE("an event is there before the next one is sent") {
    std::atomic<bool> was_seen{false};
    scripted_server server([&](conversation& talk) {
        while (talk.request()) {
            if (talk.number() > 0) {
                talk.send(end_of_stream);
                continue;
            }
            talk.send(head + "data: first\n\n");
            was_seen.wait(false);
            talk.send("data: second\n\n");
            talk.finish();
        }
    });
    in_loop([&]() -> task<> {
        client web;
        event_stream from(web.get(server.url()), at_once());
        auto event = co_await from.next();
        REQUIRE(event);
        CHECK(event->data == "first");
        was_seen = true;
        was_seen.notify_all();
        auto rest = co_await all_events(from);
        CHECK(rest == list{"message|second|"});
    });
}

TEST_CASE("a request for events says so, and keeps what the caller has set") {
    scripted_server server(sending({}));
    in_loop([&]() -> task<> {
        client web;
        event_stream from(web.get(server.url()).header("Authorization", "Bearer x"));
        auto event = co_await from.next();
        CHECK_FALSE(event);
    });
    const auto request = server.requests().at(0);
    CHECK(has_all(request, "Accept: text/event-stream\r\n", "Cache-Control: no-store\r\n",
                  "Authorization: Bearer x\r\n"));
    CHECK(request.find("Last-Event-ID") == std::string::npos);
}

TEST_CASE("a lost connection is opened again behind the last event, and a cut event is dropped") {
    scripted_server server(sending({"id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: cut", "data: c\n\n"}));
    CHECK(events_from(server) == list{"message|a|1", "message|b|2", "message|c|2"});
    CHECK(server.requests().at(0).find("Last-Event-ID") == std::string::npos);
    CHECK(has_all(server.requests().at(1), "Last-Event-ID: 2\r\n"));
    CHECK(has_all(server.requests().at(2), "Last-Event-ID: 2\r\n"));
}

TEST_CASE("a connection that breaks within a chunk, or without a reply, is opened again") {
    scripted_server server([](conversation& talk) {
        talk.request();
        if (talk.number() == 0)
            talk.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n20\r\ndata: b");
        if (talk.number() <= 1) return talk.reset();
        talk.send(end_of_stream);
    });
    // A reset may overtake what was sent before it.
    const auto events = events_from(server);
    CHECK((events.empty() || events == list{"message|a|"}));
    CHECK(server.connections() == 3);
}

TEST_CASE("the server says how long to wait before a lost connection is opened again") {
    scripted_server server(sending({"retry: 1\n\n", "data: a\n\n"}));
    CHECK(events_from(server, event_options().reconnect_delay(1h)) == list{"message|a||1"});
}

TEST_CASE("a stream can go on where an earlier one has ended") {
    scripted_server server(sending({"data: a\n\nid\ndata: b\n\n"}));
    CHECK(events_from(server, at_once().last_event_id("41")) == list{"message|a|41", "message|b|"});
    CHECK(has_all(server.requests().at(0), "Last-Event-ID: 41\r\n"));
    CHECK(server.requests().at(1).find("Last-Event-ID") == std::string::npos);
}

TEST_CASE("an id that no header can carry is not sent") {
    scripted_server server(sending({"id: a\x01\x62\ndata: x\n\n"}));
    CHECK(events_from(server) == list{"message|x|a\x01\x62"});
    CHECK(server.requests().at(1).find("Last-Event-ID") == std::string::npos);
}

TEST_CASE("a 204 ends the stream for good") {
    scripted_server server(sending({"data: a\n\n"}));
    in_loop([&]() -> task<> {
        client web;
        event_stream from(web.get(server.url()), at_once());
        auto all = co_await all_events(from);
        CHECK(all == list{"message|a|"});
        auto again = co_await from.next();
        CHECK_FALSE(again);
    });
    CHECK(server.requests().size() == 2);
}

TEST_CASE("a reply that is no event stream is an error, and not asked for again") {
    scripted_server server(test::answering([](const std::string& target) {
        if (target == "/html") return reply("data: x\n\n", "Content-Type: text/html\r\n");
        if (target == "/none") return reply("data: x\n\n");
        if (target == "/more") return reply("data: x\n\n", "Content-Type: text/event-stream-not\r\n");
        return reply("data: x\n\n", "Content-Type: text/event-stream\r\n", target.substr(1) + " So");
    }));
    in_loop([&]() -> task<> {
        client web;
        for (const char* target : {"/html", "/none", "/more"}) {
            event_stream from(web.get(server.url(target)));
            auto error = co_await failure_of<protocol_error>(from.next());
            CHECK(has_all(error.what(), server.url(target), "the reply is no text/event-stream, but '"));
        }
        for (const int status : {201, 206, 404, 500}) {
            event_stream from(web.get(server.url("/" + std::to_string(status))));
            auto error = co_await failure_of<status_error>(from.next());
            CHECK(error.status() == status);
        }
    });
    CHECK(server.requests().size() == 7);
}

TEST_CASE("an event stream's type may have parameters, and be written in any case") {
    scripted_server server([](conversation& talk) {
        talk.request();
        if (talk.number() > 0) return (void)talk.send(end_of_stream);
        talk.send("HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream ; charset=utf-8\r\n\r\ndata: x\n\n");
    });
    CHECK(events_from(server) == list{"message|x|"});
}

TEST_CASE("redirects to an event stream are followed each time") {
    scripted_server server([](conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request) == "/old") {
                talk.send(reply("", "Location: /new\r\n", "307 Temporary Redirect"));
            } else if (talk.number() > 0) {
                talk.send(end_of_stream);
            } else {
                talk.send(head + "data: x\n\n");
                talk.finish();
                return;
            }
        }
    });
    in_loop([&]() -> task<> {
        client web;
        event_stream from(web.get(server.url("/old")), at_once());
        auto all = co_await all_events(from);
        CHECK(all == list{"message|x|"});
    });
    CHECK(server.requests().size() == 4);
}

TEST_CASE("an event beyond the limit is an error that names URL and limit") {
    scripted_server server(sending({"data: fits\n\ndata: " + std::string(200'000, 'x') + "\n\n"}));
    in_loop([&]() -> task<> {
        client web;
        event_stream from(web.get(server.url("/news")), event_options().max_event(1000));
        auto event = co_await from.next();
        CHECK(event);
        auto error = co_await failure_of<body_too_large>(from.next());
        CHECK(error.url() == server.url("/news"));
        CHECK(error.cause() == "an event is larger than 1000 bytes");
        CHECK(web.statistics().active == 0);
    });
}

TEST_CASE("a server that keeps silent for too long loses its connection to another one") {
    scripted_server server([](conversation& talk) {
        talk.request();
        if (talk.number() > 0) return (void)talk.send(end_of_stream);
        talk.send(head + "id: 1\ndata: a\n\n");
        talk.wait_for_close();
    });
    in_loop([&]() -> task<> {
        client web;
        event_stream from(web.get(server.url()).first_byte_timeout(10s).read_timeout(50ms), at_once());
        auto all = co_await all_events(from);
        CHECK(all == list{"message|a|1"});
    });
    CHECK(has_all(server.requests().at(1), "Last-Event-ID: 1\r\n"));
}

TEST_CASE("the first connection's error is thrown at once") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.reset();
    });
    in_loop([&]() -> task<> {
        client web;
        event_stream from(web.get(server.url()), at_once());
        co_await failure_of<connect_error>(from.next());
        CHECK(server.connections() == 1);
    });
}

TEST_CASE("a lost connection is tried again as often as may fail, and the next error thrown") {
    scripted_server server([](conversation& talk) {
        talk.request();
        if (talk.number() == 0) {
            talk.send(head + "id: 1\ndata: a\n\n");
            talk.finish();
        } else if (talk.number() <= 3) {
            talk.reset();
        } else if (talk.number() == 4) {
            talk.send(head + "data: b\n\n");
            talk.finish();
        } else {
            talk.send(end_of_stream);
        }
    });
    in_loop([&]() -> task<> {
        client web;
        event_stream from(web.get(server.url()), at_once().max_failures(2));
        auto event = co_await from.next();
        CHECK(event->data == "a");
        co_await failure_of<connect_error>(from.next());
        CHECK(server.connections() == 4);
        CHECK(from.last_event_id() == "1");
        auto rest = co_await all_events(from);
        CHECK(rest == list{"message|b|1"});
    });
}

TEST_CASE(
    "after each attempt that fails the pause is twice as long, up to a limit, and a random part longer") {
    const auto options = event_options().reconnect_delay(2s).max_reconnect_delay(9s);
    const auto pauses = pauses_after(4, options);
    const std::vector<tandem::duration> shortest{2s, 4s, 8s, 9s, 9s};
    REQUIRE(pauses.size() == shortest.size());
    for (std::size_t i = 0; i < pauses.size(); ++i) {
        CHECK(pauses[i] >= shortest[i]);
        CHECK(pauses[i] <= shortest[i] * 5 / 4);
    }
    CHECK(pauses_after(4, options) != pauses);
}

TEST_CASE("a pause that is longer than the limit from the start stays as it is") {
    for (const auto pause : pauses_after(2, event_options().reconnect_delay(5s).max_reconnect_delay(2s))) {
        CHECK(pause >= 5s);
        CHECK(pause <= 6250ms);
    }
}

TEST_CASE("waiting for an event can be cancelled, and loses none") {
    std::string events;
    list expected;
    for (int i = 0; i < 200; ++i) {
        events += "id: " + std::to_string(i) + "\ndata: x\n\n";
        expected.push_back("message|x|" + std::to_string(i));
    }
    std::atomic<bool> was_cancelled{false};
    scripted_server server([&](conversation& talk) {
        while (talk.request()) {
            // In the middle of an event it waits until somebody has given up waiting for that.
            const std::size_t half = events.size() / 2 + 3;
            talk.send_in_pieces(head + events.substr(0, half), 11);
            was_cancelled.wait(false);
            talk.send_in_pieces(events.substr(half), 11);
            talk.finish();
            return;
        }
    });
    in_loop([&]() -> task<> {
        client web;
        event_stream from(web.get(server.url()), at_once());
        auto first = co_await from.next();
        REQUIRE(first);
        list all{test::spelled(*first)};
        int cancelled = 0;
        while (all.size() < expected.size()) {
            try {
                auto event = co_await tandem::timeout(50us, from.next());
                REQUIRE(event);
                all.push_back(test::spelled(*event));
            } catch (const tandem::timed_out&) {
                ++cancelled;
                was_cancelled = true;
                was_cancelled.notify_all();
            }
        }
        CHECK(cancelled > 0);
        CHECK(all == expected);
        CHECK(server.connections() == 1);
    });
}

TEST_CASE("an event stream can be cancelled at any moment") {
    scripted_server server([](conversation& talk) {
        while (talk.request()) {
            talk.send_in_pieces(head + "data: one\n\ndata: two\n\ndata: three\n\n", 5);
            talk.finish();
            return;
        }
    });
    in_loop([&]() -> task<> {
        client web;
        auto read_five = [&]() -> task<> {
            event_stream from(web.get(server.url()), at_once());
            for (int i = 0; i < 5; ++i) {
                auto event = co_await from.next();
                CHECK(event);
            }
        };
        co_await test::cancel_in_rounds(60, web, read_five);
        co_await read_five();
        CHECK(web.statistics().active == 0);
    });
}

TEST_CASE("an event stream can be read after its client is gone") {
    scripted_server server(sending({"data: a\n\n", "data: b\n\n"}));
    in_loop([&]() -> task<> {
        std::optional<event_stream> from;
        {
            client web;
            from.emplace(web.get(server.url()), at_once());
        }
        auto all = co_await all_events(*from);
        CHECK(all == list{"message|a|", "message|b|"});
    });
}
