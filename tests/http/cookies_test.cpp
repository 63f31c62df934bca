#include <catch2/catch.hpp>

#include <tandem/coro/sleep.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/cookie_jar.hpp>

#include "http/in_loop.hpp"
#include "support/realms.hpp"

using namespace tandem::http;
using tandem::task;
using test::answering_requests;
using test::field_of;
using test::in_loop;
using test::scripted_server;

namespace {

std::string setting(std::string_view cookie, std::string_view more = "", std::string_view status = "200 OK") {
    return test::reply("set", "Set-Cookie: " + std::string(cookie) + "\r\n" + std::string(more), status);
}

/// Sets "id=TARGET" and "more=1" for "/set…", redirects "/go…" with a cookie, and says ok to the others.
scripted_server::script baker() {
    return answering_requests([](const std::string& request, const std::string&) {
        const auto target = test::target_of(request);
        if (target.starts_with("/set")) return setting("id=" + target.substr(1), "Set-Cookie: more=1\r\n");
        if (target == "/go") return setting("step=1", "Location: /end\r\n", "302 Found");
        if (target == "/refuse") return setting("seen=1", "", "403 Forbidden");
        return test::reply("ok");
    });
}

/// The Cookie field of each request, the field counted: "(none)" where there is none.
std::vector<std::string> cookies_at(const scripted_server& server) {
    std::vector<std::string> all;
    for (const auto& each : server.requests()) {
        const auto first = each.find("\r\nCookie: ");
        CHECK(each.find("\r\nCookie: ", first + 1) == each.npos);
        all.push_back(first == each.npos ? "(none)" : field_of(each, "Cookie"));
    }
    return all;
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("a client without a jar ignores cookies") {
    scripted_server server(baker());
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(server.url("/set")).text();
        co_await web.get(server.url("/")).text();
    });
    CHECK(cookies_at(server) == list{"(none)", "(none)"});
}

TEST_CASE("a client with a jar sends back what was set, in one field") {
    scripted_server server(baker());
    in_loop([&]() -> task<> {
        client web(client_options().cookies(cookie_jar()));
        co_await web.get(server.url("/set")).text();
        co_await web.get(server.url("/")).text();
    });
    CHECK(cookies_at(server) == list{"(none)", "id=set; more=1"});
}

TEST_CASE("cookies of redirects and of errors are kept") {
    scripted_server server(baker());
    in_loop([&]() -> task<> {
        client web(client_options().cookies(cookie_jar()));
        co_await web.get(server.url("/go")).text();
        auto reply = co_await web.get(server.url("/refuse")).send();
        CHECK(reply.status() == 403);
        co_await web.get(server.url("/")).text();
    });
    CHECK(cookies_at(server) == list{"(none)", "step=1", "step=1", "step=1; seen=1"});
}

TEST_CASE("clients may share a jar, and a request may use another") {
    scripted_server server(baker());
    cookie_jar jar;
    cookie_jar other;
    in_loop([&]() -> task<> {
        client one(client_options().cookies(jar));
        client two(client_options().cookies(jar));
        co_await one.get(server.url("/set1")).text();
        co_await two.get(server.url("/set2")).text();
        co_await two.get(server.url("/")).cookies(other).text();
    });
    CHECK(cookies_at(server) == list{"(none)", "id=set1; more=1", "(none)"});
    CHECK(jar.size() == 2);
    CHECK(other.size() == 0);
}

TEST_CASE("a Cookie header of the caller's goes first, and in place of the jar's with the same names") {
    scripted_server server(baker());
    in_loop([&]() -> task<> {
        client web(client_options().cookies(cookie_jar()));
        co_await web.get(server.url("/set")).text();
        co_await web.get(server.url("/")).header("Cookie", "a=b; more=mine").text();
        client plain;
        co_await plain.get(server.url("/")).header("Cookie", "a=b").text();
    });
    CHECK(cookies_at(server) == list{"(none)", "a=b; more=mine; id=set", "a=b"});
}

TEST_CASE(
    "behind a redirect to another origin the caller's Cookie header stays away, and the jar's cookies follow "
    "their own rules") {
    scripted_server other(baker());
    scripted_server home(answering_requests([&](const std::string&, const std::string&) {
        return test::reply("", "Location: " + other.url("/x", "other.test") + "\r\n", "302 Found");
    }));
    cookie_jar jar;
    jar.set(cookie("home", "1", "127.0.0.1"));
    jar.set(cookie("there", "2", "other.test"));
    in_loop([&]() -> task<> {
        client web(client_options().cookies(jar).resolve("other.test", "127.0.0.1"));
        co_await web.get(home.url()).header("Cookie", "mine=secret").text();
    });
    CHECK(cookies_at(home) == list{"mine=secret; home=1"});
    CHECK(cookies_at(other) == list{"there=2"});
}

TEST_CASE("a jar holds what a program puts in it before a request") {
    scripted_server server(baker());
    cookie_jar jar;
    jar.set(cookie("token", "x", "127.0.0.1"));
    cookie secure("secure", "y", "127.0.0.1");
    secure.secure = true;
    jar.set(secure);
    in_loop([&]() -> task<> {
        client web(client_options().cookies(jar));
        co_await web.get(server.url("/")).text();
    });
    CHECK(cookies_at(server) == list{"token=x"});
}
