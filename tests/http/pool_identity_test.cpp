#include <catch2/catch.hpp>

#include <stdexcept>
#include <vector>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/certificates.hpp"
#include "support/log_capture.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"
#include "support/tls_pair.hpp"

using namespace tandem::http;
using tandem::endpoint;
using tandem::task;
using tandem::tls_client_options;
using test::conversation;
using test::failure_of;
using test::in_loop;
using test::reply;
using test::scripted_server;
using test::test_authority;
using test::test_identity;

namespace {

/// Answers with the number of its connection.
void tell_number(conversation& talk) {
    while (talk.request())
        talk.send(reply(std::to_string(talk.number())));
}

task<std::string> number_for(request_builder request) {
    co_return co_await request.text();
}

} // namespace

TEST_CASE("requests share a connection only where scheme, host and port are the same") {
    scripted_server server(tell_number);
    in_loop([&]() -> task<> {
        client web;
        std::string numbers;
        for (const char* host : {"127.0.0.1", "localhost", "127.0.0.1", "LOCALHOST"})
            numbers += co_await web.get(server.url("/", host)).text();
        CHECK(numbers == "0101");
    });
}

TEST_CASE("requests from two local addresses do not share a connection") {
    scripted_server server(tell_number);
    in_loop([&]() -> task<> {
        client web;
        auto plain = web.get(server.url());
        auto from = web.get(server.url()).local_address("127.0.0.5");
        std::string numbers;
        for (const auto& each : {plain, from, plain, from})
            numbers += co_await number_for(each);
        CHECK(numbers == "0101");
    });
}

TEST_CASE("a request over a Unix socket does not share a connection with one to the host") {
    test::temp_folder folder;
    test::server_setup setup;
    setup.unix_path = folder / "http.sock";
    scripted_server local(test::answering([](const std::string&) { return reply("unix"); }), setup);
    scripted_server server(tell_number);
    in_loop([&]() -> task<> {
        client web;
        auto plain = web.get(server.url());
        auto by_socket = web.get(server.url()).unix_socket(setup.unix_path);
        std::string answers;
        for (const auto& each : {plain, by_socket, plain, by_socket})
            answers += co_await number_for(each);
        CHECK(answers == "0unix0unix");
    });
    CHECK(local.connections() == 1);
}

TEST_CASE("requests that resolve a host in two ways do not share a connection") {
    scripted_server one(test::answering([](const std::string&) { return reply("1"); }));
    scripted_server two(test::answering([](const std::string&) { return reply("2"); }));
    in_loop([&]() -> task<> {
        client web(client_options().resolve("site.example", endpoint("127.0.0.1", one.port())));
        auto usual = web.get("http://site.example/");
        client plain;
        auto first =
            plain.get("http://site.example/").resolve("site.example", endpoint("127.0.0.1", one.port()));
        auto second =
            plain.get("http://site.example/").resolve("site.example", endpoint("127.0.0.1", two.port()));
        std::string answers;
        for (const auto& each : {usual, first, second, first, second})
            answers += co_await number_for(each);
        CHECK(answers == "11212");
    });
    CHECK(one.connections() == 2);
    CHECK(two.connections() == 1);
}

TEST_CASE("turning verification off never leaks into the connections of requests that verify") {
    test::log_capture log;
    scripted_server server(tell_number, test::certificate_authority::self_signed("DNS:localhost"));
    in_loop([&]() -> task<> {
        client web;
        auto trusting = web.get(server.url("/", "localhost")).insecure_accept_any_certificate();
        auto number = co_await number_for(trusting);
        CHECK(number == "0");
        CHECK(web.statistics().idle == 1);
        co_await failure_of<tls_error>(web.get(server.url("/", "localhost")).text());
        number = co_await number_for(trusting);
        CHECK(number == "0");
    });
    CHECK(server.requests().size() == 2);
}

TEST_CASE("a connection that was verified serves no request that does not verify") {
    test::log_capture log;
    scripted_server server(tell_number, test_identity());
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(test_authority().file()));
        auto strict = web.get(server.url("/", "localhost"));
        auto loose = web.get(server.url("/", "localhost")).insecure_accept_any_certificate();
        std::string numbers;
        for (const auto& each : {strict, loose, strict, loose})
            numbers += co_await number_for(each);
        CHECK(numbers == "0101");
    });
}

TEST_CASE("each set of TLS options has connections of its own, and equal ones share") {
    scripted_server server(tell_number, test_identity());
    const auto own = test_authority().issue("DNS:client");
    const auto key_log = "/tmp/tandem-no-such-folder/keys";
    const auto base = [] { return tls_client_options().ca_file(test_authority().file()); };
    const std::vector<tls_client_options> kinds{
        base(),
        base().certificate_pem(own.certificate, own.key),
        base().server_name("127.0.0.1"),
        base().minimum_version(tandem::tls_version::tls_1_3),
        base().maximum_version(tandem::tls_version::tls_1_2),
        base().protocols({"http/1.1", "http/1.0"}),
        base().remembered_hosts(0),
    };
    in_loop([&]() -> task<> {
        client web(client_options().tls(base()));
        auto link = server.url("/", "localhost");
        std::string numbers = co_await web.get(link).text();
        for (int round = 0; round < 2; ++round)
            for (const auto& kind : kinds)
                numbers += co_await web.get(link).tls(kind).text();
        CHECK(numbers == "001234560123456");
        auto work = web.get(link).tls(base().key_log_file(key_log)).text();
        auto refused = co_await failure_of<tls_error>(std::move(work));
        CHECK(test::has_all(refused.cause(), key_log));
    });
}

TEST_CASE("a client as a whole cannot turn verification off") {
    auto loose = tls_client_options().insecure_accept_any_certificate();
    CHECK_THROWS_AS(client_options().tls(loose), std::invalid_argument);
    client web;
    CHECK_THROWS_AS(web.get("https://h/").tls(loose), std::invalid_argument);
}
