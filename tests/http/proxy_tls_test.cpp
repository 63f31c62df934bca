#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>

#include "http/cancel_in_rounds.hpp"
#include "http/in_loop.hpp"
#include "support/certificates.hpp"
#include "support/proxies.hpp"

using namespace tandem::http;
using tandem::task;
using test::echo_target;
using test::failure_of;
using test::has_all;
using test::http_proxy;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// A proxy that is spoken to by TLS, and origins behind it.
struct secure_proxy {
    test::certificate_authority authority;
    scripted_server proxy{http_proxy(), authority.issue("DNS:localhost")};
    scripted_server origin{echo_target(), authority.issue("DNS:site.example")};

    std::string name() const { return "https://localhost:" + std::to_string(proxy.port()); }
    client_options options() const { return client_options().ca_file(authority.file()).proxy(name()); }
};

} // namespace

TEST_CASE("a request is handed to a proxy that is spoken to by TLS") {
    secure_proxy set;
    in_loop([&]() -> task<> {
        client web(set.options());
        for (int i = 0; i < 2; ++i) {
            auto body = co_await web.get("http://site.example/a").text();
            CHECK(body == "http://site.example/a");
        }
        CHECK(web.statistics().connections_reused == 1);
    });
    CHECK(set.origin.connections() == 0);
}

TEST_CASE("TLS to the target goes inside TLS to the proxy") {
    secure_proxy set;
    in_loop([&]() -> task<> {
        client web(set.options());
        const auto link = set.origin.url("/a", "site.example");
        auto body = co_await web.get(link).text();
        CHECK(body == "/a");
        const std::string large(300'000, 'x');
        auto answer = co_await web.post(link).body(large).send();
        CHECK(answer.status() == 200);
        CHECK(web.statistics().connections_reused == 1);
    });
    CHECK(has_all(set.proxy.requests().at(0), "CONNECT site.example:"));
    CHECK(set.origin.requests().size() == 2);
}

TEST_CASE("a proxy's certificate has to be valid and for its name, whatever the request allows its target") {
    secure_proxy set;
    in_loop([&]() -> task<> {
        client web;
        const auto link = set.origin.url("/a", "site.example");
        auto error = co_await failure_of<tls_error>(
            web.get(link).proxy(set.name()).insecure_accept_any_certificate().text());
        CHECK(has_all(error.cause(), "the proxy " + set.name() + " on the way to site.example:",
                      "the server's certificate is not valid"));
        client other(client_options()
                         .ca_file(set.authority.file())
                         .proxy("https://127.0.0.1:" + std::to_string(set.proxy.port())));
        error = co_await failure_of<tls_error>(other.get(link).text());
        CHECK(has_all(error.cause(), "the proxy https://127.0.0.1:"));
    });
    CHECK(set.proxy.requests().empty());
}

TEST_CASE("a client certificate and pins are for the target, and not for the proxy") {
    test::certificate_authority authority;
    const auto mine = authority.issue("DNS:me.example");
    test::server_setup asking;
    asking.who = authority.issue("DNS:site.example");
    asking.client_authority = authority.own().certificate;
    scripted_server origin(
        [](test::conversation& talk) {
            while (talk.request())
                talk.send(reply(talk.client_subject().empty() ? "nobody" : "somebody"));
        },
        asking);
    std::string seen = "nothing";
    scripted_server proxy(
        [&](test::conversation& talk) {
            if (!talk.request()) return;
            seen = talk.client_subject();
            talk.send("HTTP/1.1 200 OK\r\n\r\n");
            talk.relay_to(origin.port());
        },
        authority.issue("DNS:localhost"));
    in_loop([&]() -> task<> {
        client web(client_options()
                       .tls(tandem::tls_client_options()
                                .ca_file(authority.file())
                                .certificate_pem(mine.certificate, mine.key))
                       .proxy("https://localhost:" + std::to_string(proxy.port())));
        auto body = co_await web.get(origin.url("/", "site.example")).text();
        CHECK(body == "somebody");
    });
    CHECK(seen.empty());
}

TEST_CASE("TLS inside TLS can be cancelled at any moment") {
    secure_proxy set;
    in_loop([&]() -> task<> {
        client web(set.options());
        const auto link = set.origin.url("/a", "site.example");
        const auto ask = [&]() -> task<> { co_await web.get(link).text(); };
        co_await test::cancel_in_rounds(100, web, ask);
        co_await ask();
    });
}
