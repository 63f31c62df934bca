#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>
#include <tandem/http/login.hpp>

#include "http/in_loop.hpp"
#include "support/realms.hpp"

using namespace tandem::http;
using tandem::task;
using test::answering_requests;
using test::field_of;
using test::in_loop;
using test::scripted_server;

namespace {

constexpr const char* aladdin = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
const login aladdin_login("Aladdin", "open sesame");

/// Lets in Aladdin, by Basic.
scripted_server::script cave() {
    return answering_requests([](const std::string& request, const std::string&) {
        return test::let_in_with(request, aladdin, "Basic realm=\"cave\", charset=\"UTF-8\"");
    });
}

std::vector<std::string> credentials_at(const scripted_server& server) {
    std::vector<std::string> all;
    for (const auto& each : server.requests())
        all.push_back(field_of(each, "Authorization"));
    return all;
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("Basic credentials are sent at once") {
    scripted_server server(cave());
    in_loop([&]() -> task<> {
        client web;
        auto body = co_await web.get(server.url()).basic_auth("Aladdin", "open sesame").text();
        CHECK(body == "in");
    });
    CHECK(credentials_at(server) == list{aladdin});
}

TEST_CASE("Basic credentials are sent in UTF-8") {
    // RFC 7617 section 2.1
    scripted_server server(cave());
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.get(server.url()).basic_auth("test", "123\u00a3").send();
        CHECK(reply.status() == 401);
    });
    CHECK(credentials_at(server) == list{"Basic dGVzdDoxMjPCow=="});
}

TEST_CASE("Basic credentials that are refused are not sent again") {
    scripted_server server(cave());
    in_loop([&]() -> task<> {
        client web(client_options().credentials(server.url(""), login("Aladdin", "guess")));
        auto reply = co_await web.get(server.url()).basic_auth("Aladdin", "guess").send();
        CHECK(reply.status() == 401);
        auto body = co_await reply.text();
        CHECK(body == "who are you?");
        CHECK(server.requests().size() == 1);
        reply = co_await web.get(server.url()).send();
        CHECK(reply.status() == 401);
        CHECK(server.requests().size() == 3);
    });
}

TEST_CASE("a login waits for the server's challenge, and keeps the connection") {
    scripted_server server(cave());
    in_loop([&]() -> task<> {
        client web(client_options().credentials(server.url(""), aladdin_login));
        auto body = co_await web.get(server.url("/one")).text();
        CHECK(body == "in");
        body = co_await web.get(server.url("/two")).text();
        CHECK(body == "in");
    });
    CHECK(credentials_at(server) == list{"", aladdin, aladdin});
    CHECK(server.connections() == 1);
}

TEST_CASE("a request may bring a login of its own, by any method") {
    scripted_server server(cave());
    in_loop([&]() -> task<> {
        client web;
        auto request = web.get(server.url()).any_auth("Aladdin", "open sesame");
        auto body = co_await request.text();
        CHECK(body == "in");
        body = co_await request.text();
        CHECK(body == "in");
    });
    CHECK(credentials_at(server) == list{"", aladdin, aladdin});
}

TEST_CASE("a login for Digest only answers no challenge for Basic") {
    scripted_server server(cave());
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.get(server.url()).digest_auth("Aladdin", "open sesame").send();
        CHECK(reply.status() == 401);
    });
    CHECK(credentials_at(server) == list{""});
}

TEST_CASE("a user name with a colon is no user of Basic") {
    CHECK_THROWS_AS(login("a:b", "c").basic(), std::invalid_argument);
    scripted_server server(cave());
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.get(server.url()).any_auth("a:b", "c").send();
        CHECK(reply.status() == 401);
        CHECK_THROWS_AS(web.get(server.url()).basic_auth("a:b", "c"), std::invalid_argument);
    });
    CHECK(credentials_at(server) == list{""});
}

TEST_CASE("a login with control characters is refused") {
    CHECK_THROWS_AS(login("a\r\nb", "c"), std::invalid_argument);
    CHECK_THROWS_AS(login("a", std::string("c\0", 2)), std::invalid_argument);
}

TEST_CASE("the body of a request goes out again with the answer to a challenge") {
    std::vector<std::string> bodies;
    scripted_server server(answering_requests([&](const std::string& request, const std::string& body) {
        bodies.push_back(body);
        return test::let_in_with(request, aladdin, "Basic realm=cave");
    }));
    in_loop([&]() -> task<> {
        client web(client_options().credentials(server.url(""), aladdin_login));
        auto body = co_await web.post(server.url()).body("treasure").text();
        CHECK(body == "in");
    });
    CHECK(bodies == list{"treasure", "treasure"});
}

TEST_CASE(
    "an authorisation of the caller's goes before his login, that before the URL's, and the client's last") {
    scripted_server server(answering_requests([](auto&, auto&) { return test::reply("ok"); }));
    in_loop([&]() -> task<> {
        client web(client_options().credentials(server.url(""), login("client", "c").basic()));
        auto link = server.url();
        link.insert(7, "url:u@");
        for (const auto& request :
             {web.get(link).basic_auth("own", "o").header("Authorization", "Custom"),
              web.get(link).basic_auth("own", "o"), web.get(link), web.get(server.url())})
            co_await request.text();
    });
    CHECK(credentials_at(server) == list{"Custom", "Basic b3duOm8=", "Basic dXJsOnU=", "Basic Y2xpZW50OmM="});
}

TEST_CASE("a user in a URL without a password has an empty one") {
    scripted_server server(answering_requests([](auto&, auto&) { return test::reply("ok"); }));
    in_loop([&]() -> task<> {
        client web;
        auto link = server.url();
        link.insert(7, "us%65r@");
        co_await web.get(link).text();
    });
    CHECK(credentials_at(server) == list{"Basic dXNlcjo="});
}

TEST_CASE("credentials are for an origin and nothing more") {
    client_options options;
    CHECK_THROWS_AS(options.credentials("https://example.org/path", aladdin_login), std::invalid_argument);
    CHECK_THROWS_AS(options.credentials("https://user@example.org", aladdin_login), std::invalid_argument);
    CHECK_THROWS_AS(options.credentials("example.org", aladdin_login), bad_url);
    options.credentials("https://example.org/", aladdin_login);
    options.credentials("https://EXAMPLE.org:443", login("other", "x"));
    REQUIRE(options.credentials().size() == 1);
    CHECK(options.credentials().front().user->user() == "other");
}
