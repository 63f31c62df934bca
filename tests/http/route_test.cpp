#include <catch2/catch.hpp>

#include <stdexcept>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <tandem/http/client.hpp>
#include <tandem/io/resolver.hpp>

#include "http/in_loop.hpp"
#include "support/deaf_listener.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::endpoint;
using tandem::task;
using test::conversation;
using test::echo_target;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// Answers with the client's address.
void tell_peer(conversation& talk) {
    while (talk.request())
        talk.send(reply(talk.peer()));
}

/// An option of this process's socket that is connected to `port`.
int option_of_socket_to(std::uint16_t port, int level, int name) {
    for (int descriptor = 3; descriptor < 256; ++descriptor) {
        sockaddr_in to{};
        socklen_t size = sizeof to;
        if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&to), &size) != 0) continue;
        if (to.sin_family != AF_INET || ntohs(to.sin_port) != port) continue;
        int value = -1;
        socklen_t value_size = sizeof value;
        ::getsockopt(descriptor, level, name, &value, &value_size);
        return value;
    }
    FAIL("no socket is connected to port " << port);
    return -1;
}

} // namespace

TEST_CASE("an address given for a host is connected to in place of the resolver's") {
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web(client_options().resolve("No.Such.Example", "127.0.0.1"));
        auto body = co_await web.get(server.url("/a", "no.such.EXAMPLE")).text();
        CHECK(body == "/a");
        CHECK(tandem::resolver::current().statistics().misses == 0);
    });
    CHECK(has_all(server.requests().at(0), "Host: no.such.example:" + std::to_string(server.port())));
}

TEST_CASE("an address given with a port takes the place of the URL's port too") {
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web(client_options().resolve("site.example", endpoint("127.0.0.1", server.port())));
        auto body = co_await web.get("http://site.example/x").text();
        CHECK(body == "/x");
    });
    CHECK(has_all(server.requests().at(0), "Host: site.example\r\n"));
}

TEST_CASE("a single request may resolve a host otherwise") {
    scripted_server one(echo_target());
    scripted_server two(test::answering([](const std::string&) { return reply("two"); }));
    in_loop([&]() -> task<> {
        client web(client_options().resolve("site.example", endpoint("127.0.0.1", one.port())));
        auto body = co_await web.get("http://site.example/one").text();
        CHECK(body == "/one");
        client other;
        body = co_await other.get("http://site.example/")
                   .resolve("site.example", endpoint("127.0.0.1", two.port()))
                   .text();
        CHECK(body == "two");
    });
}

TEST_CASE("a host's addresses are tried until one answers") {
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web(client_options().resolve("site.example", "::1").resolve("site.example", "127.0.0.1"));
        auto body = co_await web.get(server.url("/a", "site.example")).text();
        CHECK(body == "/a");
    });
}

TEST_CASE("an address that keeps silent is passed by after the happy eyeballs delay") {
    scripted_server server(echo_target());
    const test::deaf_listener deaf("127.0.0.2", server.port());
    in_loop([&]() -> task<> {
        client web(client_options()
                       .happy_eyeballs_delay(5ms)
                       .resolve("site.example", "127.0.0.2")
                       .resolve("site.example", "127.0.0.1"));
        auto body = co_await web.get(server.url("/a", "site.example")).text();
        CHECK(body == "/a");
    });
}

TEST_CASE("names are looked up by the loop's own resolver, which keeps what it was told") {
    in_loop([]() -> task<> {
        client web;
        const auto before = tandem::resolver::current().statistics();
        for (int i = 0; i < 3; ++i) {
            auto error = co_await failure_of<connect_error>(web.get("http://no-such-host.invalid/").text());
            CHECK(has_all(error.cause(), "no-such-host.invalid"));
        }
        const auto after = tandem::resolver::current().statistics();
        CHECK(after.failures - before.failures == 3);
    });
}

TEST_CASE("a request goes to a Unix socket, with the URL's host in its header") {
    test::temp_folder folder;
    test::server_setup setup;
    setup.unix_path = folder / "http.sock";
    scripted_server server(echo_target(), setup);
    in_loop([&]() -> task<> {
        client web(client_options().unix_socket(setup.unix_path));
        auto body = co_await web.get("http://daemon.example/v1/info").text();
        CHECK(body == "/v1/info");
        client other;
        body = co_await other.get("http://daemon.example/v1/info").unix_socket(setup.unix_path).text();
        CHECK(body == "/v1/info");
    });
    CHECK(has_all(server.requests().at(0), "Host: daemon.example\r\n"));
}

TEST_CASE("a Unix socket that nobody listens at is an error that names it") {
    test::temp_folder folder;
    in_loop([&]() -> task<> {
        client web;
        auto error =
            co_await failure_of<connect_error>(web.get("http://x/").unix_socket(folder / "none.sock").text());
        CHECK(has_all(error.cause(), folder / "none.sock"));
    });
    CHECK_THROWS_AS(client_options().unix_socket(""), std::invalid_argument);
    CHECK_THROWS_AS(client_options().unix_socket(std::string(200, 'x')), std::invalid_argument);
}

TEST_CASE("a connection comes from the local address that was asked for") {
    scripted_server server(tell_peer);
    in_loop([&]() -> task<> {
        client web(client_options().local_address("127.0.0.5"));
        auto body = co_await web.get(server.url()).text();
        CHECK(body == "127.0.0.5");
        body = co_await web.get(server.url()).local_address("127.0.0.6").text();
        CHECK(body == "127.0.0.6");
    });
    CHECK_THROWS_AS(client_options().local_address("eth0"), std::invalid_argument);
}

TEST_CASE("a local address that is not this machine's is an error") {
    scripted_server server(tell_peer);
    in_loop([&]() -> task<> {
        client web(client_options().local_address("203.0.113.1"));
        auto error = co_await failure_of<connect_error>(web.get(server.url()).text());
        CHECK(has_all(error.cause(), "Cannot assign requested address"));
    });
    CHECK(server.connections() == 0);
}

TEST_CASE("TCP's options are those of the client") {
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client usual;
        co_await usual.get(server.url()).text();
        CHECK(option_of_socket_to(server.port(), IPPROTO_TCP, TCP_NODELAY) == 1);
        CHECK(option_of_socket_to(server.port(), SOL_SOCKET, SO_KEEPALIVE) == 0);
    });
    in_loop([&]() -> task<> {
        client web(client_options().no_delay(false).keep_alive(7s, 3s, 2));
        co_await web.get(server.url()).text();
        CHECK(option_of_socket_to(server.port(), IPPROTO_TCP, TCP_NODELAY) == 0);
        CHECK(option_of_socket_to(server.port(), SOL_SOCKET, SO_KEEPALIVE) == 1);
        CHECK(option_of_socket_to(server.port(), IPPROTO_TCP, TCP_KEEPIDLE) == 7);
        CHECK(option_of_socket_to(server.port(), IPPROTO_TCP, TCP_KEEPINTVL) == 3);
        CHECK(option_of_socket_to(server.port(), IPPROTO_TCP, TCP_KEEPCNT) == 2);
    });
}
