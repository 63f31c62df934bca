#include <catch2/catch.hpp>

#include <tandem/testing/virtual_time.hpp>

#include "support/temp_folder.hpp"
#include "support/tls_pair.hpp"

#include <sys/stat.h>

using namespace tandem;
using test::read_to_end;
using test::read_up_to;
using test::shake_hands;
using test::tapped_pair;
using test::tls_ends;

namespace {

/// A connection with a byte there and one back, after which the client has its tickets.
task<tls_ends> talk(tls_context client, tls_context server, std::string host = "localhost") {
    tapped_pair below;
    auto ends = co_await shake_hands(below, client, server, host);
    co_await ends.client.write("?");
    co_await read_up_to(ends.server, 1);
    co_await ends.server.write("!");
    co_await read_up_to(ends.client, 1);
    co_return ends;
}

} // namespace

TEST_CASE("a second connection to a host takes up the session of the first") {
    auto version = GENERATE(tls_version::tls_1_2, tls_version::tls_1_3);
    testing::run_virtual([&]() -> task<> {
        tls_context client(test::trusting_client().maximum_version(version)), server(test::known_server());
        auto first = co_await talk(client, server);
        CHECK_FALSE(first.client.was_resumed());
        CHECK_FALSE(first.server.was_resumed());
        CHECK(client.remembered_sessions() > 0);
        for (int i = 0; i < 5; ++i) {
            auto again = co_await talk(client, server);
            CHECK(again.client.was_resumed());
            CHECK(again.server.was_resumed());
        }
    }());
}

TEST_CASE("a ticket of TLS 1.3 serves once, and those after the handshake are kept when a read meets them") {
    testing::run_virtual([]() -> task<> {
        tls_context client(test::trusting_client()), server(test::known_server().session_tickets(3));
        auto ends = co_await talk(client, server);
        CHECK(client.remembered_sessions() == 3);
        tapped_pair below;
        auto next = co_await shake_hands(below, client, server);
        CHECK(next.client.was_resumed());
        CHECK(client.remembered_sessions() == 2);
    }());
}

TEST_CASE("a session is taken up with its own host, context and server only") {
    testing::run_virtual([]() -> task<> {
        tls_context client(test::trusting_client()), server(test::known_server());
        co_await talk(client, server);
        auto other_host = co_await talk(client, server, "127.0.0.1");
        CHECK_FALSE(other_host.client.was_resumed());
        auto other_context = co_await talk(test::trusting_client(), server);
        CHECK_FALSE(other_context.client.was_resumed());
        // A server that does not know the ticket shakes hands in full, and verification is in force.
        auto other_server = co_await talk(client, test::known_server());
        CHECK_FALSE(other_server.client.was_resumed());
        co_await talk(client, server);
        tapped_pair below;
        auto wrong = test::test_authority().issue("DNS:other.example");
        auto outcome = co_await test::try_shaking_hands(below, client, test::server_with(wrong));
        CHECK(test::failure_in(outcome.client).code() == tls_errc::wrong_host);
    }());
}

TEST_CASE("a failed handshake forgets the host's sessions, and memory of hosts has its bound") {
    testing::run_virtual([]() -> task<> {
        tls_context client(test::trusting_client().remembered_hosts(1)),
            server(test::known_server().session_tickets(2));
        co_await talk(client, server);
        CHECK(client.remembered_sessions() == 2);
        co_await talk(client, server, "127.0.0.1");
        CHECK(client.remembered_sessions() == 2);
        auto back = co_await talk(client, server);
        CHECK_FALSE(back.client.was_resumed());

        tapped_pair below;
        co_await below.right->write("no TLS at all");
        co_await test::tls_failure_of(tls_stream::handshake(std::move(below.left), client, "localhost"));
        CHECK(client.remembered_sessions() == 0);
    }());
}

TEST_CASE("resumption can be turned off on either side") {
    auto version = GENERATE(tls_version::tls_1_2, tls_version::tls_1_3);
    testing::run_virtual([&]() -> task<> {
        auto options = test::trusting_client().maximum_version(version);
        tls_context keeps(options), forgets(options.remembered_hosts(0));
        tls_context none(test::known_server().session_tickets(0)), some(test::known_server());
        for (int i = 0; i < 2; ++i) {
            auto without_tickets = co_await talk(keeps, none);
            CHECK_FALSE(without_tickets.client.was_resumed());
            auto without_memory = co_await talk(forgets, some);
            CHECK_FALSE(without_memory.client.was_resumed());
        }
        CHECK(forgets.remembered_sessions() == 0);
    }());
}

TEST_CASE("a session with a client's certificate is resumed with it") {
    testing::run_virtual([]() -> task<> {
        auto me = test::test_authority().issue("DNS:me.example");
        tls_context client(test::trusting_client().certificate_pem(me.certificate, me.key));
        tls_context server(test::known_server().client_certificates(tls_client_certificates::required,
                                                                    test::test_authority().file()));
        co_await talk(client, server);
        auto again = co_await talk(client, server);
        CHECK(again.server.was_resumed());
        CHECK(again.server.peer_certificate()->names == std::vector<std::string>{"me.example"});
    }());
}

TEST_CASE("both sides agree on the application protocol that the server likes best") {
    testing::run_virtual([]() -> task<> {
        auto offers = test::trusting_client().protocols({"http/1.1", "h2", "spdy"});
        auto many = test::known_server().protocols({"h3", "h2", "http/1.1"});
        auto one = test::known_server().protocols({"h2"});
        auto chosen = co_await talk(offers, many);
        CHECK(chosen.client.negotiated_protocol() == "h2");
        CHECK(chosen.server.negotiated_protocol() == "h2");
        auto server_has_none = co_await talk(offers, test::known_server());
        CHECK(server_has_none.client.negotiated_protocol().empty());
        auto client_has_none = co_await talk(test::trusting_client(), one);
        CHECK(client_has_none.server.negotiated_protocol().empty());
    }());
}

TEST_CASE("without an application protocol in common the handshake fails, and each side learns why") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto offers = test::trusting_client().protocols({"h2"});
        auto speaks = test::known_server().protocols({"http/1.1"});
        auto outcome = co_await test::try_shaking_hands(below, offers, speaks);
        auto told = test::failure_in(outcome.client);
        CHECK(told.code() == tls_errc::no_shared_protocol);
        CHECK(std::string(told.what()) == "localhost: it speaks none of the application protocols offered");
        auto seen = test::failure_in(outcome.server);
        CHECK(seen.code() == tls_errc::no_shared_protocol);
        CHECK(std::string(seen.what()) ==
              "the client: it offers no application protocol that is spoken here");
    }());
}

TEST_CASE("the name of an application protocol has 1 to 255 bytes") {
    CHECK_THROWS_AS(tls_client_options().protocols({""}), std::invalid_argument);
    CHECK_THROWS_AS(tls_server_options().protocols({std::string(256, 'x')}), std::invalid_argument);
    CHECK_NOTHROW(tls_server_options().protocols({std::string(255, 'x')}));
}

TEST_CASE("without a TLS version in common the handshake fails, and the error says what is allowed here") {
    testing::run_virtual([]() -> task<> {
        tapped_pair first, second;
        auto outcome = co_await test::try_shaking_hands(
            first, test::trusting_client().minimum_version(tls_version::tls_1_3),
            test::known_server().maximum_version(tls_version::tls_1_2));
        auto told = test::failure_in(outcome.client);
        CHECK(told.code() == tls_errc::protocol_version);
        CHECK(std::string(told.what()) ==
              "localhost: it speaks none of the TLS versions that are allowed here (only TLS 1.3)");
        CHECK(test::failure_in(outcome.server).code() == tls_errc::protocol_version);

        auto other = co_await test::try_shaking_hands(
            second, test::trusting_client().maximum_version(tls_version::tls_1_2),
            test::known_server().minimum_version(tls_version::tls_1_3));
        CHECK(test::failure_in(other.client).code() == tls_errc::protocol_version);
        CHECK(test::failure_in(other.server).code() == tls_errc::protocol_version);
    }());
    CHECK_THROWS_AS(
        tls_context(
            tls_client_options().minimum_version(tls_version::tls_1_3).maximum_version(tls_version::tls_1_2)),
        tls_failure);
}

TEST_CASE("a context serves its own side only") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto wrong_client = co_await as_result(
            tls_stream::handshake(std::move(below.left), test::known_server(), "localhost"));
        CHECK_THROWS_AS(wrong_client.value(), usage_error);
        auto wrong_server =
            co_await as_result(tls_stream::accept(std::move(below.right), test::trusting_client()));
        CHECK_THROWS_AS(wrong_server.value(), usage_error);
    }());
}

TEST_CASE("the key log has the secrets of each connection, and only its owner may read it") {
    testing::run_virtual([]() -> task<> {
        test::temp_folder folder;
        const auto log = folder / "keys.log";
        tls_context client(test::trusting_client().key_log_file(log));
        co_await talk(client, test::known_server());
        const auto once = test::read_file(log);
        for (const char* label : {"CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_TRAFFIC_SECRET_0 "})
            CHECK(once.find(label) != std::string::npos);
        CHECK(once.ends_with('\n'));
        co_await talk(client, test::known_server());
        CHECK(test::read_file(log).starts_with(once));
        CHECK(test::read_file(log).size() > once.size());
        struct stat about {};
        REQUIRE(::stat(log.c_str(), &about) == 0);
        CHECK((about.st_mode & 0777) == 0600);
    }());
    CHECK_THROWS_WITH(tls_context(tls_client_options().key_log_file("/no/such/keys.log")),
                      "TLS: cannot write the key log /no/such/keys.log: No such file or directory");
}
