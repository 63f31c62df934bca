#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <tandem/http/address_filter.hpp>
#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/scripted_server.hpp"

using namespace tandem::http;
using tandem::endpoint;
using tandem::task;
using test::answering;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// Those of `addresses` that count as public.
std::vector<std::string> public_among(const std::vector<std::string>& addresses) {
    std::vector<std::string> found;
    for (const auto& each : addresses)
        if (is_public_address(endpoint(each, 80))) found.push_back(each);
    return found;
}

using none = std::vector<std::string>;

} // namespace

TEST_CASE("private addresses are not public") {
    CHECK(public_among({"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1"}) ==
          none());
}

TEST_CASE("loopback and this-network addresses are not public") {
    CHECK(public_among({"127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "::1", "::"}) == none());
}

TEST_CASE("link-local addresses, where clouds keep their metadata, are not public") {
    CHECK(public_among({"169.254.169.254", "169.254.0.1", "fe80::1", "febf::1", "fec0::1"}) == none());
}

TEST_CASE("unique local addresses are not public") {
    CHECK(public_among({"fc00::1", "fd00:ec2::254", "fdff::1"}) == none());
}

TEST_CASE("the carriers' shared addresses are not public") {
    CHECK(public_among({"100.64.0.1", "100.127.255.255"}) == none());
}

TEST_CASE("multicast, broadcast and reserved addresses are not public") {
    CHECK(public_among({"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "ff02::1",
                        "ff0e::1"}) == none());
}

TEST_CASE("addresses for documentation, benchmarks and protocols are not public") {
    CHECK(public_among({"192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255",
                        "198.51.100.7", "203.0.113.9", "2001:db8::1", "2001:2::1", "2001:20::1", "3fff::1",
                        "100::1", "5f00::1"}) == none());
}

TEST_CASE("an IPv4 address in an IPv6 one is as public as it is alone") {
    // Mapped, compatible, NAT64, 6to4, Teredo (which inverts it).
    CHECK(public_among({"::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1",
                        "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "2002:7f00:1::1",
                        "2002:a9fe:a9fe::", "2001:0:808:808:0:0:80ff:fffe"}) == none());
    const none reachable{"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
                         "2001:0:808:808:0:0:f7f7:f7f7"};
    CHECK(public_among(reachable) == reachable);
}

TEST_CASE("behind a NAT64 prefix for local use no address is public") {
    CHECK(public_among({"64:ff9b:1::8.8.8.8", "64:ff9b:1:ffff::1"}) == none());
}

TEST_CASE("the addresses beside the special ones are public") {
    const none reachable{"1.1.1.1",         "8.8.8.8",      "9.255.255.255",   "11.0.0.0",
                         "100.63.255.255",  "100.128.0.0",  "126.255.255.255", "128.0.0.1",
                         "169.253.255.255", "169.255.0.0",  "172.15.0.1",      "172.32.0.0",
                         "192.167.0.1",     "192.169.0.0",  "198.17.255.255",  "198.20.0.0",
                         "223.255.255.255", "2606:4700::1", "2a00:1450::1",    "2001:4860::8888"};
    CHECK(public_among(reachable) == reachable);
}

TEST_CASE("a client that refuses private addresses connects to none of them") {
    scripted_server server(answering([](const std::string& target) { return reply(target); }));
    in_loop([&]() -> task<> {
        client web(client_options().connect_filter(refuse_private_addresses));
        // A name, an address, and another way to write the same one.
        for (const char* host : {"localhost", "127.0.0.1", "127.1", "2130706433", "0"}) {
            auto error = co_await failure_of<address_refused>(web.get(server.url("/", host)).text());
            INFO(error.what());
            CHECK(has_all(error.cause(), "the connect_filter refuses every address of "));
        }
        CHECK(web.statistics().active == 0);
    });
    CHECK(server.connections() == 0);
}

TEST_CASE("a redirect to a private address is refused") {
    scripted_server inside(answering([](const std::string&) { return reply("secret"); }));
    scripted_server outside(answering(
        [&](const std::string&) { return reply("", "Location: " + inside.url("/meta") + "\r\n", "302 F"); }));
    in_loop([&]() -> task<> {
        // As if one of them were outside.
        auto filter = [port = outside.port()](const endpoint& address, std::string_view host) {
            return address.port() == port || refuse_private_addresses(address, host);
        };
        client web(client_options().connect_filter(filter));
        auto error = co_await failure_of<address_refused>(web.get(outside.url("/a")).text());
        CHECK(error.cause() ==
              "the connect_filter refuses every address of 127.0.0.1: 127.0.0.1 (redirected to " +
                  inside.url("/meta") + ")");
    });
    CHECK(outside.connections() == 1);
    CHECK(inside.connections() == 0);
}

TEST_CASE("a filter is asked for each address of a name, and those that it lets pass are tried") {
    scripted_server server(answering([](const std::string& target) { return reply(target); }));
    std::vector<std::string> asked;
    in_loop([&]() -> task<> {
        auto filter = [&](const endpoint& address, std::string_view host) {
            asked.push_back(std::string(host) + " " + address.to_string());
            return address.address() == "127.0.0.1";
        };
        client web(client_options()
                       .connect_filter(filter)
                       .resolve("two.example", "127.0.0.9")
                       .resolve("two.example", "127.0.0.1"));
        auto body = co_await web.get(server.url("/a", "two.example")).text();
        CHECK(body == "/a");
        // The second request goes over the connection that was let through.
        co_await web.get(server.url("/b", "two.example")).text();
    });
    const auto port = ":" + std::to_string(server.port());
    CHECK(asked == std::vector<std::string>{"two.example 127.0.0.9" + port, "two.example 127.0.0.1" + port});
}
