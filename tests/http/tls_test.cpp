#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

using namespace tandem::http;
using tandem::task;
using test::answering;
using test::certificate_authority;
using test::conversation;
using test::echo_target;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// Why a client that trusts `authority` refuses `who` under the name `host`.
std::string refusal(const certificate_authority& authority, const test::identity& who,
                    std::string_view host) {
    scripted_server server(echo_target(), who);
    std::string cause;
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        auto error = co_await failure_of<tls_error>(web.get(server.url("/x", host)).text());
        CHECK(error.url() == server.url("/x", host));
        cause = error.cause();
    });
    // Not one byte of the request has left.
    CHECK(server.requests().empty());
    return cause;
}

const std::string invalid = "the server's certificate is not valid: ";

} // namespace

TEST_CASE("a server with a trusted certificate for its name is talked to, and its connection kept") {
    certificate_authority authority;
    scripted_server server(echo_target(), authority.issue("DNS:localhost"));
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        for (const char* target : {"/a", "/b", "/c"}) {
            auto body = co_await web.get(server.url(target, "localhost")).text();
            CHECK(body == target);
        }
        CHECK(web.statistics().connections_reused == 2);
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a certificate may be for an address") {
    certificate_authority authority;
    scripted_server server(echo_target(), authority.issue("IP:127.0.0.1"));
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        auto body = co_await web.get(server.url("/a")).text();
        CHECK(body == "/a");
    });
}

TEST_CASE("a certificate for another name is refused before one request byte is sent") {
    certificate_authority authority;
    CHECK(refusal(authority, authority.issue("DNS:other.example"), "localhost") ==
          invalid + "hostname mismatch");
    CHECK(refusal(authority, authority.issue("DNS:localhost"), "127.0.0.1") ==
          invalid + "IP address mismatch");
}

TEST_CASE("an expired certificate is refused before one request byte is sent") {
    certificate_authority authority;
    CHECK(refusal(authority, authority.issue_expired("DNS:localhost"), "localhost") ==
          invalid + "certificate has expired");
}

TEST_CASE("a certificate that is not valid yet is refused before one request byte is sent") {
    certificate_authority authority;
    CHECK(refusal(authority, authority.issue_early("DNS:localhost"), "localhost") ==
          invalid + "certificate is not yet valid");
}

TEST_CASE("a self-signed certificate is refused before one request byte is sent") {
    certificate_authority authority;
    auto cause = refusal(authority, certificate_authority::self_signed("DNS:localhost"), "localhost");
    CHECK(has_all(cause, invalid, "self-signed certificate"));
}

TEST_CASE("a certificate of an authority that the system does not know is refused") {
    certificate_authority authority;
    scripted_server server(echo_target(), authority.issue("DNS:localhost"));
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<tls_error>(web.get(server.url("/x", "localhost")).text());
        CHECK(has_all(error.cause(), invalid, "unable to get local issuer certificate"));
    });
    CHECK(server.requests().empty());
}

TEST_CASE("a server that does not speak TLS is an error") {
    scripted_server server([](conversation& talk) {
        talk.send("220 mail.example ESMTP\r\n");
        talk.wait_for_close();
    });
    in_loop([&]() -> task<> {
        client web;
        auto link = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
        auto error = co_await failure_of<tls_error>(web.get(link).text());
        CHECK(error.url() == link);
        CHECK(has_all(error.cause(), "TLS handshake failed: "));
    });
}

TEST_CASE("a server that hangs up during the handshake is an error") {
    scripted_server server([](conversation& talk) { talk.cut(); });
    in_loop([&]() -> task<> {
        client web;
        auto link = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
        auto error = co_await failure_of<tls_error>(web.get(link).text());
        CHECK(error.cause() == "TLS handshake failed: the server closed the connection");
    });
}

TEST_CASE("a file of authorities that cannot be read is an error that names it") {
    in_loop([]() -> task<> {
        client web(client_options().ca_file("/no/such/file.pem"));
        scripted_server server(echo_target(), certificate_authority::self_signed("DNS:localhost"));
        auto error = co_await failure_of<tls_error>(web.get(server.url("/", "localhost")).text());
        CHECK(has_all(error.cause(), "cannot read the trusted certificates in /no/such/file.pem"));
    });
}

TEST_CASE("a body until the connection closes needs the server's word that it is complete") {
    certificate_authority authority;
    bool in_order = GENERATE(true, false);
    scripted_server server(
        [in_order](conversation& talk) {
            talk.request();
            talk.send("HTTP/1.1 200 OK\r\n\r\nhello");
            if (in_order)
                talk.finish();
            else
                talk.cut();
        },
        authority.issue("DNS:localhost"));
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        auto work = web.get(server.url("/", "localhost")).text();
        if (in_order) {
            auto body = co_await std::move(work);
            CHECK(body == "hello");
        } else {
            auto error = co_await failure_of<truncated_error>(std::move(work));
            CHECK(error.cause() == "the body is incomplete: the connection was closed after 5 bytes");
        }
    });
}

TEST_CASE("a body with its length is complete over TLS even when the server hangs up without a word") {
    certificate_authority authority;
    scripted_server server(
        [](conversation& talk) {
            talk.request();
            talk.send(reply("hello"));
            talk.cut();
        },
        authority.issue("DNS:localhost"));
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        auto body = co_await web.get(server.url("/", "localhost")).text();
        CHECK(body == "hello");
    });
}

TEST_CASE("a large body arrives whole over TLS") {
    certificate_authority authority;
    std::string bytes(9 * 1024 * 1024 + 1, 'x');
    for (std::size_t i = 0; i < bytes.size(); i += 4093)
        bytes[i] = static_cast<char>(i / 4093);
    scripted_server server(answering([&](const std::string&) { return reply(bytes); }),
                           authority.issue("DNS:localhost"));
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        auto body = co_await web.get(server.url("/", "localhost")).text();
        CHECK((body == bytes));
    });
}

TEST_CASE("a redirect may lead from http to https") {
    certificate_authority authority;
    scripted_server secure(echo_target(), authority.issue("DNS:localhost"));
    scripted_server plain(answering([&](const std::string&) {
        return reply("", "Location: " + secure.url("/safe", "localhost") + "\r\n", "301 Moved Permanently");
    }));
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        auto body = co_await web.get(plain.url("/")).text();
        CHECK(body == "/safe");
    });
}
