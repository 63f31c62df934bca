#include <catch2/catch.hpp>

#include <openssl/ssl.h>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/certificates.hpp"
#include "support/log_capture.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"
#include "support/tls_pair.hpp"

using namespace tandem::http;
using tandem::task;
using tandem::tls_client_options;
using test::conversation;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;
using test::test_authority;
using test::test_identity;

namespace {

tls_client_options trusting() {
    return tls_client_options().ca_file(test_authority().file());
}

test::server_setup tls_server() {
    test::server_setup setup;
    setup.who = test_identity();
    return setup;
}

scripted_server::script answering_once(std::string body) {
    return [body](conversation& talk) {
        talk.request();
        talk.send(reply(body, "Connection: close\r\n"));
        talk.finish();
    };
}

constexpr const char* other_pin = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

} // namespace

TEST_CASE("a server that asks for a certificate is shown the client's, from files or texts") {
    auto setup = tls_server();
    setup.client_authority = test_authority().own().certificate;
    scripted_server server(
        [](conversation& talk) {
            talk.request();
            talk.send(reply(talk.client_subject(), "Connection: close\r\n"));
        },
        setup);
    const auto own = test_authority().issue("DNS:client");
    test::temp_folder folder;
    const auto chain = folder.write("chain.pem", own.certificate);
    const auto key = folder.write("key.pem", own.key);
    in_loop([&]() -> task<> {
        client web(client_options().tls(trusting().certificate_file(chain, key)));
        auto subject = co_await web.get(server.url("/", "localhost")).text();
        CHECK(subject == "a server"); // the name that the tests' authority gives to all
        client other(client_options().tls(trusting().certificate_pem(own.certificate, own.key)));
        subject = co_await other.get(server.url("/", "localhost")).text();
        CHECK(subject == "a server");
    });
}

TEST_CASE("without the certificate that a server requires nothing is answered") {
    auto setup = tls_server();
    setup.client_authority = test_authority().own().certificate;
    scripted_server server(answering_once("secret"), setup);
    in_loop([&]() -> task<> {
        client web(client_options().tls(trusting()));
        auto error = co_await failure_of<tls_error>(web.get(server.url("/", "localhost")).text());
        CHECK(has_all(error.cause(), "certificate required"));
    });
    CHECK(server.requests().empty());
}

TEST_CASE("a key that does not belong to its certificate is an error before any connection") {
    scripted_server server(answering_once("x"), tls_server());
    const auto one = test_authority().issue("DNS:one"), two = test_authority().issue("DNS:two");
    in_loop([&]() -> task<> {
        client web(client_options().tls(trusting().certificate_pem(one.certificate, two.key)));
        auto error = co_await failure_of<tls_error>(web.get(server.url("/", "localhost")).text());
        CHECK(has_all(error.cause(), "does not belong to the certificate"));
    });
    CHECK(server.requests().empty());
}

TEST_CASE("a server whose key is not among the pinned ones is refused before one request byte is sent") {
    scripted_server server(answering_once("x"), tls_server());
    in_loop([&]() -> task<> {
        client web(client_options().tls(trusting().pin_public_key(other_pin)));
        auto error = co_await failure_of<tls_error>(web.get(server.url("/", "localhost")).text());
        CHECK(has_all(error.cause(), "none of its public keys is one that is pinned here"));
    });
    CHECK(server.requests().empty());
}

TEST_CASE("requests with other pins do not share a connection") {
    scripted_server server(test::answering([](const std::string&) { return reply("x"); }), tls_server());
    in_loop([&]() -> task<> {
        client web(client_options().tls(trusting()));
        auto link = server.url("/", "localhost");
        co_await web.get(link).text();
        auto pinned = trusting().pin_public_key(other_pin);
        auto error = co_await failure_of<tls_error>(web.get(link).tls(pinned).text());
        CHECK(has_all(error.cause(), "pinned"));
    });
    CHECK(server.requests().size() == 1);
}

TEST_CASE("a server below the minimum version is refused") {
    auto setup = tls_server();
    setup.latest_tls = TLS1_2_VERSION;
    scripted_server server(answering_once("x"), setup);
    in_loop([&]() -> task<> {
        client usual(client_options().tls(trusting()));
        auto body = co_await usual.get(server.url("/", "localhost")).text();
        CHECK(body == "x");
        client strict(client_options().tls(trusting().minimum_version(tandem::tls_version::tls_1_3)));
        auto error = co_await failure_of<tls_error>(strict.get(server.url("/", "localhost")).text());
        CHECK(has_all(error.cause(), "TLS"));
    });
    CHECK(server.requests().size() == 1);
}

TEST_CASE("http/1.1 is what a client offers by ALPN") {
    for (const auto& protocol : {std::string("http/1.1"), std::string("h2")}) {
        auto setup = tls_server();
        setup.protocol = protocol;
        scripted_server server(
            [](conversation& talk) {
                talk.request();
                talk.send(reply(talk.protocol(), "Connection: close\r\n"));
            },
            setup);
        in_loop([&]() -> task<> {
            client web(client_options().tls(trusting()));
            auto chosen = co_await web.get(server.url("/", "localhost")).text();
            CHECK(chosen == (protocol == "h2" ? "" : "http/1.1"));
        });
    }
}

TEST_CASE("a protocol that is offered and not spoken is an error where the server takes it") {
    auto setup = tls_server();
    setup.protocol = "h2";
    scripted_server server(answering_once("x"), setup);
    auto offering = trusting().protocols({"h2", "http/1.1"});
    in_loop([&]() -> task<> {
        client web(client_options().tls(offering));
        auto error = co_await failure_of<tls_error>(web.get(server.url("/", "localhost")).text());
        CHECK(error.cause() == "the server chose a protocol that is not spoken here: h2");
    });
    CHECK(server.requests().empty());
}

TEST_CASE("a second connection takes up the session of the first") {
    scripted_server server(answering_once("x"), tls_server());
    in_loop([&]() -> task<> {
        client web(client_options().tls(trusting()));
        for (int i = 0; i < 3; ++i)
            co_await web.get(server.url("/", "localhost")).text();
        CHECK(web.statistics().connections_opened == 3);
        CHECK(web.statistics().sessions_resumed == 2);
    });
}

TEST_CASE("no session passes between requests that verify and those that do not") {
    test::log_capture log;
    scripted_server server(answering_once("x"), tls_server());
    in_loop([&]() -> task<> {
        client web(client_options().tls(trusting()));
        auto link = server.url("/", "localhost");
        co_await web.get(link).text();
        co_await web.get(link).insecure_accept_any_certificate().text();
        CHECK(web.statistics().sessions_resumed == 0);
        co_await web.get(link).text();
        co_await web.get(link).insecure_accept_any_certificate().text();
        CHECK(web.statistics().sessions_resumed == 2);
    });
}

TEST_CASE("a request that does not verify says so in the log, each time") {
    test::log_capture log;
    scripted_server server(test::answering([](const std::string&) { return reply("x"); }),
                           test::certificate_authority::self_signed("DNS:elsewhere"));
    const auto link = server.url("/a", "localhost");
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 2; ++i)
            co_await web.get(link).insecure_accept_any_certificate().text();
    });
    const auto expected = link + ": talks to " + server.url("", "localhost") +
                          " without verifying who that is, as this request asked for";
    CHECK(log.texts() == std::vector<std::string>{expected, expected});
}

TEST_CASE("a key log is written to the file that was named, and none without") {
    scripted_server server(answering_once("x"), tls_server());
    test::temp_folder folder;
    in_loop([&]() -> task<> {
        client quiet(client_options().tls(trusting()));
        co_await quiet.get(server.url("/", "localhost")).text();
        CHECK(test::files_below(folder.path()).empty());
        client web(client_options().tls(trusting().key_log_file(folder / "keys.log")));
        co_await web.get(server.url("/", "localhost")).text();
    });
    CHECK(has_all(test::read_file(folder / "keys.log"), "CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
                  "SERVER_TRAFFIC_SECRET_0 "));
}
