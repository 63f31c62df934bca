#include <catch2/catch.hpp>

#include <stdexcept>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/deaf_listener.hpp"
#include "support/proxies.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::endpoint;
using tandem::task;
using test::failure_of;
using test::has_all;
using test::http_proxy;
using test::in_loop;
using test::proxy_at;
using test::reply;
using test::scripted_server;

namespace {

client through(const scripted_server& proxy, const std::string& login = "") {
    return client(client_options().proxy(proxy_at(proxy, login)));
}

} // namespace

TEST_CASE("a request for an http target is handed to the proxy with its whole URL") {
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        auto web = through(proxy);
        auto body = co_await web.get("http://user:pw@site.example:81/a?b=1#part").text();
        CHECK(body == "http://site.example:81/a?b=1");
    });
    const auto request = proxy.requests().at(0);
    CHECK(has_all(request, "GET http://site.example:81/a?b=1 HTTP/1.1\r\n", "\r\nHost: site.example:81\r\n",
                  "\r\nAuthorization: Basic dXNlcjpwdw==\r\n"));
    CHECK_FALSE(has_all(request, "Proxy-"));
}

TEST_CASE("a proxy's connection serves the next request for the same host") {
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        auto web = through(proxy);
        for (int i = 0; i < 3; ++i)
            co_await web.get("http://site.example/").text();
        CHECK(web.statistics().connections_reused == 2);
    });
    CHECK(proxy.connections() == 1);
}

TEST_CASE("a proxy's user name and password go to the proxy as Basic credentials") {
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        auto web = through(proxy, "me:p%40ss");
        co_await web.get("http://site.example/").text();
    });
    CHECK(has_all(proxy.requests().at(0), "\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n"));
}

TEST_CASE("headers for the proxy go with a request that is handed to it") {
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy_at(proxy, "me:pw")).proxy_header("X-Team", "blue"));
        co_await web.get("http://site.example/").text();
        co_await web.get("http://site.example/").header("X-Team", "red").text();
        co_await web.get("http://site.example/").header("Proxy-Authorization", "Custom 1").text();
    });
    CHECK(has_all(proxy.requests().at(0), "\r\nX-Team: blue\r\n"));
    CHECK(has_all(proxy.requests().at(1), "\r\nX-Team: red\r\n"));
    CHECK_FALSE(has_all(proxy.requests().at(1), "blue"));
    CHECK(has_all(proxy.requests().at(2), "\r\nProxy-Authorization: Custom 1\r\n"));
    CHECK_FALSE(has_all(proxy.requests().at(2), "Basic"));
    CHECK_THROWS_AS(client_options().proxy_header("X Y", "1"), std::invalid_argument);
    CHECK_THROWS_AS(client_options().proxy_header("X", "1\r\nY: 2"), std::invalid_argument);
}

TEST_CASE("no proxy's credentials or headers go to a host that is reached directly") {
    scripted_server origin(test::answering([](const std::string&) { return reply("direct"); }));
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(client_options()
                       .proxy(proxy_at(proxy, "me:pw"))
                       .proxy_header("X-Team", "blue")
                       .no_proxy("127.0.0.1"));
        auto body = co_await web.get(origin.url()).header("Proxy-Authorization", "Custom 1").text();
        CHECK(body == "direct");
    });
    CHECK(proxy.connections() == 0);
    CHECK_FALSE(has_all(origin.requests().at(0), "Proxy-Authorization"));
    CHECK_FALSE(has_all(origin.requests().at(0), "X-Team"));
}

TEST_CASE("a refusal of the proxy is a reply like any other") {
    scripted_server proxy(
        http_proxy([](const std::string&) { return reply("who are you?", "", "407 Log in"); }));
    in_loop([&]() -> task<> {
        auto web = through(proxy);
        auto answer = co_await web.get("http://site.example/").send();
        CHECK(answer.status() == 407);
        auto body = co_await answer.text();
        CHECK(body == "who are you?");
        auto error = co_await failure_of<status_error>(web.get("http://site.example/").text());
        CHECK(error.status() == 407);
    });
}

TEST_CASE("a redirect asks anew whether its target has a proxy") {
    scripted_server origin(test::answering([](const std::string&) { return reply("direct"); }));
    scripted_server proxy(http_proxy([&](const std::string& request) {
        return has_all(request, "/away") ? reply("", "Location: " + origin.url("/x") + "\r\n", "302 Found")
                                         : "";
    }));
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy_at(proxy, "me:pw")).no_proxy("127.0.0.1"));
        auto body = co_await web.get("http://site.example/away").text();
        CHECK(body == "direct");
    });
    CHECK(proxy.requests().size() == 1);
    CHECK(has_all(origin.requests().at(0), "GET /x HTTP/1.1\r\n"));
    CHECK_FALSE(has_all(origin.requests().at(0), "Proxy-Authorization"));
}

TEST_CASE("a single request may take another proxy, or none") {
    scripted_server origin(test::answering([](const std::string&) { return reply("direct"); }));
    scripted_server one(http_proxy());
    scripted_server two(http_proxy([](const std::string&) { return reply("two"); }));
    in_loop([&]() -> task<> {
        auto web = through(one);
        auto body = co_await web.get("http://site.example/").proxy(proxy_at(two)).text();
        CHECK(body == "two");
        body = co_await web.get("http://site.example/").text();
        CHECK(body == "http://site.example/");
        body = co_await web.get(origin.url()).proxy("").text();
        CHECK(body == "direct");
    });
    CHECK(one.connections() == 1);
    CHECK(two.connections() == 1);
}

TEST_CASE("connections of one proxy, or one user of it, serve no other") {
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web;
        const auto ask = [&](std::string by) { return web.get("http://site.example/").proxy(by).text(); };
        co_await ask(proxy_at(proxy, "me:one"));
        co_await ask(proxy_at(proxy, "me:two"));
        co_await ask(proxy_at(proxy));
        CHECK(web.statistics().connections_reused == 0);
        co_await ask(proxy_at(proxy, "me:one"));
        CHECK(web.statistics().connections_reused == 1);
        co_await web.get("http://site.example/").proxy(proxy_at(proxy)).proxy_header("X-Team", "a").text();
        CHECK(web.statistics().connections_reused == 1);
    });
    CHECK(proxy.connections() == 4);
}

TEST_CASE("a proxy that cannot be reached is an error that names it and the target") {
    in_loop([]() -> task<> {
        client web(client_options().proxy("http://me:secret@127.0.0.1:1"));
        auto error = co_await failure_of<connect_error>(web.get("http://site.example/").text());
        CHECK(error.url() == "http://site.example/");
        CHECK(has_all(error.cause(),
                      "the proxy http://127.0.0.1:1 on the way to site.example:80: ", "Connection refused"));
        CHECK(error.cause().find("secret") == std::string_view::npos);
        client other(client_options().proxy("http://no-such-proxy.invalid:3128"));
        error = co_await failure_of<connect_error>(other.get("http://site.example/").text());
        CHECK(has_all(error.cause(), "the proxy http://no-such-proxy.invalid:3128", "cannot resolve"));
    });
}

TEST_CASE("a proxy that keeps silent runs into the connect time-out, which names it") {
    const test::deaf_listener deaf("127.0.0.3");
    in_loop([&]() -> task<> {
        client web(client_options().proxy("http://" + deaf.where().to_string()).connect_timeout(20ms));
        auto error = co_await failure_of<timeout_error>(web.get("http://site.example/").text());
        CHECK(error.which() == time_limit::connect);
        CHECK(has_all(error.cause(), "through the proxy http://127.0.0.3", " to site.example:80"));
    });
}

TEST_CASE("a proxy's addresses are tried until one answers") {
    scripted_server proxy(http_proxy());
    const test::deaf_listener deaf("127.0.0.2", proxy.port());
    in_loop([&]() -> task<> {
        client web(client_options()
                       .proxy("proxy.example:" + std::to_string(proxy.port()))
                       .happy_eyeballs_delay(5ms)
                       .resolve("proxy.example", "127.0.0.2")
                       .resolve("proxy.example", "127.0.0.1"));
        auto body = co_await web.get("http://site.example/").text();
        CHECK(body == "http://site.example/");
    });
}

TEST_CASE("the connect_filter is not asked about a proxy, but about targets in numbers") {
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(
            client_options().proxy(proxy_at(proxy)).connect_filter(tandem::http::refuse_private_addresses));
        auto body = co_await web.get("http://site.example/").text();
        CHECK(body == "http://site.example/");
        auto error = co_await failure_of<address_refused>(web.get("http://169.254.169.254/key").text());
        CHECK(has_all(error.cause(), "169.254.169.254"));
    });
    CHECK(proxy.requests().size() == 1);
}

TEST_CASE("a Unix socket is connected to without a proxy") {
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        auto web = through(proxy);
        auto error =
            co_await failure_of<connect_error>(web.get("http://x/").unix_socket("/nowhere/none.sock").text());
        CHECK(has_all(error.cause(), "/nowhere/none.sock"));
    });
    CHECK(proxy.connections() == 0);
}

TEST_CASE("a proxy that is none is refused when it is set, and its password is not shown") {
    const auto trouble = [](const std::string& text) -> std::string {
        try {
            (void)client_options().proxy(text);
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return {};
    };
    CHECK(trouble("http://me:secret@proxy.example:99999") ==
          "the proxy 'http://proxy.example:99999': the port is no number from 1 to 65535");
    CHECK(has_all(trouble("ftp://proxy.example"), "the scheme is none of http, https, socks4"));
    CHECK(has_all(trouble("http://proxy.example/proxy.pac"), "a proxy has no path"));
    CHECK(has_all(trouble("http://me:secret@"), "it names no host"));
    CHECK(has_all(trouble("http://a b/"), "space"));
    CHECK(has_all(trouble("http://proxy\r\nX: 1"), "control character"));
    CHECK(has_all(trouble("socks5://" + std::string(256, 'u') + "@proxy"), "at most 255 bytes"));
    for (const char* good : {"proxy.example", "proxy.example:3128", "HTTP://[::1]:8080/", " https://p ",
                             "socks4a://u@p", "socks5h://u:p@p:9050", "socks://p"})
        CHECK(trouble(good).empty());
}
