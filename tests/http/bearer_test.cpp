#include <catch2/catch.hpp>

#include <stdexcept>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/http/bearer.hpp>
#include <tandem/http/client.hpp>
#include <tandem/sync/event.hpp>

#include "http/in_loop.hpp"
#include "http/pausing_time.hpp"
#include "support/realms.hpp"

using namespace tandem::http;
using namespace std::chrono_literals;
using tandem::task;
using test::answering_requests;
using test::failure_of;
using test::field_of;
using test::has_all;
using test::in_loop;
using test::scripted_server;

namespace {

/// Lets in who has the token; "/token" gives it to everybody.
scripted_server::script guarded_by(const std::string& token) {
    return answering_requests([&token](const std::string& request, const std::string&) {
        if (test::target_of(request) == "/token") return test::reply(token);
        return test::let_in_with(request, "Bearer " + token, "Bearer realm=\"api\", error=\"invalid_token\"");
    });
}

int requests_with(const scripted_server& server, std::string_view credentials) {
    int count = 0;
    for (const auto& each : server.requests())
        count += field_of(each, "Authorization") == credentials;
    return count;
}

} // namespace

TEST_CASE("a bearer token is sent at once") {
    const std::string token = "mF_9.B5f-4.1JqM";
    scripted_server server(guarded_by(token));
    in_loop([&]() -> task<> {
        client web(client_options().credentials(server.url(""), bearer(token)));
        auto body = co_await web.get(server.url()).text();
        CHECK(body == "in");
        client plain;
        body = co_await plain.get(server.url()).bearer(token).text();
        CHECK(body == "in");
    });
    CHECK(requests_with(server, "Bearer mF_9.B5f-4.1JqM") == 2);
    CHECK(server.requests().size() == 2);
}

TEST_CASE("a bearer token that nobody can renew is refused once") {
    const std::string token = "right";
    scripted_server server(guarded_by(token));
    in_loop([&]() -> task<> {
        client web(client_options().credentials(server.url(""), bearer("wrong")));
        auto error = co_await failure_of<status_error>(web.get(server.url()).text());
        CHECK(error.status() == 401);
    });
    CHECK(server.requests().size() == 1);
}

TEST_CASE("a bearer token that cannot be sent is refused") {
    for (const char* bad : {"", "two words", "line\r\nend", "\xc3\xa9"}) {
        CHECK_THROWS_AS(bearer(bad), std::invalid_argument);
        client web;
        CHECK_THROWS_AS(web.get("http://h.example/").bearer(bad), std::invalid_argument);
    }
    CHECK_THROWS_AS(bearer(bearer::source()), std::invalid_argument);
}

TEST_CASE("without a token the first request gets one") {
    const std::string token = "first";
    scripted_server server(guarded_by(token));
    int renewals = 0;
    in_loop([&]() -> task<> {
        auto renew = [&]() -> task<std::string> {
            ++renewals;
            co_return token;
        };
        client web(client_options().credentials(server.url(""), bearer(renew)));
        co_await web.get(server.url()).text();
        co_await web.get(server.url()).text();
    });
    CHECK(renewals == 1);
    CHECK(server.requests().size() == 2);
}

TEST_CASE("a token that runs out under many requests is renewed once, and each is sent again once") {
    std::string token = "new";
    scripted_server server(guarded_by(token));
    int renewals = 0;
    in_loop([&]() -> task<> {
        auto renew = [&]() -> task<std::string> {
            ++renewals;
            co_await tandem::sleep(20ms);
            co_return token;
        };
        client web(client_options().credentials(server.url(""), bearer("old", renew)));
        int done = 0;
        auto fetch = [&]() -> task<> {
            auto body = co_await web.get(server.url()).text();
            done += body == "in";
        };
        auto work = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 10; ++i)
                group.spawn(fetch());
            co_return;
        };
        co_await tandem::with_group(work);
        CHECK(done == 10);
    });
    CHECK(renewals == 1);
    CHECK(requests_with(server, "Bearer new") == 10);
    CHECK(requests_with(server, "Bearer old") <= 10);
}

TEST_CASE("a new token that is refused as well is not renewed again for the same request") {
    const std::string token = "right";
    scripted_server server(guarded_by(token));
    int renewals = 0;
    in_loop([&]() -> task<> {
        auto renew = [&]() -> task<std::string> { co_return "wrong" + std::to_string(++renewals); };
        client web(client_options().credentials(server.url(""), bearer("wrong", renew)));
        auto error = co_await failure_of<status_error>(web.get(server.url()).text());
        CHECK(error.status() == 401);
        CHECK(renewals == 1);
        error = co_await failure_of<status_error>(web.get(server.url()).text());
        CHECK(renewals == 2);
    });
}

TEST_CASE("how a renewal fails is told to all that waited for it, and the next request tries again") {
    std::string token = "right";
    scripted_server server(guarded_by(token));
    int renewals = 0;
    bool works = false;
    in_loop([&]() -> task<> {
        auto renew = [&]() -> task<std::string> {
            ++renewals;
            co_await tandem::sleep(20ms);
            if (!works) throw std::runtime_error("no more grants");
            co_return token;
        };
        client web(client_options().credentials(server.url(""), bearer(renew)));
        int failed = 0;
        auto fetch = [&]() -> task<> {
            try {
                co_await web.get(server.url()).text();
            } catch (const std::runtime_error& error) {
                failed += std::string_view(error.what()) == "no more grants";
            }
        };
        auto work = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 5; ++i)
                group.spawn(fetch());
            co_return;
        };
        co_await tandem::with_group(work);
        CHECK(failed == 5);
        CHECK(renewals == 1);
        works = true;
        auto body = co_await web.get(server.url()).text();
        CHECK(body == "in");
        CHECK(renewals == 2);
    });
}

TEST_CASE("where the request that renews the token is cancelled another one does it") {
    std::string token = "right";
    scripted_server server(guarded_by(token));
    int renewals = 0;
    in_loop([&]() -> task<> {
        tandem::event forever;
        auto renew = [&]() -> task<std::string> {
            if (++renewals == 1) co_await forever.wait();
            co_return token;
        };
        client web(client_options().credentials(server.url(""), bearer(renew)));
        std::string body;
        auto impatient = [&]() -> task<> {
            co_await tandem::move_on_after(50ms, web.get(server.url()).text());
        };
        auto patient = [&]() -> task<> { body = co_await web.get(server.url()).text(); };
        auto work = [&](tandem::task_group& group) -> task<> {
            group.spawn(impatient());
            group.spawn(patient());
            co_return;
        };
        co_await tandem::with_group(work);
        CHECK(body == "in");
    });
    CHECK(renewals == 2);
}

TEST_CASE("a renewal is no retry: a request has all of its attempts with the new token") {
    std::string token = "new";
    int busy = 2;
    scripted_server server(answering_requests([&](const std::string& request, const std::string&) {
        auto answer = test::let_in_with(request, "Bearer " + token, "Bearer realm=\"api\"");
        const bool is_in = answer.starts_with("HTTP/1.1 200");
        return is_in && busy-- > 0 ? test::reply("", "", "503 Busy") : answer;
    }));
    int renewals = 0;
    const auto passed = test::in_pausing_time([&]() -> task<> {
        auto renew = [&]() -> task<std::string> {
            ++renewals;
            co_return token;
        };
        client web(client_options()
                       .credentials(server.url(""), bearer("old", renew))
                       .retry(tandem::http::retry_policy().attempts(3).pause(2s, 2.0).jitter(0)));
        auto body = co_await web.get(server.url()).text();
        CHECK(body == "in");
        CHECK(web.statistics().retried == 2);
    });
    CHECK(passed == 2s + 4s);
    CHECK(renewals == 1);
    CHECK(requests_with(server, "Bearer old") == 1);
    CHECK(requests_with(server, "Bearer new") == 3);
}

TEST_CASE("a token that runs out between two attempts is renewed for the second one") {
    std::string token = "first";
    bool was_busy = false;
    scripted_server server(answering_requests([&](const std::string& request, const std::string&) {
        if (!was_busy) {
            was_busy = true;
            token = "second";
            return test::reply("", "", "503 Busy");
        }
        return test::let_in_with(request, "Bearer " + token, "Bearer realm=\"api\"");
    }));
    test::in_pausing_time([&]() -> task<> {
        auto renew = [&]() -> task<std::string> { co_return "second"; };
        client web(client_options()
                       .credentials(server.url(""), bearer("first", renew))
                       .retry(tandem::http::retry_policy().attempts(2).pause(2s).jitter(0)));
        auto body = co_await web.get(server.url()).text();
        CHECK(body == "in");
    });
    CHECK(requests_with(server, "Bearer first") == 2);
    CHECK(requests_with(server, "Bearer second") == 1);
}

TEST_CASE("the token may come from the same origin, even where that gives a single connection") {
    std::string token = "right";
    scripted_server server(guarded_by(token));
    in_loop([&]() -> task<> {
        std::optional<client> web;
        auto renew = [&]() -> task<std::string> { co_return co_await web->get(server.url("/token")).text(); };
        web.emplace(client_options().per_host(1).credentials(server.url(""), bearer("old", renew)));
        auto body = co_await web->get(server.url()).text();
        CHECK(body == "in");
    });
    CHECK(field_of(server.requests().at(1), "Authorization").empty());
    CHECK(server.connections() == 1);
}

TEST_CASE("a renewal that gives no token is an error that names the request") {
    scripted_server server(answering_requests([](auto&, auto&) { return test::reply("ok"); }));
    in_loop([&]() -> task<> {
        auto renew = []() -> task<std::string> { co_return "two words"; };
        client web(client_options().credentials(server.url(""), bearer(renew)));
        auto error = co_await failure_of<bad_request>(web.get(server.url("/x")).text());
        CHECK(error.url() == server.url("/x"));
        CHECK(has_all(error.cause(), "bearer token"));
    });
    CHECK(server.requests().empty());
}

TEST_CASE("a refused token does not spend a body that can be sent only once again") {
    std::string token = "new";
    scripted_server server(guarded_by(token));
    in_loop([&]() -> task<> {
        auto renew = [&]() -> task<std::string> { co_return token; };
        client web(client_options().credentials(server.url(""), bearer("old", renew)));
        auto chunks = []() -> tandem::stream<std::string> { co_yield "once"; };
        auto reply = co_await web.put(server.url()).body_stream(chunks()).send();
        CHECK(reply.status() == 401);
        reply = co_await web.put(server.url()).body_stream(chunks()).send();
        CHECK(reply.status() == 200);
    });
    CHECK(server.requests().size() == 2);
}
