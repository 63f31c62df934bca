// How tcp_stream::connect deals with several addresses.
#include <catch2/catch.hpp>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/io/tcp_listener.hpp>
#include <tandem/io/tcp_stream.hpp>
#include <tandem/testing/virtual_time.hpp>
#include <tandem/threads/block_on.hpp>

#include "support/cancel_at_each_moment.hpp"
#include "support/deaf_listener.hpp"
#include "support/open_descriptors.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::connect_error;
using tandem::connect_options;
using tandem::endpoint;
using tandem::task;
using tandem::tcp_listener;
using tandem::tcp_stream;

namespace {

using addresses = std::vector<endpoint>;

/// A port at which nobody listens, on any address of this machine.
std::uint16_t unused_port() {
    auto door = tcp_listener::listen(endpoint("::", 0));
    return door.local().port();
}

task<connect_error> failure_of(task<tcp_stream> connecting) {
    try {
        (void)co_await std::move(connecting);
    } catch (const connect_error& error) {
        co_return error;
    }
    FAIL("the connection came about");
    throw 0;
}

} // namespace

TEST_CASE("an address that refuses is followed by the next at once") {
    const auto all = []() -> task<> {
        auto door = tcp_listener::listen(endpoint("127.0.0.1", 0));
        addresses some{endpoint("127.0.0.2", door.local().port()), endpoint("127.0.0.3", door.local().port()),
                       door.local()};
        // The delay would outlast the test.
        auto peer =
            co_await tcp_stream::connect(some, "some host", connect_options().happy_eyeballs_delay(24h));
        CHECK(peer.remote() == door.local());
    };
    block_on(all());
}

TEST_CASE("an address that keeps silent does not hold up the next, and is given up once that has answered") {
    const auto all = []() -> task<> {
        const test::deaf_listener one("127.0.0.2"), other("127.0.0.3");
        auto door = tcp_listener::listen(endpoint("127.0.0.1", 0));
        addresses some{one.where(), other.where(), door.local()};
        const auto before = test::open_descriptors();
        {
            auto peer =
                co_await tcp_stream::connect(some, "some host", connect_options().happy_eyeballs_delay(5ms));
            CHECK(peer.remote() == door.local());
            // The two silent attempts have ended, with their sockets.
            CHECK(test::open_descriptors() == before + 1);
            auto accepted = co_await door.accept();
            CHECK(accepted.remote() == peer.local());
        }
        CHECK(test::open_descriptors() == before);
    };
    block_on(all());
}

TEST_CASE("the delay before the second address is 250 ms unless set otherwise") {
    CHECK(connect_options().happy_eyeballs_delay() == 250ms);
    CHECK(connect_options().time_limit() == tandem::duration::max());
}

TEST_CASE("addresses are tried by turns of their families, each family in its own order") {
    const auto all = []() -> task<> {
        const std::uint16_t port = unused_port();
        const endpoint one("127.0.0.1", port), two("127.0.0.2", port), three("127.0.0.3", port);
        const endpoint six("::1", port);
        const std::vector<std::pair<addresses, addresses>> orders{
            {{one, two, three, six}, {one, six, two, three}},
            {{six, one, two, three}, {six, one, two, three}},
            {{six, six, one}, {six, one, six}},
            {{one, two}, {one, two}},
        };
        for (const auto& [given, tried] : orders) {
            const auto error = co_await failure_of(tcp_stream::connect(given, "some host"));
            addresses seen;
            for (const auto& each : error.attempts())
                seen.push_back(each.address());
            CHECK(seen == tried);
        }
    };
    block_on(all());
}

TEST_CASE("where no address takes the connection, the error names the host, each address and its cause") {
    const auto all = []() -> task<> {
        const std::uint16_t port = unused_port();
        const std::string number = std::to_string(port);
        const auto of_name = co_await failure_of(tcp_stream::connect("localhost", port));
        CHECK(of_name.code() == std::errc::connection_refused);
        CHECK(of_name.attempts().size() == 2);
        CHECK(std::string(of_name.what()) ==
              "cannot connect to localhost:" + number + ": 127.0.0.1:" + number +
                  ": Connection refused; [::1]:" + number + ": Connection refused");
        const auto of_address = co_await failure_of(tcp_stream::connect("::1", port));
        CHECK(std::string(of_address.what()) == "cannot connect to [::1]:" + number + ": Connection refused");
        // A local address of one family rules the other out.
        connect_options options;
        options.local_address(endpoint("127.0.0.1", 0));
        const auto of_family = co_await failure_of(tcp_stream::connect("::1", port, options));
        CHECK(of_family.code() == std::errc::address_family_not_supported);
    };
    block_on(all());
}

TEST_CASE("no address at all is an error of the caller") {
    const auto all = []() -> task<> {
        auto outcome = co_await tandem::as_result(tcp_stream::connect(addresses(), "some host"));
        CHECK_THROWS_AS(outcome.value(), std::invalid_argument);
    };
    block_on(all());
}

TEST_CASE("a name that does not exist is the resolver's error") {
    const auto all = []() -> task<> {
        auto outcome = co_await tandem::as_result(tcp_stream::connect("no-such-host.invalid", 80));
        CHECK_THROWS_WITH(outcome.value(), Catch::Contains("no-such-host.invalid"));
    };
    block_on(all());
}

TEST_CASE("a connection that takes longer than its limit is an error that names what was tried") {
    const auto all = []() -> task<> {
        const test::deaf_listener silent("127.0.0.2");
        const auto before = test::open_descriptors();
        addresses some{endpoint("127.0.0.3", silent.where().port()), silent.where()};
        const auto error =
            co_await failure_of(tcp_stream::connect(some, "some host:1", connect_options().time_limit(20ms)));
        CHECK(error.code() == std::errc::timed_out);
        CHECK(error.attempts().size() == 2);
        CHECK(error.attempts()[0].cause() == std::errc::connection_refused);
        CHECK(error.attempts()[1].cause() == std::errc::timed_out);
        CHECK_THAT(error.what(), Catch::Contains("some host:1") && Catch::Contains("127.0.0.2:"));
        CHECK(test::open_descriptors() == before);
    };
    // However long the machine stalls, no time passes before the first address has refused.
    tandem::testing::run_virtual(all());
}

TEST_CASE("a time-out around connecting ends every attempt") {
    const auto all = []() -> task<> {
        const test::deaf_listener one("127.0.0.2"), other("127.0.0.3");
        const auto before = test::open_descriptors();
        addresses some{one.where(), other.where()};
        auto outcome = co_await tandem::as_result(tandem::timeout(
            30ms, tcp_stream::connect(some, "some host", connect_options().happy_eyeballs_delay(1ms))));
        CHECK_THROWS_AS(outcome.value(), tandem::timed_out);
        CHECK(test::open_descriptors() == before);
    };
    block_on(all());
}

TEST_CASE("wherever connecting to several addresses is cancelled, no attempt is left") {
    const test::deaf_listener silent("127.0.0.2");
    test::cancel_at_each_moment([&](test::victim& target) -> task<> {
        auto door = tcp_listener::listen(endpoint("127.0.0.1", 0));
        const auto connect = [&]() -> task<> {
            addresses some{endpoint("127.0.0.3", door.local().port()), silent.where(), door.local()};
            auto peer =
                co_await tcp_stream::connect(some, "some host", connect_options().happy_eyeballs_delay(0ms));
            co_await peer.write("x");
        };
        co_await target.run(connect());
    });
}
