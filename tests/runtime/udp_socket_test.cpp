#include <tandem/io/udp_socket.hpp>

#include <catch2/catch.hpp>

#include <sys/socket.h>

#include "support/stream_contract.hpp"

using tandem::block_on;
using tandem::datagram;
using tandem::endpoint;
using tandem::task;
using tandem::udp_socket;

namespace {

const endpoint any_port("127.0.0.1", 0);

} // namespace

TEST_CASE("a datagram arrives whole, and tells who has sent it") {
    const auto all = []() -> task<> {
        auto one = udp_socket::bind(any_port), other = udp_socket::bind(any_port);
        co_await one.send_to("first", other.local());
        co_await one.send_to("", other.local());
        co_await one.send_to("third", other.local());
        char room[100];
        const datagram first = co_await other.receive_from(room);
        CHECK(std::string_view(room, first.size) == "first");
        CHECK(first.from == one.local());
        CHECK_FALSE(first.is_truncated());
        const datagram empty = co_await other.receive_from(room);
        CHECK(empty.size == 0);
        CHECK(empty.from == one.local());
        const datagram third = co_await other.receive_from(room);
        CHECK(third.size == 5);
    };
    block_on(all());
}

TEST_CASE("IPv6 carries datagrams as well") {
    const auto all = []() -> task<> {
        auto one = udp_socket::bind(endpoint("::1", 0));
        auto other = udp_socket::connected(one.local());
        co_await other.send("hello");
        char room[10];
        const datagram got = co_await one.receive_from(room);
        CHECK(got.from == other.local());
        CHECK(got.from.is_v6());
    };
    block_on(all());
}

TEST_CASE("a datagram that does not fit says how long it was") {
    const auto all = []() -> task<> {
        auto one = udp_socket::bind(any_port);
        auto other = udp_socket::connected(one.local());
        one.connect(other.local());
        char room[4];
        co_await other.send("0123456789");
        const datagram cut = co_await one.receive_from(room);
        CHECK(cut.is_truncated());
        CHECK(cut.size == 4);
        CHECK(cut.sent == 10);
        CHECK(std::string_view(room, 4) == "0123");
        co_await other.send("0123456789");
        std::string text;
        const auto code = co_await test::failure_code(one.receive(room), &text);
        CHECK(code == std::errc::message_size);
        CHECK_THAT(text, Catch::Contains("a datagram of 10 bytes from " + other.local().to_string()));
        co_await other.send("0123");
        const std::size_t count = co_await one.receive(room);
        CHECK(count == 4);
    };
    block_on(all());
}

TEST_CASE("a connected socket hears its peer only") {
    const auto all = []() -> task<> {
        auto one = udp_socket::bind(any_port), peer = udp_socket::bind(any_port);
        auto stranger = udp_socket::bind(any_port);
        one.connect(peer.local());
        co_await stranger.send_to("spam", one.local());
        co_await peer.send_to("mail", one.local());
        char room[10];
        const std::size_t count = co_await one.receive(room);
        CHECK(std::string_view(room, count) == "mail");
    };
    block_on(all());
}

TEST_CASE("a port at which nobody listens is reported to a connected socket, with its name") {
    const auto all = []() -> task<> {
        auto gone = udp_socket::bind(any_port);
        auto one = udp_socket::connected(gone.local());
        gone.close();
        const std::string peer = "127.0.0.1:";
        co_await one.send("anybody?");
        char room[10];
        std::string text;
        const auto code = co_await test::failure_code(one.receive(room), &text);
        CHECK(code == std::errc::connection_refused);
        CHECK_THAT(text, Catch::StartsWith("receiving from " + peer));
    };
    block_on(all());
}

TEST_CASE("what cannot be sent is an error that says to whom") {
    const auto all = []() -> task<> {
        auto one = udp_socket::bind(any_port);
        std::string text;
        const auto too_long =
            co_await test::failure_code(one.send_to(std::string(70'000, 'x'), one.local()), &text);
        CHECK(too_long == std::errc::message_size);
        CHECK_THAT(text, Catch::StartsWith("sending to " + one.local().to_string()));
        const auto nobody = co_await test::failure_code(one.send("x"), &text);
        CHECK(nobody == std::errc::destination_address_required);
        CHECK_THROWS_AS(udp_socket::bind(one.local()), std::system_error);
    };
    block_on(all());
}

TEST_CASE("closing a UDP socket wakes those who receive") {
    const auto all = []() -> task<> {
        auto one = udp_socket::bind(any_port);
        std::error_code code;
        const auto receive = [&]() -> task<> {
            char room[10];
            code = co_await test::failure_code(one.receive_from(room));
        };
        const auto close = [&]() -> task<> {
            for (int i = 0; i < 100; ++i)
                co_await tandem::yield();
            one.close();
        };
        co_await tandem::gather(receive(), close());
        CHECK(code == std::errc::operation_canceled);
        char room[10];
        const auto late = co_await test::failure_code(one.receive_from(room));
        CHECK(late == std::errc::bad_file_descriptor);
    };
    block_on(all());
}

TEST_CASE("wherever receiving is cancelled, each datagram is received once") {
    test::cancel_at_each_moment([](test::victim& target) -> task<> {
        auto one = udp_socket::bind(any_port);
        auto other = udp_socket::connected(one.local());
        std::vector<std::string> received;
        const auto receive = [&]() -> task<> {
            while (received.size() < 20) {
                char room[10];
                const datagram next = co_await one.receive_from(room);
                received.emplace_back(room, next.size);
            }
        };
        const auto receive_all = [&]() -> task<> {
            co_await target.run(receive());
            co_await receive();
        };
        const auto send = [&]() -> task<> {
            for (int i = 0; i < 20; ++i) {
                co_await other.send(std::to_string(i));
                for (int wait = 0; wait < i; ++wait)
                    co_await tandem::yield();
            }
        };
        co_await tandem::gather(receive_all(), send());
        for (int i = 0; i < 20; ++i)
            CHECK(received[static_cast<std::size_t>(i)] == std::to_string(i));
    });
}

TEST_CASE("wherever sending is cancelled, a datagram has gone whole or not at all, and none twice") {
    test::cancel_at_each_moment([](test::victim& target) -> task<> {
        auto one = udp_socket::bind(any_port);
        auto other = udp_socket::connected(one.local());
        int sent = 0;
        const auto send = [&]() -> task<> {
            while (sent < 10) {
                co_await other.send("datagram " + std::to_string(sent));
                ++sent;
                co_await tandem::yield();
            }
        };
        co_await target.run(send());
        co_await send();
        for (int i = 0; i < 10; ++i) {
            char room[20];
            const datagram next = co_await one.receive_from(room);
            CHECK(std::string(room, next.size) == "datagram " + std::to_string(i));
        }
        // Datagrams of one socket to another keep their order here: nothing came in between.
        co_await other.send("the end");
        char room[20];
        const datagram last = co_await one.receive_from(room);
        CHECK(std::string(room, last.size) == "the end");
    });
}

TEST_CASE("a receiver that always finds datagrams lets others run") {
    const auto all = []() -> task<> {
        constexpr int rounds = 2000;
        auto one = udp_socket::bind(any_port);
        auto other = udp_socket::connected(one.local());
        int turns = 0;
        const auto body = [&](tandem::task_group& group) -> task<> {
            const auto count = [&]() -> task<> {
                for (;; ++turns)
                    co_await tandem::yield();
            };
            group.spawn(count);
            char room[10];
            for (int i = 0; i < rounds; ++i) {
                co_await other.send("x");
                (void)co_await one.receive_from(room);
            }
            group.cancel();
        };
        co_await tandem::with_group(body);
        CHECK(turns >= rounds / 128);
    };
    block_on(all());
}
