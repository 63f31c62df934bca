#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include <tandem/coro/timeout.hpp>
#include <tandem/http/client.hpp>
#include <tandem/testing/until_all_blocked.hpp>

#include "http/cancel_in_rounds.hpp"
#include "http/in_loop.hpp"
#include "http/pausing_time.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::stream;
using tandem::task;
using test::conversation;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

stream<std::string> endless() {
    const std::string chunk(50'000, 'x');
    for (;;)
        co_yield chunk;
}

stream<std::string> two_chunks() {
    co_yield "hello ";
    co_yield "world";
}

} // namespace

TEST_CASE("a server that is asked first gets the body when it says so") {
    std::atomic<bool> asked_first{false};
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request()) {
            asked_first = has_all(*request, "Expect: 100-continue\r\n");
            talk.send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
            talk.send(reply(talk.body(*request)));
        }
    });
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 2; ++i) {
            auto text = co_await web.put(server.url()).body("hello").expect_continue(60s).text();
            CHECK(text == "hello");
        }
    });
    CHECK(asked_first);
    CHECK(server.connections() == 1);
}

TEST_CASE("a server that is asked first and refuses never sees the body") {
    std::atomic<std::size_t> came{0};
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send(reply("no", "", "413 Content Too Large"));
        came += talk.take(1).size();
    });
    in_loop([&]() -> task<> {
        client web;
        auto request = web.put(server.url()).body_stream(two_chunks()).expect_continue(60s);
        auto reply = co_await request.send();
        CHECK(reply.status() == 413);
        auto text = co_await reply.text();
        CHECK(text == "no");
        CHECK(web.statistics().idle == 0);
    });
    CHECK(came == 0);
}

TEST_CASE("a server that does not know how to be asked first gets the body after a while") {
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request())
            talk.send(reply(talk.body(*request)));
    });
    in_loop([&]() -> task<> {
        client web;
        auto text = co_await web.put(server.url()).body("hello").expect_continue(20ms).text();
        CHECK(text == "hello");
    });
}

TEST_CASE("a server that fails the expectation is asked again without it") {
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request()) {
            if (request->find("Expect:") != std::string::npos) {
                talk.send(reply("", "", "417 Expectation Failed"));
                talk.wait_for_close();
                return;
            }
            talk.send(reply(talk.body(*request)));
        }
    });
    in_loop([&]() -> task<> {
        client web;
        auto request = web.put(server.url()).body_stream(two_chunks()).expect_continue(60s);
        auto text = co_await request.text();
        CHECK(text == "hello world");
    });
    CHECK(server.connections() == 2);
}

TEST_CASE("a stream that was read is not sent again where the server fails the expectation too late") {
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request()) {
            const auto body = talk.body(*request); // which comes after a while, though nobody asked for it
            const bool was_asked = request->find("Expect:") != std::string::npos;
            talk.send(was_asked ? reply("", "", "417 Expectation Failed") : reply(body));
        }
    });
    in_loop([&]() -> task<> {
        client web;
        auto once = web.put(server.url()).body_stream(two_chunks()).expect_continue(1ms);
        auto error = co_await failure_of<status_error>(once.text());
        CHECK(error.status() == 417);
        CHECK(has_all(error.what(), server.url(), "417 Expectation Failed"));
        CHECK(server.requests().size() == 1);

        auto handed_out = web.put(server.url()).body_stream(two_chunks()).expect_continue(1ms);
        auto reply = co_await handed_out.send();
        CHECK(reply.status() == 417);
        CHECK(server.requests().size() == 2);

        auto again = co_await web.put(server.url()).body_stream(two_chunks).expect_continue(1ms).text();
        CHECK(again == "hello world");
        CHECK(server.requests().size() == 4);
    });
}

TEST_CASE("a reply that comes before the body is complete ends the sending") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.take(100'000);
        talk.send(reply("enough", "", "413 Content Too Large"));
        talk.wait_for_close();
    });
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.post(server.url()).body_stream(endless).send();
        CHECK(reply.status() == 413);
        auto text = co_await reply.text();
        CHECK(text == "enough");
        CHECK(web.statistics().idle == 0);
        CHECK(web.statistics().active == 0);
    });
}

TEST_CASE("a server that replies and closes while the body is sent has its reply read") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.take(100'000);
        talk.send(reply("no more", "Connection: close\r\n", "403 Forbidden"));
        talk.finish();
    });
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.post(server.url()).body_stream(endless).send();
        CHECK(reply.status() == 403);
        auto text = co_await reply.text();
        CHECK(text == "no more");
    });
}

TEST_CASE("a connection that breaks while the body is sent is an error") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.take(100'000);
        talk.reset();
    });
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<connect_error>(web.post(server.url()).body_stream(endless).text());
        CHECK(error.url() == server.url());
        CHECK(web.statistics().active == 0);
    });
}

TEST_CASE("a server that stops reading runs into the write time-out") {
    std::atomic<bool> is_over{false};
    scripted_server server([&](conversation& talk) {
        talk.request();
        is_over.wait(false);
    });
    in_loop([&]() -> task<> {
        client web(client_options().read_timeout(50ms));
        auto error = co_await failure_of<timeout_error>(web.post(server.url()).body_stream(endless).text());
        CHECK(error.which() == time_limit::write);
    });
    is_over = true;
    is_over.notify_all();
}

TEST_CASE("a slow body does not run into the read time-out while it is sent") {
    scripted_server server([](conversation& talk) {
        while (auto request = talk.request())
            talk.send(reply(talk.body(*request)));
    });
    test::told_time time;
    test::in_told_time(time, [&]() -> task<> {
        client web(client_options().read_timeout(1s));
        auto slow = [&]() -> stream<std::string> {
            for (int i = 0; i < 3; ++i) {
                time.pass(400ms);
                co_await tandem::testing::until_all_blocked(); // whatever is due by then has run out
                co_yield "x";
            }
        };
        auto text = co_await web.post(server.url()).body_stream(slow).text();
        CHECK(text == "xxx");
    });
}

TEST_CASE("progress is told while the body goes out") {
    test::temp_folder folder;
    const auto file = folder.write("file", std::string(200'000, 'x'));
    scripted_server server([](conversation& talk) {
        while (auto request = talk.request())
            talk.send(reply(std::to_string(talk.body(*request).size())));
    });
    in_loop([&]() -> task<> {
        client web;
        std::vector<std::uint64_t> sent;
        bool knows_total = true;
        auto tell = [&](const upload_progress& now) {
            sent.push_back(now.sent);
            knows_total &= now.total == 200'000u;
        };
        auto text = co_await web.put(server.url()).body_file(file).on_upload(tell).text();
        CHECK(text == "200000");
        CHECK(sent.size() == 4);
        CHECK(std::is_sorted(sent.begin(), sent.end()));
        CHECK(sent.back() == 200'000);
        CHECK(knows_total);
        int calls = 0;
        auto count = [&](const upload_progress& now) { calls += !now.total; };
        co_await web.put(server.url()).body_stream(two_chunks).on_upload(count).text();
        CHECK(calls == 2);
    });
}

TEST_CASE("only what can be sent twice is sent again when an idle connection turns out to be dead") {
    auto serve = [](conversation& talk) {
        if (talk.number() > 0) {
            while (auto request = talk.request())
                talk.send(reply(talk.body(*request)));
            return;
        }
        if (auto request = talk.request()) talk.send(reply(talk.body(*request)));
        // Closes only when the next request is there, too late for a look at the idle connection.
        talk.request();
    };
    auto ask = [&](auto make) {
        scripted_server server(serve);
        std::string outcome;
        in_loop([&]() -> task<> {
            client web;
            co_await web.get(server.url()).text();
            try {
                outcome = co_await make(web, server.url()).text();
            } catch (const connect_error&) {
                outcome = "failed";
            }
        });
        return outcome;
    };
    CHECK(ask([](client& web, auto url) { return web.put(url).body("again"); }) == "again");
    CHECK(ask([](client& web, auto url) { return web.put(url).body_stream(two_chunks); }) == "hello world");
    CHECK(ask([](client& web, auto url) { return web.put(url).body_stream(two_chunks()); }) == "failed");
    CHECK(ask([](client& web, auto url) { return web.post(url).body("once"); }) == "failed");
    CHECK(ask([](client& web, auto url) { return web.patch(url).body("once"); }) == "failed");
}

TEST_CASE("a request is not sent again once a byte of a reply has come") {
    std::atomic<int> requests{0};
    scripted_server server([&](conversation& talk) {
        if (talk.request()) talk.send(reply("first"));
        ++requests;
        if (!talk.request()) return;
        ++requests;
        talk.send("H");
        talk.finish();
    });
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(server.url()).text();
        co_await failure_of<truncated_error>(web.get(server.url()).text());
        CHECK(web.statistics().retries == 0);
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a redirect that keeps the body sends it again, unless it is a stream that was read") {
    scripted_server server([](conversation& talk) {
        while (auto request = talk.request()) {
            const auto body = talk.body(*request);
            if (test::target_of(*request) == "/old")
                talk.send(reply("", "Location: /new\r\n", "307 Temporary Redirect"));
            else
                talk.send(reply(body));
        }
    });
    in_loop([&]() -> task<> {
        client web;
        auto text = co_await web.post(server.url("/old")).body("hello").text();
        CHECK(text == "hello");
        auto again = co_await web.post(server.url("/old")).body_stream(two_chunks).text();
        CHECK(again == "hello world");
        auto error = co_await failure_of<redirect_error>(
            web.post(server.url("/old")).body_stream(two_chunks()).text());
        CHECK(has_all(error.cause(), "the body would have to be sent again, and is a stream that was read"));
    });
}

TEST_CASE("sending a body can be cancelled at any moment") {
    scripted_server server([](conversation& talk) {
        while (auto request = talk.request()) {
            if (request->find("Expect:") != std::string::npos) talk.send("HTTP/1.1 100 Continue\r\n\r\n");
            talk.send(reply(std::to_string(talk.body(*request).size())));
        }
    });
    auto chunks = []() -> stream<std::string> {
        const std::string chunk(5'000, 'x');
        for (int i = 0; i < 8; ++i)
            co_yield chunk;
    };
    in_loop([&]() -> task<> {
        client web(client_options().per_host(2));
        auto post = [&]() -> task<> {
            auto reply = co_await web.post(server.url()).body_stream(chunks).expect_continue(60s).send();
            std::string text;
            while (auto piece = co_await reply.body().next())
                text += *piece;
            CHECK(text == "40000");
        };
        co_await test::cancel_in_rounds(80, web, post);
        co_await post();
        auto after = co_await web.post(server.url()).body("hello").text();
        CHECK(after == "5");
    });
}

TEST_CASE("bodies go out over TLS, and a reply that comes early is read there too") {
    test::certificate_authority authority;
    auto serve = [](conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request) == "/early") {
                talk.take(100'000);
                talk.send(reply("enough", "", "413 Content Too Large"));
                return;
            }
            talk.send(reply(std::to_string(talk.body(*request).size())));
        }
    };
    scripted_server server(serve, authority.issue("DNS:localhost"));
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        const auto large = std::string(3'000'000, 'x');
        for (int i = 0; i < 2; ++i) {
            auto size = co_await web.post(server.url("/", "localhost")).body(large).text();
            CHECK(size == "3000000");
        }
        CHECK(web.statistics().connections_opened == 1);
        auto early = co_await web.post(server.url("/early", "localhost")).body_stream(endless).send();
        CHECK(early.status() == 413);
        auto text = co_await early.text();
        CHECK(text == "enough");
        CHECK(web.statistics().active == 0);
    });
}
