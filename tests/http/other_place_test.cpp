// Requests that go to another place than the one that their URL names.
#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/certificates.hpp"
#include "support/proxies.hpp"
#include "support/tls_pair.hpp"

using namespace tandem::http;
using tandem::task;
using test::echo_target;
using test::failure_of;
using test::has_all;
using test::http_proxy;
using test::in_loop;
using test::proxy_at;
using test::reply;
using test::scripted_server;

namespace {

scripted_server::script saying_always(const std::string& text) {
    return test::answering([text](const std::string&) { return reply(text); });
}

} // namespace

TEST_CASE("a host is connected to at another place, and keeps its name") {
    scripted_server one(saying_always("1"));
    scripted_server two(saying_always("2"));
    in_loop([&]() -> task<> {
        std::string body;
        client web(client_options()
                       .connect_to("A.example", 80, "127.0.0.1", one.port())
                       .connect_to("", 81, "localhost", two.port())
                       .connect_to("a.example", 0, "127.0.0.1", two.port()));
        body = co_await web.get("http://a.example/x").text();
        CHECK(body == "1");
        body = co_await web.get("http://b.example:81/").text();
        CHECK(body == "2");
        body = co_await web.get("http://a.example:82/").text();
        CHECK(body == "2");
        // Only the port is another.
        auto straight = web.get("http://127.0.0.1:9/").connect_to("127.0.0.1", 9, "", one.port());
        body = co_await straight.text();
        CHECK(body == "1");
    });
    CHECK(has_all(one.requests().at(0), "GET /x HTTP/1.1\r\n", "Host: a.example\r\n"));
    CHECK(has_all(two.requests().at(0), "Host: b.example:81\r\n"));
}

TEST_CASE("requests that connect to two places do not share a connection") {
    scripted_server one(saying_always("1"));
    scripted_server two(saying_always("2"));
    in_loop([&]() -> task<> {
        client web;
        auto at = [&](const scripted_server& server) {
            return web.get("http://a.example/").connect_to("a.example", 80, "127.0.0.1", server.port());
        };
        std::string answers;
        for (const auto* server : {&one, &two, &one, &two})
            answers += co_await at(*server).text();
        CHECK(answers == "1212");
    });
    CHECK(one.connections() == 1);
    CHECK(two.connections() == 1);
}

TEST_CASE("at another place the certificate still has to be for the URL's host") {
    const test::certificate_authority authority;
    scripted_server server(echo_target(), authority.issue("DNS:a.example"));
    in_loop([&]() -> task<> {
        std::string body;
        client web(client_options()
                       .ca_file(authority.file())
                       .proxy("")
                       .connect_to("", 443, "127.0.0.1", server.port()));
        body = co_await web.get("https://a.example/x").text();
        CHECK(body == "/x");
        co_await failure_of<tls_error>(web.get("https://b.example/x").text());
    });
}

TEST_CASE("a proxy is asked for a tunnel to the other place") {
    scripted_server server(echo_target());
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        std::string body;
        client web(
            client_options().proxy(proxy_at(proxy)).connect_to("a.example", 80, "c.example", server.port()));
        body = co_await web.get("http://a.example/x").text();
        CHECK(body == "/x");
    });
    CHECK(proxy.requests().at(0).starts_with("CONNECT c.example:" + std::to_string(server.port())));
    CHECK(has_all(server.requests().at(0), "GET /x HTTP/1.1\r\n", "Host: a.example\r\n"));
}

TEST_CASE("an address holds for a host at a port, and one for any host behind those for some") {
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        std::string body;
        const auto port = server.port();
        client web(client_options()
                       .resolve_at("*", port, "127.0.0.1")
                       .resolve_at("refused.example", port, "127.0.0.2")
                       .resolve_at("a.example", 1, "127.0.0.2"));
        body = co_await web.get(server.url("/x", "a.example")).text();
        CHECK(body == "/x");
        co_await failure_of<connect_error>(web.get(server.url("/y", "refused.example")).text());
    });
}

TEST_CASE("a proxy is reached through another one, which sees no more than its name") {
    scripted_server server(echo_target());
    scripted_server proxy(http_proxy());
    test::socks_server before;
    in_loop([&]() -> task<> {
        std::string body;
        client web(client_options()
                       .proxy("http://proxy.example:" + std::to_string(proxy.port()))
                       .pre_proxy(before.url("socks5h", "me:secret")));
        body = co_await web.get("http://site.example/x").text();
        CHECK(body == "http://site.example/x");
        auto tunnelled = web.get(server.url("/y", "site.example")).proxy_tunnel();
        body = co_await tunnelled.text();
        CHECK(body == "/y");
    });
    CHECK(before.asked().size() == 2);
    CHECK(before.asked().at(0).starts_with("5 name proxy.example:" + std::to_string(proxy.port())));
    const auto seen = proxy.requests();
    for (const auto& each : seen)
        UNSCOPED_INFO(each);
    REQUIRE(seen.size() == 2);
    CHECK(seen[1].starts_with("CONNECT site.example:"));
}

TEST_CASE("a proxy before the proxy has to be a SOCKS proxy, and is named in errors") {
    CHECK_THROWS_AS(client_options().pre_proxy("http://127.0.0.1:3128"), std::invalid_argument);
    test::socks_rules rules;
    rules.refusal = 5;
    test::socks_server before(rules);
    in_loop([&]() -> task<> {
        client web(client_options().proxy("http://proxy.example").pre_proxy(before.url("socks5h")));
        auto error = co_await failure_of<proxy_error>(web.get("http://site.example/").text());
        CHECK(has_all(error.cause(), before.url("socks5h")));
    });
}
