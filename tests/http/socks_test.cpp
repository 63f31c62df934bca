#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>
#include <tandem/io/resolver.hpp>

#include "http/cancel_in_rounds.hpp"
#include "http/in_loop.hpp"
#include "support/certificates.hpp"
#include "support/proxies.hpp"

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace tandem::http;
using tandem::task;
using test::conversation;
using test::echo_target;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;
using test::socks_rules;
using test::socks_server;

namespace {

using lines = std::vector<std::string>;

std::string with_port(const std::string& host, const scripted_server& server) {
    return host + ":" + std::to_string(server.port());
}

/// How a request fails behind a SOCKS proxy that sends these bytes and then closes.
std::string trouble_behind(const std::string& scheme, std::string bytes) {
    scripted_server proxy([&](conversation& guest) {
        guest.take(3);
        guest.send(bytes);
        guest.finish();
    });
    const auto name = scheme + "://127.0.0.1:" + std::to_string(proxy.port());
    std::string cause;
    in_loop([&]() -> task<> {
        client web(client_options().proxy(scheme + "://me:pw@127.0.0.1:" + std::to_string(proxy.port())));
        auto error = co_await failure_of<proxy_error>(web.get("http://site.example/").text());
        cause = error.cause();
        CHECK(web.statistics().active == 0);
    });
    CHECK(has_all(cause, "the proxy " + name + ": "));
    return cause;
}

} // namespace

TEST_CASE("socks5h and socks4a leave the target's name to the proxy") {
    const auto scheme = GENERATE("socks5h"s, "socks4a"s, "socks"s);
    scripted_server origin(echo_target());
    socks_server proxy;
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy.url(scheme)));
        for (int i = 0; i < 2; ++i) {
            auto body = co_await web.get(origin.url("/a", "no-such-name.invalid")).text();
            CHECK(body == "/a");
        }
        CHECK(tandem::resolver::current().statistics().misses == 0);
        CHECK(web.statistics().connections_reused == 1);
    });
    const auto version = scheme == "socks4a" ? "4"s : "5"s;
    CHECK(proxy.asked() == lines{version + " name " + with_port("no-such-name.invalid", origin)});
    CHECK(has_all(origin.requests().at(0), "GET /a HTTP/1.1\r\n", "Host: no-such-name.invalid:"));
}

TEST_CASE("socks5 and socks4 are given the address, which is resolved here") {
    const auto scheme = GENERATE("socks5"s, "socks4"s);
    scripted_server origin(echo_target());
    socks_server proxy;
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy.url(scheme)).resolve("site.example", "127.0.0.9"));
        auto body = co_await web.get(origin.url("/a", "site.example")).text();
        CHECK(body == "/a");
        auto error = co_await failure_of<connect_error>(web.get("http://no-such-name.invalid/").text());
        CHECK(has_all(error.cause(), "no-such-name.invalid", "cannot resolve"));
    });
    CHECK(proxy.asked() == lines{std::string(1, scheme[5]) + " address " + with_port("127.0.0.9", origin)});
}

TEST_CASE("a target in numbers goes to the proxy as an address") {
    scripted_server origin(echo_target());
    socks_server proxy;
    in_loop([&]() -> task<> {
        for (const auto* scheme : {"socks5h", "socks4a"}) {
            client web(client_options().proxy(proxy.url(scheme)));
            co_await web.get(origin.url()).text();
        }
        client web(client_options().proxy(proxy.url("socks5h")));
        co_await web.get(origin.url("/", "[::1]")).text();
    });
    CHECK(proxy.asked() == lines{"5 address " + with_port("127.0.0.1", origin),
                                 "4 address " + with_port("127.0.0.1", origin),
                                 "5 address " + with_port("[::1]", origin)});
}

TEST_CASE("SOCKS4 reaches no IPv6 address, and says so") {
    socks_server proxy;
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy.url("socks4a")).resolve("site.example", "::1"));
        auto error = co_await failure_of<proxy_error>(web.get("http://[::1]/").text());
        CHECK(has_all(error.cause(), "SOCKS4 cannot reach the IPv6 address ::1"));
        auto other = co_await failure_of<connect_error>(
            web.get("http://site.example/").proxy(proxy.url("socks4")).text());
        CHECK(has_all(other.cause(), "SOCKS4 needs an IPv4 address"));
    });
    CHECK(proxy.asked().empty());
}

TEST_CASE("an https target is reached through SOCKS with its own certificate") {
    test::certificate_authority authority;
    scripted_server origin(echo_target(), authority.issue("DNS:site.example"));
    socks_server proxy;
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()).proxy(proxy.url("socks5h")));
        auto body = co_await web.get(origin.url("/a", "site.example")).text();
        CHECK(body == "/a");
    });
}

TEST_CASE("a user name and password are given to a SOCKS5 proxy that asks for them") {
    scripted_server origin(echo_target());
    socks_rules rules;
    rules.login = "me:p@ss";
    socks_server proxy(rules);
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy.url("socks5h", "me:p%40ss")));
        auto body = co_await web.get(origin.url("/a", "site.example")).text();
        CHECK(body == "/a");
        auto error = co_await failure_of<proxy_error>(
            web.get("http://site.example/").proxy(proxy.url("socks5h", "me:wrong")).text());
        CHECK(has_all(error.cause(), "it refuses the user name and password"));
        CHECK_FALSE(error.cause().find("wrong") != std::string_view::npos);
        error = co_await failure_of<proxy_error>(
            web.get("http://site.example/").proxy(proxy.url("socks5h")).text());
        CHECK(has_all(error.cause(), "it asks for a user name and password"));
    });
    CHECK(proxy.asked() == lines{"5 name " + with_port("site.example", origin) + " me:p@ss"});
    CHECK_FALSE(origin.requests().at(0).find("Authorization") != std::string::npos);
}

TEST_CASE("a SOCKS5 proxy that wants no login gets none") {
    scripted_server origin(echo_target());
    socks_server proxy;
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy.url("socks5h", "me:pw")));
        co_await web.get(origin.url("/a", "site.example")).text();
        client other(client_options().proxy(proxy.url("socks4a", "me")));
        co_await other.get(origin.url("/a", "site.example")).text();
    });
    CHECK(proxy.asked() == lines{"5 name " + with_port("site.example", origin),
                                 "4 name " + with_port("site.example", origin) + " me"});
}

TEST_CASE("each address that a SOCKS5 reply can carry is read to its end") {
    scripted_server origin(echo_target());
    socks_rules rules;
    rules.bound_kind = GENERATE(char{1}, char{3}, char{4});
    socks_server proxy(rules);
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy.url("socks5h")));
        auto body = co_await web.get(origin.url("/a", "site.example")).text();
        CHECK(body == "/a");
    });
}

TEST_CASE("a SOCKS proxy's refusal is an error with its code and its meaning") {
    socks_rules rules;
    rules.refusal = 5;
    socks_server five(rules);
    rules.refusal = 91;
    socks_server four(rules);
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<proxy_error>(
            web.get("http://site.example/").proxy(five.url("socks5h")).text());
        CHECK(error.code() == 5);
        CHECK(error.cause() == "the proxy " + five.url("socks5h") +
                                   ": it refused to connect to site.example:80: the connection was refused");
        error = co_await failure_of<proxy_error>(
            web.get("http://site.example/").proxy(four.url("socks4a")).text());
        CHECK(error.code() == 91);
        CHECK(has_all(error.cause(), "rejected or failed"));
    });
}

TEST_CASE("a SOCKS proxy that speaks something else is an error that says so") {
    CHECK(has_all(trouble_behind("socks5h", "HTTP/1.1 400 Bad Request\r\n\r\n"),
                  "does not speak this version of SOCKS: its reply begins with 72"));
    CHECK(has_all(trouble_behind("socks5h", "\4\0"s), "begins with 4"));
    CHECK(has_all(trouble_behind("socks4a", "\5\0\0\0\0\0\0\0"s), "begins with 5"));
    CHECK(has_all(trouble_behind("socks5h", "\5\1"s), "a way to log in that was not offered"));
    CHECK(has_all(trouble_behind("socks5h", "\5\377"s), "takes no user name and password"));
    CHECK(has_all(trouble_behind("socks5h", "\5\2\5\0"s), "none of RFC 1929"));
    CHECK(has_all(trouble_behind("socks5h", "\5\0\4\0\0\1"s), "begins with 4"));
    CHECK(has_all(trouble_behind("socks5h", "\5\0\5\0\0\7"s
                                            "1234567890"),
                  "address of an unknown kind"));
}

TEST_CASE("a SOCKS proxy that closes in the middle of the negotiation is an error") {
    for (const auto& whole : {"\5\2\1\0\5\0\0\1\0\0\0\0\0\0"s, "\5\0\5\0\0\3\377short"s})
        for (std::size_t length = 0; length < whole.size(); ++length)
            CHECK(has_all(trouble_behind("socks5h", whole.substr(0, length)), "closed the connection"));
    for (std::size_t length = 0; length < 8; ++length)
        CHECK(has_all(trouble_behind("socks4a", "\0\132\0\0\0\0\0\0"s.substr(0, length)),
                      "closed the connection"));
}

TEST_CASE("a SOCKS proxy that keeps silent runs into the connect time-out") {
    scripted_server silent([](conversation& guest) { guest.wait_for_close(); });
    in_loop([&]() -> task<> {
        client web(client_options()
                       .proxy("socks5h://127.0.0.1:" + std::to_string(silent.port()))
                       .connect_timeout(20ms));
        auto error = co_await failure_of<timeout_error>(web.get("http://site.example/").text());
        CHECK(error.which() == time_limit::connect);
        CHECK(has_all(error.cause(), "through the proxy socks5h://127.0.0.1:", " to site.example:80"));
    });
}

TEST_CASE("the connect_filter is asked about what is resolved here for a SOCKS proxy") {
    scripted_server origin(echo_target());
    socks_server proxy;
    in_loop([&]() -> task<> {
        client web(client_options()
                       .proxy(proxy.url("socks5"))
                       .connect_filter(refuse_private_addresses)
                       .resolve("site.example", "10.0.0.1"));
        auto error = co_await failure_of<address_refused>(web.get("http://site.example/").text());
        CHECK(has_all(error.cause(), "10.0.0.1"));
        auto body = co_await web.get(origin.url("/a", "site.example")).proxy(proxy.url("socks5h")).text();
        CHECK(body == "/a");
    });
}

TEST_CASE("what SOCKS cannot carry is refused before anything is sent") {
    socks_server proxy;
    std::string host;
    for (int i = 0; i < 26; ++i)
        host += "abcdefghi.";
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy.url("socks5h")));
        auto error = co_await failure_of<proxy_error>(web.get("http://" + host + "example/").text());
        CHECK(has_all(error.cause(), "more than 255 bytes"));
    });
    CHECK(proxy.asked().empty());
}

TEST_CASE("a SOCKS negotiation can be cancelled at any moment") {
    scripted_server origin(echo_target());
    socks_rules rules;
    rules.login = "me:pw";
    socks_server proxy(rules);
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy.url("socks5h", "me:pw")));
        const auto link = origin.url("/a", "site.example");
        const auto ask = [&]() -> task<> { co_await web.get(link).text(); };
        co_await test::cancel_in_rounds(80, web, ask);
        co_await ask();
    });
}
