#include <catch2/catch.hpp>

#include <stdexcept>

#include <tandem/coro/sleep.hpp>
#include <tandem/http/client.hpp>

#include "http/cancel_in_rounds.hpp"
#include "http/in_loop.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// Notes on the way there and on the way back.
middleware noting(std::vector<std::string>& notes, std::string name) {
    return [&notes, name](outgoing& request, next send) -> task<response> {
        notes.push_back(name + " " + request.method() + " " + std::string(request.url().target()));
        auto answer = co_await send(request);
        notes.push_back(name + " " + std::to_string(answer.status()));
        co_return answer;
    };
}

task<response> answer_here(outgoing& request, next) {
    headers fields;
    fields.add("X-From", "here");
    co_return request.answer(203, "made here", fields);
}

} // namespace

TEST_CASE("middleware sees each request in the order in which it was given, and the reply in the other") {
    scripted_server server(test::answering([](const std::string& target) { return reply(target); }));
    std::vector<std::string> notes;
    in_loop([&]() -> task<> {
        client web(client_options().use(noting(notes, "one")).use(noting(notes, "two")));
        auto body = co_await web.get(server.url("/a")).text();
        CHECK(body == "/a");
    });
    CHECK(notes == std::vector<std::string>{"one GET /a", "two GET /a", "two 200", "one 200"});
}

TEST_CASE("middleware may change a request") {
    scripted_server server([](test::conversation& talk) {
        while (auto request = talk.request())
            talk.send(reply(talk.body(*request)));
    });
    const auto change = [](outgoing& request, next send) -> task<response> {
        CHECK(request.headers()["X-Old"] == "1");
        request.method("PUT").url(request.url().resolve("/other")).remove_header("X-Old");
        request.header("X-New", "2").body("changed").max_redirects(0);
        co_return co_await send(request);
    };
    in_loop([&]() -> task<> {
        client web(client_options().use(change));
        auto body = co_await web.post(server.url("/a")).header("X-Old", "1").body("x").text();
        CHECK(body == "changed");
    });
    const auto request = server.requests().at(0);
    CHECK(has_all(request, "PUT /other HTTP/1.1\r\n", "X-New: 2\r\n"));
    CHECK(request.find("X-Old") == std::string::npos);
}

TEST_CASE("what middleware sets is checked as what a caller sets") {
    const auto change = [](outgoing& request, next send) -> task<response> {
        CHECK_THROWS_AS(request.header("A B", "1"), bad_request);
        CHECK_THROWS_AS(request.header("A", "1\r\nB: 2"), bad_request);
        CHECK_THROWS_AS(request.header("Content-Length", "1"), bad_request);
        CHECK_THROWS_AS(request.method("G T"), bad_request);
        CHECK_THROWS_AS(request.method("CONNECT"), bad_request);
        CHECK_THROWS_AS(request.body("x", "a\nb"), bad_request);
        co_return co_await send(request);
    };
    scripted_server server(test::answering([](const std::string&) { return reply("ok"); }));
    in_loop([&]() -> task<> {
        client web(client_options().use(change));
        co_await web.get(server.url()).text();
    });
    CHECK(server.requests().size() == 1);
}

TEST_CASE("middleware may answer by itself, in every form of a reply") {
    test::temp_folder folder;
    in_loop([&]() -> task<> {
        client web(client_options().use(answer_here));
        auto answer = co_await web.get("http://nowhere.invalid/a").send();
        CHECK(answer.status() == 203);
        CHECK(answer.headers()["X-From"] == "here");
        CHECK(answer.content_length() == 9);
        CHECK(answer.from() == url("http://nowhere.invalid/a"));
        auto body = co_await answer.text();
        CHECK(body == "made here");
        body = co_await answer.text();
        CHECK(body.empty());
        auto bytes = co_await web.get("http://nowhere.invalid/a").bytes();
        CHECK(bytes.size() == 9);
        auto saved = co_await web.get("http://nowhere.invalid/a").save_to(folder.path().string());
        CHECK(test::read_file(saved.path.string()) == "made here");
        co_await failure_of<body_too_large>(web.get("http://nowhere.invalid/a").max_body(8).text());
        char room[4];
        answer = co_await web.get("http://nowhere.invalid/a").send();
        std::size_t all = 0;
        while (const auto size = co_await answer.body().read_into(room))
            all += size;
        CHECK(all == 9);
    });
}

TEST_CASE("the caller's wishes hold for what middleware answers") {
    const auto refuse = [](outgoing& request, next) -> task<response> {
        co_return request.answer(404, "no");
    };
    in_loop([&]() -> task<> {
        client web(client_options().use(refuse));
        auto error = co_await failure_of<status_error>(web.get("http://nowhere.invalid/a").text());
        CHECK(error.status() == 404);
        auto answer = co_await web.get("http://nowhere.invalid/a").send();
        CHECK(answer.status() == 404);
        co_await failure_of<status_error>(web.get("http://nowhere.invalid/a").raise_for_status().send());
    });
}

TEST_CASE("middleware sees replies of any status, and may send a request again") {
    int count = 0;
    scripted_server server(test::answering(
        [&](const std::string&) { return ++count < 3 ? reply("busy", "", "503 Busy") : reply("ok"); }));
    const auto again = [](outgoing& request, next send) -> task<response> {
        for (;;) {
            auto answer = co_await send(request);
            if (answer.status() != 503) co_return answer;
            co_await answer.body().discard();
        }
    };
    in_loop([&]() -> task<> {
        client web(client_options().use(again));
        auto body = co_await web.get(server.url()).raise_for_status().text();
        CHECK(body == "ok");
        CHECK(web.statistics().active == 0);
    });
    CHECK(server.requests().size() == 3);
    CHECK(server.connections() == 1);
}

TEST_CASE("middleware may read a reply and give another in its place") {
    scripted_server server(test::answering([](const std::string&) { return reply("abc"); }));
    const auto shout = [](outgoing& request, next send) -> task<response> {
        auto answer = co_await send(request);
        auto text = co_await answer.text();
        for (char& letter : text)
            letter = static_cast<char>(letter - 0x20);
        co_return request.answer(answer.status(), text);
    };
    in_loop([&]() -> task<> {
        client web(client_options().use(shout));
        auto body = co_await web.get(server.url()).text();
        CHECK(body == "ABC");
    });
}

TEST_CASE("redirects happen behind middleware, which sees their end") {
    scripted_server server(test::answering([](const std::string& target) {
        return target == "/a" ? reply("", "Location: /b\r\n", "302 Found") : reply(target);
    }));
    std::vector<std::string> notes;
    in_loop([&]() -> task<> {
        client web(client_options().use(noting(notes, "one")));
        auto body = co_await web.get(server.url("/a")).text();
        CHECK(body == "/b");
    });
    CHECK(notes == std::vector<std::string>{"one GET /a", "one 200"});
}

TEST_CASE("what middleware throws, the caller gets, and no connection is lost") {
    scripted_server server(test::answering([](const std::string&) { return reply("ok"); }));
    const auto fail = [](outgoing& request, next send) -> task<response> {
        auto answer = co_await send(request);
        throw std::runtime_error("of the middleware");
    };
    in_loop([&]() -> task<> {
        client web(client_options().use(fail));
        for (int i = 0; i < 3; ++i) {
            auto error = co_await failure_of<std::runtime_error>(web.get(server.url()).text());
            CHECK(std::string(error.what()) == "of the middleware");
            CHECK(web.statistics().active == 0);
        }
    });
}

TEST_CASE("an error of the request passes through middleware, which may answer in its place") {
    const auto rescue = [](outgoing& request, next send) -> task<response> {
        bool failed = false;
        try {
            co_return co_await send(request);
        } catch (const connect_error&) {
            failed = true;
        }
        CHECK(failed);
        co_return request.answer(200, "rescued");
    };
    in_loop([&]() -> task<> {
        client web(client_options().use(rescue));
        auto body = co_await web.get("http://127.0.0.1:1/").text();
        CHECK(body == "rescued");
    });
}

TEST_CASE("the total time-out holds for middleware too") {
    const auto dawdle = [](outgoing& request, next) -> task<response> {
        co_await tandem::sleep(1h);
        co_return request.answer(200);
    };
    in_loop([&]() -> task<> {
        client web(client_options().use(dawdle));
        auto error =
            co_await failure_of<timeout_error>(web.get("http://x.invalid/").total_timeout(10ms).text());
        CHECK(error.which() == time_limit::total);
        CHECK(error.url() == "http://x.invalid/");
    });
}

TEST_CASE("requests with middleware can be cancelled at any moment") {
    scripted_server server(
        test::answering([](const std::string&) { return reply(std::string(50'000, 'x')); }));
    const auto wrap = [](outgoing& request, next send) -> task<response> {
        co_await tandem::yield();
        auto answer = co_await send(request);
        co_await tandem::yield();
        co_return answer;
    };
    in_loop([&]() -> task<> {
        client web(client_options().use(wrap).use(wrap));
        const auto link = server.url();
        const auto ask = [&]() -> task<> { co_await web.get(link).text(); };
        co_await test::cancel_in_rounds(40, web, ask);
        co_await ask();
    });
}

TEST_CASE("a client may be gone before its middleware has ended") {
    scripted_server server(test::answering([](const std::string&) { return reply("ok"); }));
    in_loop([&]() -> task<> {
        std::vector<std::string> notes;
        auto work = [&] {
            client web(client_options().use(noting(notes, "one")));
            return web.get(server.url()).text();
        }();
        auto body = co_await std::move(work);
        CHECK(body == "ok");
        CHECK(notes.size() == 2);
    });
}
