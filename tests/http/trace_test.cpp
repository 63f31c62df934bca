#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>

#include "http/cancel_in_rounds.hpp"
#include "http/in_loop.hpp"
#include "http/one_reply.hpp"
#include "support/certificates.hpp"
#include "support/log_capture.hpp"
#include "support/proxies.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::answering;
using test::echo_target;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

using words = std::vector<std::string>;

/// Keeps what it is told: "step subject: trouble (status)". Checks that times do not run backwards.
struct recorder {
    words steps;
    words all;
    tandem::duration last{};

    trace_observer observer() {
        return [this](const trace_event& event) {
            CHECK(event.at >= last);
            last = event.at;
            steps.emplace_back(name_of(event.step));
            auto text = steps.back();
            if (!event.subject.empty()) text += " " + std::string(event.subject);
            if (!event.trouble.empty()) text += ": " + std::string(event.trouble);
            if (event.status != 0) text += " (" + std::to_string(event.status) + ")";
            all.push_back(std::move(text));
        };
    }
};

/// Every begin has its end, and the last step is one of the three, which come once.
void check_is_whole(const words& steps) {
    REQUIRE_FALSE(steps.empty());
    for (const std::string part : {"dns", "connect", "proxy", "tls"}) {
        INFO(part);
        CHECK(std::count(steps.begin(), steps.end(), part + "_begin") ==
              std::count(steps.begin(), steps.end(), part + "_end"));
    }
    const auto is_last = [](const std::string& step) {
        return step == "done" || step == "failed" || step == "cancelled";
    };
    CHECK(is_last(steps.back()));
    CHECK(std::count_if(steps.begin(), steps.end(), is_last) == 1);
}

} // namespace

TEST_CASE("every step of a request is told once, in order") {
    test::certificate_authority authority;
    scripted_server server(echo_target(), authority.issue("DNS:localhost"));
    recorder seen;
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()).trace(seen.observer()));
        co_await web.get(server.url("/a", "localhost")).text();
        const auto address = "127.0.0.1:" + std::to_string(server.port());
        CHECK(seen.all == words{"queued", "dns_begin localhost", "dns_end localhost",
                                "connect_begin " + address, "connect_end " + address, "tls_begin localhost",
                                "tls_end localhost", "request_sent", "first_byte (200)", "done (200)"});
        seen = recorder();
        co_await web.get(server.url("/a", "localhost")).text();
        CHECK(seen.all == words{"queued", "reused", "request_sent", "first_byte (200)", "done (200)"});
    });
}

TEST_CASE("each request has a number and its URL") {
    scripted_server server(echo_target());
    std::vector<std::pair<std::uint64_t, std::string>> seen;
    in_loop([&]() -> task<> {
        client web(client_options().trace([&](const trace_event& event) {
            if (event.step == trace_step::done) seen.emplace_back(event.request, event.url);
        }));
        co_await web.get(server.url("/a")).text();
        co_await web.get(server.url("/b")).text();
    });
    CHECK(seen ==
          std::vector<std::pair<std::uint64_t, std::string>>{{1, server.url("/a")}, {2, server.url("/b")}});
}

TEST_CASE("a redirect and what follows it is told, at its new URL") {
    scripted_server server(answering([](const std::string& target) {
        return target == "/a" ? reply("", "Location: /b\r\n", "302 Found") : reply(target);
    }));
    recorder seen;
    std::string last;
    in_loop([&]() -> task<> {
        client web(client_options().trace([&, note = seen.observer()](const trace_event& event) {
            note(event);
            last = event.url;
        }));
        co_await web.get(server.url("/a")).text();
    });
    CHECK(seen.steps == words{"queued", "connect_begin", "connect_end", "request_sent", "first_byte",
                              "redirect", "queued", "reused", "request_sent", "first_byte", "done"});
    CHECK(seen.all[4] == "first_byte (302)");
    CHECK(seen.all[5] == "redirect " + server.url("/b") + " (302)");
    CHECK(last == server.url("/b"));
}

TEST_CASE("a retry is told with its cause") {
    int count = 0;
    scripted_server server(answering(
        [&](const std::string&) { return ++count == 1 ? reply("", "", "503 Busy") : reply("ok"); }));
    recorder seen;
    in_loop([&]() -> task<> {
        client web(client_options()
                       .retry(tandem::http::retry_policy().pause(1ms).attempts(2))
                       .trace(seen.observer()));
        co_await web.get(server.url()).text();
        CHECK(seen.steps == words{"queued", "connect_begin", "connect_end", "request_sent", "first_byte",
                                  "retry", "queued", "reused", "request_sent", "first_byte", "done"});
        CHECK(seen.all[5] == "retry (503)");
        seen = recorder();
        co_await failure_of<connect_error>(web.get("http://127.0.0.1:1/").text());
    });
    CHECK(seen.steps == words{"queued", "connect_begin", "connect_end", "retry", "queued", "connect_begin",
                              "connect_end", "failed"});
    CHECK(has_all(seen.all[2], "connect_end 127.0.0.1:1: Connection refused"));
    CHECK(has_all(seen.all[3], "retry: ", "Connection refused"));
    CHECK(has_all(seen.all[7], "failed: http://127.0.0.1:1/: ", "Connection refused"));
}

TEST_CASE("each address that is tried is told, those that were given up too") {
    scripted_server server(echo_target());
    recorder seen;
    in_loop([&]() -> task<> {
        client web(client_options()
                       .resolve("site.example", "127.0.0.8")
                       .resolve("site.example", "127.0.0.1")
                       .trace(seen.observer()));
        co_await web.get(server.url("/", "site.example")).text();
    });
    const auto port = ":" + std::to_string(server.port());
    CHECK(has_all(seen.all.at(1), "connect_begin 127.0.0.8" + port));
    CHECK(has_all(seen.all.at(2), "connect_end 127.0.0.8" + port, "Connection refused"));
    CHECK(seen.all.at(4) == "connect_end 127.0.0.1" + port);
}

TEST_CASE("the way through a proxy is told, with both handshakes") {
    test::certificate_authority authority;
    scripted_server origin(echo_target(), authority.issue("DNS:site.example"));
    scripted_server proxy(test::http_proxy(), authority.issue("DNS:localhost"));
    recorder seen;
    in_loop([&]() -> task<> {
        const auto name = "https://localhost:" + std::to_string(proxy.port());
        client web(client_options().ca_file(authority.file()).proxy(name).trace(seen.observer()));
        co_await web.get(origin.url("/", "site.example")).text();
        CHECK(seen.steps == words{"queued", "dns_begin", "dns_end", "connect_begin", "connect_end",
                                  "tls_begin", "tls_end", "proxy_begin", "proxy_end", "tls_begin", "tls_end",
                                  "request_sent", "first_byte", "done"});
        CHECK(seen.all[5] == "tls_begin localhost");
        CHECK(seen.all[7] == "proxy_begin " + name);
        CHECK(seen.all[9] == "tls_begin site.example");
    });
}

TEST_CASE("each part that fails is told with its cause") {
    test::certificate_authority authority;
    scripted_server secure(echo_target(), authority.issue("DNS:localhost"));
    scripted_server proxy(test::http_proxy([](const std::string&) { return reply("", "", "403 No"); }));
    scripted_server cut(test::saying("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"));
    recorder seen;
    in_loop([&]() -> task<> {
        client web(client_options().trace(seen.observer()));
        co_await failure_of<connect_error>(web.get("http://no-such-name.invalid/").text());
        CHECK(seen.steps == words{"queued", "dns_begin", "dns_end", "failed"});
        CHECK(has_all(seen.all[2], "cannot resolve"));
        seen = recorder();
        co_await failure_of<tls_error>(web.get(secure.url("/", "localhost")).text());
        CHECK(seen.steps == words{"queued", "dns_begin", "dns_end", "connect_begin", "connect_end",
                                  "tls_begin", "tls_end", "failed"});
        CHECK(seen.all[6].size() > std::string("tls_end localhost: ").size());
        seen = recorder();
        co_await failure_of<proxy_error>(
            web.get("https://site.example/").proxy("127.0.0.1:" + std::to_string(proxy.port())).text());
        CHECK(seen.steps ==
              words{"queued", "connect_begin", "connect_end", "proxy_begin", "proxy_end", "failed"});
        CHECK(has_all(seen.all[4], "403 No"));
        seen = recorder();
        co_await failure_of<truncated_error>(web.get(cut.url()).text());
        CHECK(seen.steps ==
              words{"queued", "connect_begin", "connect_end", "request_sent", "first_byte", "failed"});
    });
}

TEST_CASE("a status that is an error, and a time-out, are failures") {
    scripted_server server(answering([](const std::string&) { return reply("", "", "404 Gone"); }));
    scripted_server silent([](test::conversation& talk) { talk.wait_for_close(); });
    recorder seen;
    in_loop([&]() -> task<> {
        client web(client_options().trace(seen.observer()));
        co_await failure_of<status_error>(web.get(server.url()).text());
        CHECK(has_all(seen.all.back(), "failed: ", "404 Gone"));
        check_is_whole(seen.steps);
        seen = recorder();
        co_await failure_of<timeout_error>(web.get(silent.url()).total_timeout(20ms).text());
        CHECK(seen.all.back() == "failed: the total time-out ran out");
        check_is_whole(seen.steps);
    });
}

TEST_CASE("a reply that is dropped before its end is told as cancelled, one without a body as done") {
    scripted_server server([](test::conversation& talk) {
        while (auto request = talk.request())
            talk.send(request->starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
                                                   : "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    });
    recorder seen;
    in_loop([&]() -> task<> {
        client web(client_options().trace(seen.observer()));
        co_await web.head(server.url()).send();
        CHECK(seen.all.back() == "done (200)");
        seen = recorder();
        co_await web.get(server.url()).send();
        CHECK(seen.steps.back() == "cancelled");
        check_is_whole(seen.steps);
    });
}

TEST_CASE("an upload is told as sent when its body is") {
    scripted_server server([](test::conversation& talk) {
        while (auto request = talk.request()) {
            if (request->find("100-continue") != std::string::npos)
                talk.send("HTTP/1.1 100 Continue\r\n\r\n");
            talk.body(*request);
            talk.send(reply("ok"));
        }
    });
    recorder seen;
    in_loop([&]() -> task<> {
        client web(client_options().trace(seen.observer()));
        co_await web.post(server.url()).body(std::string(200'000, 'x')).expect_continue().text();
    });
    CHECK(seen.steps ==
          words{"queued", "connect_begin", "connect_end", "request_sent", "first_byte", "done"});
}

TEST_CASE("whenever a request is cancelled, each part that had begun is told to its end") {
    test::certificate_authority authority;
    scripted_server origin(answering([](const std::string&) { return reply(std::string(100'000, 'x')); }),
                           authority.issue("DNS:site.example"));
    scripted_server proxy(test::http_proxy(), authority.issue("DNS:localhost"));
    std::map<std::uint64_t, words> seen;
    in_loop([&]() -> task<> {
        client web(client_options()
                       .ca_file(authority.file())
                       .proxy("https://localhost:" + std::to_string(proxy.port()))
                       .trace([&](const trace_event& event) {
                           seen[event.request].emplace_back(name_of(event.step));
                       }));
        const auto link = origin.url("/", "site.example");
        const auto ask = [&]() -> task<> { co_await web.get(link).text(); };
        co_await test::cancel_in_rounds(60, web, ask);
        co_await ask();
    });
    CHECK(seen.size() > 60);
    for (const auto& [number, steps] : seen)
        check_is_whole(steps);
    CHECK(seen.rbegin()->second.back() == "done");
}

TEST_CASE("what an observer throws is logged, and harms no request") {
    scripted_server server(echo_target());
    test::log_capture captured;
    in_loop([&]() -> task<> {
        client web(client_options().trace([](const trace_event& event) {
            if (event.step == trace_step::done) throw std::runtime_error("of the observer");
        }));
        auto body = co_await web.get(server.url("/a")).text();
        CHECK(body == "/a");
    });
    REQUIRE(captured.texts().size() == 1);
    CHECK(has_all(captured.texts()[0], "of the observer"));
}

TEST_CASE("the headers that go out and come back are told, without their secrets") {
    scripted_server server(answering(
        [](const std::string&) { return reply("there", "Set-Cookie: id=hidden\r\nX-Seen: 1\r\n"); }));
    std::string sent, came;
    auto observer = [&](const trace_event& event) {
        if (event.step == trace_step::request_sent) sent = event.header;
        if (event.step == trace_step::first_byte) came = event.header;
        if (event.step == trace_step::done) CHECK(event.header.empty());
    };
    in_loop([&]() -> task<> {
        client web(client_options().user_agent("").trace(observer));
        auto request = web.post(server.url("/a"))
                           .body("Authorization: in the body")
                           .basic_auth("me", "hidden")
                           .secret_header("X-Mine", "hidden")
                           .header("X-Public", "1");
        co_await request.text();
    });
    CHECK(sent == "POST /a HTTP/1.1\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                      "\nAccept: */*\nAccept-Encoding: gzip, deflate, br, zstd\n"
                      "Content-Type: text/plain; charset=utf-8\nContent-Length: 26\nAuthorization: ***\n"
                      "X-Mine: ***\nX-Public: 1\n");
    CHECK(came == "HTTP/1.1 200 OK\nContent-Length: 5\nSet-Cookie: ***\nX-Seen: 1\n");
}
