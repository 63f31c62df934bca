// nginx over https.
#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/nginx.hpp"

using namespace tandem::http;
using tandem::task;
using tandem::tls_client_options;
using test::certificate_authority;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::nginx;
using test::nginx_setup;

TEST_CASE("nginx is talked to over TLS, its connection kept and its session taken up again") {
    certificate_authority authority;
    for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
        INFO(version);
        nginx_setup setup;
        setup.directives = "ssl_protocols " + std::string(version) +
                           "; location = /tls { return 200 \"$ssl_protocol $ssl_session_reused\"; }";
        setup.who = authority.issue("DNS:localhost");
        const nginx server(setup);
        in_loop([&]() -> task<> {
            client web(client_options().ca_file(authority.file()));
            for (int i = 0; i < 2; ++i) {
                auto text = co_await web.get(server.https_url("/tls")).text();
                CHECK(text == std::string(version) + " .");
            }
            CHECK(web.statistics().connections_opened == 1);
            auto apart = web.get(server.https_url("/tls")).header("Connection", "close");
            co_await apart.text();
            auto text = co_await apart.text();
            CHECK(text == std::string(version) + " r");
            CHECK(web.statistics().sessions_resumed == 1);
        });
    }
}

TEST_CASE("a large file of nginx comes whole over TLS") {
    certificate_authority authority;
    nginx_setup setup;
    setup.who = authority.issue("DNS:localhost");
    const nginx server(setup);
    server.serve_sparse("nothing", 16u << 20);
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        for (int i = 0; i < 2; ++i) {
            auto text = co_await web.get(server.https_url("/nothing")).text();
            CHECK((text == std::string(16u << 20, '\0')));
        }
        CHECK(web.statistics().connections_opened == 1);
    });
}

TEST_CASE("nginx is redirected from to https, and not talked to with a certificate for another name") {
    certificate_authority authority;
    nginx_setup setup;
    setup.who = authority.issue("DNS:localhost");
    setup.directives = "location = /secure { return 200 \"$scheme $host\"; }";
    const nginx server(setup);
    nginx_setup first;
    first.directives = "location / { return 301 " + server.https_url("") + "$request_uri; }";
    const nginx plain(first);
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        auto text = co_await web.get(plain.url("/secure")).text();
        CHECK(text == "https localhost");
        auto error = co_await failure_of<tls_error>(web.get(server.https_url("/secure", "127.0.0.1")).text());
        CHECK(has_all(error.cause(), "IP address mismatch"));
    });
}

TEST_CASE("nginx sees the client's certificate, and answers nothing without it") {
    certificate_authority authority;
    test::temp_folder folder;
    const auto trusted = folder.write("clients.pem", authority.own().certificate);
    nginx_setup setup;
    setup.who = authority.issue("DNS:localhost");
    setup.directives = "ssl_verify_client on; ssl_client_certificate " + trusted +
                       "; location = /who { return 200 $ssl_client_verify; }";
    const nginx server(setup);
    const auto mine = authority.issue("DNS:me.example");
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        auto error = co_await failure_of<status_error>(web.get(server.https_url("/who")).text());
        CHECK(error.status() == 400);
        tls_client_options known;
        known.ca_file(authority.file()).certificate_pem(mine.certificate, mine.key);
        auto text = co_await web.get(server.https_url("/who")).tls(known).text();
        CHECK(text == "SUCCESS");
    });
}
