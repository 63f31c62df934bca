#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>

#include "http/cancel_in_rounds.hpp"
#include "http/in_loop.hpp"
#include "support/certificates.hpp"
#include "support/proxies.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::conversation;
using test::echo_target;
using test::failure_of;
using test::has_all;
using test::http_proxy;
using test::in_loop;
using test::proxy_at;
using test::reply;
using test::scripted_server;

namespace {

/// An authority, an https origin called site.example, and what a client needs to know of both.
struct secure_site {
    test::certificate_authority authority;
    scripted_server origin{echo_target(), authority.issue("DNS:site.example")};

    client_options options(const scripted_server& proxy, const std::string& login = "") const {
        return client_options().ca_file(authority.file()).proxy(proxy_at(proxy, login));
    }
    std::string url(std::string_view target = "/a") const { return origin.url(target, "site.example"); }
    std::string authority_part() const { return "site.example:" + std::to_string(origin.port()); }
};

/// How a request to an https target fails behind a proxy that answers CONNECT with these bytes.
template <class Error = proxy_error> std::string trouble_behind(std::string bytes) {
    scripted_server proxy([&](conversation& guest) {
        if (guest.request()) guest.send(bytes);
        guest.finish();
    });
    std::string cause;
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy_at(proxy)));
        auto error = co_await failure_of<Error>(web.get("https://site.example/a").text());
        CHECK(error.url() == "https://site.example/a");
        cause = error.cause();
        CHECK(web.statistics().active == 0);
        CHECK(web.statistics().idle == 0);
    });
    CHECK(has_all(cause, "the proxy " + proxy_at(proxy)));
    return cause;
}

} // namespace

TEST_CASE("an https target is reached by a tunnel, in which the proxy sees its name and port only") {
    secure_site site;
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(site.options(proxy));
        auto body = co_await web.get(site.url()).header("Authorization", "Bearer origins").text();
        CHECK(body == "/a");
    });
    CHECK(proxy.requests().at(0) == "CONNECT " + site.authority_part() + " HTTP/1.1\r\nHost: " +
                                        site.authority_part() + "\r\nUser-Agent: tandem\r\n\r\n");
    CHECK(has_all(site.origin.requests().at(0), "GET /a HTTP/1.1\r\n", "Authorization: Bearer origins\r\n"));
}

TEST_CASE("what is meant for the proxy goes with CONNECT, and not to the origin") {
    secure_site site;
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(site.options(proxy, "me:pw").proxy_header("X-Team", "blue"));
        co_await web.get(site.url()).header("Proxy-Authorization", "Custom 1").text();
    });
    CHECK(has_all(proxy.requests().at(0), "\r\nProxy-Authorization: Basic bWU6cHc=\r\n",
                  "\r\nX-Team: blue\r\n"));
    CHECK_FALSE(has_all(site.origin.requests().at(0), "Proxy-Authorization"));
    CHECK_FALSE(has_all(site.origin.requests().at(0), "X-Team"));
}

TEST_CASE("a tunnel serves the next request for its origin, and no other origin") {
    secure_site one;
    scripted_server two(echo_target(), one.authority.issue("DNS:site.example"));
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(one.options(proxy));
        for (int i = 0; i < 3; ++i)
            co_await web.get(one.url()).text();
        CHECK(web.statistics().connections_reused == 2);
        co_await web.get(two.url("/", "site.example")).text();
        CHECK(web.statistics().connections_reused == 2);
    });
    CHECK(proxy.connections() == 2);
    CHECK(one.origin.connections() == 1);
}

TEST_CASE("a tunnel is used for an http target where that is asked for") {
    scripted_server origin(echo_target());
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy_at(proxy, "me:pw")).proxy_tunnel());
        auto body = co_await web.get(origin.url("/a", "site.example")).text();
        CHECK(body == "/a");
    });
    CHECK(has_all(proxy.requests().at(0), "CONNECT site.example:", "Proxy-Authorization: Basic"));
    CHECK(has_all(origin.requests().at(0), "GET /a HTTP/1.1\r\n"));
    CHECK_FALSE(has_all(origin.requests().at(0), "Proxy-Authorization"));
}

TEST_CASE("the certificate behind a tunnel has to be the target's") {
    secure_site site;
    scripted_server imposter(echo_target(), site.authority.issue("DNS:other.example"));
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(site.options(proxy));
        auto error = co_await failure_of<tls_error>(web.get(imposter.url("/", "site.example")).text());
        CHECK(has_all(error.cause(), "certificate is not valid"));
    });
    CHECK(imposter.requests().empty());
}

TEST_CASE("any 2xx answer to CONNECT makes the tunnel, whatever length it claims") {
    const auto answer = GENERATE("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.0 200\r\n\r\n",
                                 "HTTP/1.1 204 No Content\nTransfer-Encoding: chunked\n\n",
                                 "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
    secure_site site;
    scripted_server proxy([&](conversation& guest) {
        if (!guest.request()) return;
        guest.send_in_pieces(answer, 3);
        guest.relay_to(site.origin.port());
    });
    in_loop([&]() -> task<> {
        client web(site.options(proxy));
        auto body = co_await web.get(site.url()).text();
        CHECK(body == "/a");
    });
}

TEST_CASE("a proxy's refusal is an error with its status, and its body nobody's reply") {
    secure_site site;
    scripted_server proxy(http_proxy([](const std::string&) {
        return reply("HTTP/1.1 200 OK\r\n\r\nnot the origin", "", "403 Not from here");
    }));
    in_loop([&]() -> task<> {
        client web(site.options(proxy, "me:secret"));
        auto error = co_await failure_of<proxy_error>(web.get(site.url()).text());
        CHECK(error.code() == 403);
        CHECK(error.url() == site.url());
        CHECK(error.cause() == "the proxy " + proxy_at(proxy) + ": it refused to connect to " +
                                   site.authority_part() + ": 403 Not from here");
        CHECK(web.statistics().idle == 0);
    });
    CHECK(site.origin.connections() == 0);
}

TEST_CASE("a redirect, or a reply without words, makes no tunnel either") {
    CHECK(
        has_all(trouble_behind("HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\n\r\n"), "302 Found"));
    CHECK(has_all(trouble_behind("HTTP/1.1 502\r\n\r\n"), "502 Bad Gateway"));
}

TEST_CASE("bytes behind the answer to CONNECT are an error: they cannot be the target's") {
    CHECK(has_all(trouble_behind("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                  "it sent more than its reply, in the name of site.example:443"));
}

TEST_CASE("a proxy that breaks HTTP's rules is an error that names it") {
    CHECK(has_all(trouble_behind("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n"),
                  "its reply is not valid HTTP"));
    std::string flood = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 5000; ++i)
        flood += "X: y\r\n";
    CHECK(has_all(trouble_behind(flood), "its reply is not valid HTTP"));
    CHECK(has_all(trouble_behind("SSH-2.0-x\r\n"), "its reply is not valid HTTP"));
    std::string interim;
    for (int i = 0; i < 100; ++i)
        interim += "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(has_all(trouble_behind(interim), "informational replies only"));
}

TEST_CASE("a proxy that closes instead of answering, or in the middle of it, is an error") {
    const std::string answer = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    for (std::size_t length = 0; length < answer.size(); ++length)
        CHECK(has_all(trouble_behind(answer.substr(0, length)), "closed the connection without a reply"));
}

TEST_CASE("a proxy that resets the connection, or says nothing, is an error that names it and the target") {
    scripted_server resetting([](conversation& guest) {
        guest.request();
        guest.reset();
    });
    scripted_server silent([](conversation& guest) { guest.wait_for_close(); });
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<connect_error>(
            web.get("https://site.example/").proxy(proxy_at(resetting)).text());
        CHECK(has_all(error.cause(), "the proxy " + proxy_at(resetting) + " on the way to site.example:443"));
        auto late = co_await failure_of<timeout_error>(
            web.get("https://site.example/").proxy(proxy_at(silent)).connect_timeout(30ms).text());
        CHECK(late.which() == time_limit::connect);
        CHECK(has_all(late.cause(), "through the proxy " + proxy_at(silent) + " to site.example:443"));
    });
}

TEST_CASE("a tunnel in the making can be cancelled at any moment") {
    secure_site site;
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(site.options(proxy));
        const auto link = site.url();
        const auto ask = [&]() -> task<> { co_await web.get(link).text(); };
        co_await test::cancel_in_rounds(80, web, ask);
        co_await ask();
    });
}
