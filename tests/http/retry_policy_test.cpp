#include <catch2/catch.hpp>

#include <atomic>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/http/client.hpp>

#include "http/cancel_in_rounds.hpp"
#include "http/in_loop.hpp"
#include "http/pausing_time.hpp"
#include "support/certificates.hpp"
#include "support/log_capture.hpp"
#include "support/proxies.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::conversation;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::in_pausing_time;
using test::reply;
using test::scripted_server;
using http_retry = tandem::http::retry_policy;

namespace {

/// Retries after a millisecond.
http_retry quick() {
    return http_retry().pause(1ms).no_budget();
}

/// Answers the first `failures` requests with `status`, and tells each which one it was.
scripted_server::script failing(int failures, std::string status = "503 Busy") {
    auto count = std::make_shared<std::atomic<int>>(0);
    return test::answering([=](const std::string&) {
        const int number = ++*count;
        return reply(std::to_string(number), "", number <= failures ? status : "200 OK");
    });
}

/// Breaks the first `failures` connections off with `what`, having read a request.
scripted_server::script breaking(int failures, std::string what, bool resets = false) {
    auto count = std::make_shared<std::atomic<int>>(0);
    return [=](conversation& talk) {
        while (auto request = talk.request()) {
            talk.body(*request);
            if (++*count > failures) {
                talk.send(reply("ok"));
                continue;
            }
            talk.send(what);
            if (resets) talk.reset();
            return;
        }
    };
}

} // namespace

TEST_CASE("nothing is sent again unless that was asked for") {
    scripted_server server(failing(1));
    in_loop([&]() -> task<> {
        client web;
        auto answer = co_await web.get(server.url()).send();
        CHECK(answer.status() == 503);
        client asked(client_options().retry());
        answer = co_await asked.get(server.url()).retry(false).send();
        CHECK(answer.status() == 200);
    });
    CHECK(server.requests().size() == 2);
}

TEST_CASE("a reply that says try again is asked for again") {
    const auto status = GENERATE(as<std::string>{}, "429 Too Many", "502 Bad", "503 Busy", "504 Late");
    scripted_server server(failing(2, status));
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick()));
        auto body = co_await web.get(server.url()).text();
        CHECK(body == "3");
        CHECK(web.statistics().retried == 2);
        CHECK(web.statistics().active == 0);
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("other replies are handed out, but for those that the policy names") {
    scripted_server server(
        failing(1, GENERATE(as<std::string>{}, "500 Oops", "404 Gone", "301 Moved", "408 Slow")));
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick()));
        auto answer = co_await web.get(server.url()).send();
        CHECK(answer.status() != 200);
    });
    CHECK(server.requests().size() == 1);
    scripted_server other(failing(1, "500 Oops"));
    in_loop([&]() -> task<> {
        client web;
        auto body = co_await web.get(other.url()).retry(quick().statuses(500)).text();
        CHECK(body == "2");
    });
}

TEST_CASE("when the attempts are used up, the last reply is handed out") {
    scripted_server server(failing(100));
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick().attempts(3)));
        auto answer = co_await web.get(server.url()).send();
        CHECK(answer.status() == 503);
        auto body = co_await answer.text();
        CHECK(body == "3");
        auto error = co_await failure_of<status_error>(web.get(server.url()).text());
        CHECK(error.status() == 503);
    });
    CHECK(server.requests().size() == 6);
}

TEST_CASE("only idempotent methods are sent again, unless the policy says all") {
    const std::vector<std::string> idempotent = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    const std::vector<std::string> others = {"POST", "PATCH", "FROB"};
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick()));
        for (const auto& method : idempotent) {
            scripted_server server(failing(1));
            auto answer = co_await web.request(method, server.url()).send();
            CHECK(answer.status() == 200);
        }
        for (const auto& method : others) {
            scripted_server server(failing(1));
            auto answer = co_await web.request(method, server.url()).body("x").send();
            CHECK(answer.status() == 503);
            answer = co_await web.request(method, server.url()).body("x").send();
            CHECK(answer.status() == 200);
        }
        scripted_server server(failing(1));
        auto answer = co_await web.post(server.url()).body("x").retry(quick().all_methods()).send();
        CHECK(answer.status() == 200);
    });
}

TEST_CASE("a connection that breaks before the end of the header is made again, for idempotent methods") {
    const auto what = GENERATE(as<std::string>{}, "", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nA: b\r\n");
    const bool resets = GENERATE(false, true);
    scripted_server server(breaking(2, what, resets));
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick()));
        auto body = co_await web.put(server.url()).body("x").text();
        CHECK(body == "ok");
    });
    scripted_server other(breaking(1, what, resets));
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick()));
        bool failed = false;
        try {
            co_await web.post(other.url()).body("x").text();
        } catch (const error&) {
            failed = true;
        }
        CHECK(failed);
    });
    CHECK(other.connections() == 1);
}

TEST_CASE("a request that nobody took is sent again whatever its method") {
    test::log_capture captured(tandem::log_level::info);
    in_loop([]() -> task<> {
        client web(client_options().retry(quick()));
        auto error = co_await failure_of<connect_error>(web.post("http://127.0.0.1:1/").body("x").text());
        CHECK(has_all(error.cause(), "Connection refused"));
        CHECK(web.statistics().retried == 3);
    });
    REQUIRE(captured.texts().size() == 3);
    CHECK(has_all(captured.texts()[0], "http://127.0.0.1:1/: attempt 2 of 4 in ", "Connection refused"));
    CHECK(has_all(captured.texts()[2], "attempt 4 of 4 in "));
}

TEST_CASE("a server that does not begin its reply in time is asked again") {
    std::atomic<int> count = 0;
    scripted_server server([&](conversation& talk) {
        while (talk.request())
            if (++count > 1) talk.send(reply("ok"));
    });
    in_loop([&]() -> task<> {
        // So many that one comes at a time at which the server is quick enough.
        client web(client_options().retry(quick().attempts(1000)).first_byte_timeout(30ms));
        auto body = co_await web.get(server.url()).text();
        CHECK(body == "ok");
    });
}

TEST_CASE("what goes wrong within the body is the reader's") {
    scripted_server server(breaking(100, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"));
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick()));
        co_await failure_of<truncated_error>(web.get(server.url()).text());
    });
    CHECK(server.requests().size() == 1);
}

TEST_CASE("what would go wrong again is not tried again") {
    test::certificate_authority authority;
    scripted_server secure(failing(0), authority.issue("DNS:localhost"));
    scripted_server nonsense(breaking(100, "nonsense\r\n\r\n"));
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick()).connect_filter(
            [](const tandem::endpoint&, std::string_view host) { return host != "127.0.0.1"; }));
        co_await failure_of<tls_error>(web.get(secure.url("/", "localhost")).text());
        co_await failure_of<protocol_error>(web.get(nonsense.url("/", "localhost")).text());
        co_await failure_of<address_refused>(web.get(nonsense.url()).text());
        CHECK(web.statistics().retried == 0);
    });
}

TEST_CASE("where the policy says all errors, what would go wrong again is tried again, too") {
    test::certificate_authority authority;
    scripted_server secure(failing(0), authority.issue("DNS:localhost"));
    scripted_server nonsense(breaking(2, "nonsense\r\n\r\n"));
    scripted_server gone(
        failing(2, GENERATE(as<std::string>{}, "400 Bad", "401 Who", "404 Gone", "500 Oops")));
    scripted_server proxy(failing(100, "403 Never"));
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick().all_errors()));
        auto body = co_await web.get(gone.url()).text();
        CHECK(body == "3");
        body = co_await web.get(nonsense.url()).text();
        CHECK(body == "ok");
        CHECK(web.statistics().retried == 4);
        co_await failure_of<tls_error>(web.get(secure.url("/", "localhost")).text());
        CHECK(web.statistics().retried == 7);
        const auto way = "127.0.0.1:" + std::to_string(proxy.port());
        co_await failure_of<proxy_error>(web.get("https://site.example/").proxy(way).text());
        CHECK(web.statistics().retried == 10);
    });
}

TEST_CASE("not even then is tried again what is no error, may do harm, or went wrong on this side") {
    scripted_server found(failing(1, "304 Not Modified"));
    scripted_server gone(failing(100, "404 Gone"));
    in_loop([&]() -> task<> {
        client web(client_options()
                       .retry(quick().all_errors().final_statuses(404, 410))
                       .connect_filter([](const tandem::endpoint&, std::string_view host) {
                           return host != "localhost";
                       }));
        auto answer = co_await web.get(found.url()).send();
        CHECK(answer.status() == 304);
        answer = co_await web.get(gone.url()).send();
        CHECK(answer.status() == 404);
        answer = co_await web.post(gone.url()).body("x").retry(quick().all_errors()).send();
        CHECK(answer.status() == 404);
        co_await failure_of<address_refused>(web.get(gone.url("/", "localhost")).text());
        co_await failure_of<file_error>(web.put(gone.url()).body_file("/no/such/file").text());
        CHECK(web.statistics().retried == 0);
    });
}

TEST_CASE("a proxy's refusal is final, its overload is not") {
    std::atomic<int> count = 0;
    scripted_server proxy([&](conversation& talk) {
        while (talk.request())
            talk.send(reply("", "", ++count < 3 ? "503 Busy" : "403 Never"));
    });
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick()).proxy("127.0.0.1:" + std::to_string(proxy.port())));
        auto error = co_await failure_of<proxy_error>(web.post("https://site.example/").body("x").text());
        CHECK(error.code() == 403);
        CHECK(web.statistics().retried == 2);
    });
}

TEST_CASE("a body that cannot be sent again is not, one that can is") {
    const auto chunks = []() -> tandem::stream<std::string> { co_yield std::string("abc"); };
    scripted_server server(breaking(1, reply("no", "", "503 Busy")));
    scripted_server other(breaking(1, reply("no", "", "503 Busy")));
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick()));
        auto answer = co_await web.put(server.url()).body_stream(chunks()).send();
        CHECK(answer.status() == 503);
        answer = co_await web.put(other.url()).body_stream(chunks).send();
        CHECK(answer.status() == 200);
    });
}

TEST_CASE("attempts count for the whole request, wherever its redirects lead") {
    scripted_server server(test::answering([](const std::string& target) {
        return target == "/a" ? reply("", "Location: /b\r\n", "302 Found") : reply("", "", "503 Busy");
    }));
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick().attempts(3)));
        auto answer = co_await web.get(server.url("/a")).send();
        CHECK(answer.status() == 503);
        CHECK(answer.redirects().size() == 1);
    });
    CHECK(server.requests().size() == 4);
}

TEST_CASE("pauses grow by their factor, up to the longest") {
    scripted_server server(failing(4));
    const auto passed = in_pausing_time([&]() -> task<> {
        client web(
            client_options().retry(http_retry().attempts(5).pause(2s, 3.0, 10s).jitter(0).no_budget()));
        co_await web.get(server.url()).text();
    });
    CHECK(passed == 2s + 6s + 10s + 10s);
}

TEST_CASE("jitter draws pauses below the full ones, the same for the same seed") {
    const auto pass = [](unsigned long long seed) {
        scripted_server server(failing(2));
        return in_pausing_time([&]() -> task<> {
            client web(client_options().retry(http_retry().pause(10s).jitter(0.5).seed(seed)));
            co_await web.get(server.url()).text();
        });
    };
    const auto one = pass(7);
    CHECK(one >= 5s + 10s);
    CHECK(one <= 10s + 20s);
    CHECK(pass(7) == one);
    CHECK(pass(8) != one);
}

TEST_CASE("no pause lasts beyond the total time-out: the last reply is handed out at once") {
    scripted_server server(failing(100));
    const auto passed = in_pausing_time([&]() -> task<> {
        client web(client_options().retry(http_retry().pause(15s).jitter(0)));
        auto answer = co_await web.get(server.url()).total_timeout(41s).send();
        CHECK(answer.status() == 503);
        auto body = co_await answer.text();
        CHECK(body == "2");
    });
    CHECK(passed == 15s);
}

TEST_CASE("no pause lasts beyond a deadline around the request: the last error is thrown at once") {
    const auto passed = in_pausing_time([]() -> task<> {
        client web(client_options().retry(http_retry().pause(15s).jitter(0)));
        co_await tandem::timeout(41s, failure_of<connect_error>(web.get("http://127.0.0.1:1/").text()));
    });
    CHECK(passed == 15s);
}

TEST_CASE("no attempt begins later than the policy has any: the last reply is handed out at once") {
    scripted_server server(failing(100));
    const auto passed = in_pausing_time([&]() -> task<> {
        client web;
        const auto policy = http_retry().attempts(20).pause(5s, 1.0).jitter(0).no_budget();
        auto answer = co_await web.get(server.url()).retry(http_retry(policy).give_up_after(20s)).send();
        CHECK(answer.status() == 503);
        auto body = co_await answer.text();
        CHECK(body == "5");
        answer = co_await web.get(server.url()).retry(http_retry(policy).give_up_after(4s)).send();
        body = co_await answer.text();
        CHECK(body == "6");
    });
    CHECK(passed == 20s);
}

TEST_CASE("nor where a server asks for more than is left, and an error is thrown as it was") {
    scripted_server server(test::answering(
        [](const std::string&) { return reply("", "Retry-After: 12\r\n", "429 Slow Down"); }));
    const auto passed = in_pausing_time([&]() -> task<> {
        client web(client_options().retry(http_retry().pause(2s).jitter(0).give_up_after(20s)));
        auto answer = co_await web.get(server.url()).send();
        CHECK(answer.status() == 429);
        co_await failure_of<connect_error>(web.get("http://127.0.0.1:1/")
                                               .retry(http_retry().pause(15s).jitter(0).give_up_after(10s))
                                               .text());
    });
    CHECK(passed == 12s);
    CHECK(server.requests().size() == 2);
}

TEST_CASE("a pause holds no connection, and ends at once when it is cancelled") {
    scripted_server server(failing(100));
    const auto passed = in_pausing_time([&]() -> task<> {
        client web(client_options().retry(http_retry().pause(20s).jitter(0)));
        const auto ask = [&]() -> task<> { co_await web.get(server.url()).text(); };
        const auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(ask());
            while (web.statistics().idle == 0)
                co_await tandem::yield();
            co_await tandem::sleep(2s);
            CHECK(server.requests().size() == 1);
            CHECK(web.statistics().active == 0);
            CHECK(web.statistics().idle == 1);
            group.cancel();
        };
        co_await tandem::with_group(body);
        CHECK(web.statistics().retried == 0);
    });
    CHECK(passed == 2s);
}

TEST_CASE("a request with retries can be cancelled at any moment") {
    test::log_capture captured;
    std::atomic<int> count = 0;
    scripted_server server([&](conversation& talk) {
        while (talk.request()) {
            const int number = ++count;
            if (number % 3 == 1) talk.send(reply("busy", "", "503 Busy"));
            if (number % 3 == 2) return;
            if (number % 3 == 0) talk.send(reply("ok"));
        }
    });
    in_loop([&]() -> task<> {
        client web(client_options().retry(http_retry().pause(100us).no_budget()));
        const auto link = server.url();
        const auto ask = [&]() -> task<> { co_await web.get(link).text(); };
        co_await test::cancel_in_rounds(60, web, ask);
        co_await ask();
    });
}
