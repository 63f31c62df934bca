#include <tandem/io/unix_stream.hpp>

#include <catch2/catch.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <tandem/io/unix_listener.hpp>

#include "support/stream_contract.hpp"
#include "support/unix_pair.hpp"

using tandem::block_on;
using tandem::task;
using tandem::unix_address;
using tandem::unix_listen_options;
using tandem::unix_listener;
using tandem::unix_stream;

namespace {

unix_address own_name(const std::string& name) {
    return unix_address::abstract("tandem-test-" + std::to_string(::getpid()) + "-" + name);
}

} // namespace

TEST_CASE("a pair of Unix streams carries bytes both ways, and each end knows whose the other is") {
    const auto all = []() -> task<> {
        auto [one, other] = unix_stream::pair();
        co_await one.write("there");
        char room[16];
        const std::size_t there = co_await other.read_some(room);
        CHECK(std::string_view(room, there) == "there");
        co_await other.write("back");
        const std::size_t back = co_await one.read_some(room);
        CHECK(std::string_view(room, back) == "back");
        CHECK(one.peer().pid == ::getpid());
        CHECK(one.peer().uid == ::getuid());
        CHECK(one.peer().gid == ::getgid());
    };
    block_on(all());
}

TEST_CASE("a half-closed Unix stream sends no more and still receives") {
    test::check_half_close(test::make_unix_pair);
}

TEST_CASE("a full send buffer holds a Unix writer up, and cancelling that leaves the stream as it was") {
    test::check_back_pressure(test::make_unix_pair);
}

TEST_CASE("a Unix write that was cancelled in its middle breaks the sending half only") {
    test::check_broken_write(test::make_unix_pair);
}

TEST_CASE("two tasks that read, or write, a Unix stream at a time are a usage error") {
    test::check_one_at_a_time(test::make_unix_pair);
}

TEST_CASE("closing a Unix stream wakes those who wait on it, and the second time does nothing") {
    test::check_close_wakes(test::make_unix_pair);
}

TEST_CASE("a Unix reader that always finds bytes lets others run") {
    test::check_fairness(test::make_unix_pair);
}

TEST_CASE("a Unix stream is quiet until bytes or the end arrive") {
    test::check_quiet(test::make_unix_pair);
}

TEST_CASE("wherever a Unix reader or writer is cancelled, every byte arrives once") {
    test::check_cancelled_transfer(test::make_unix_pair);
}

TEST_CASE("wherever a long Unix write is cancelled, the stream says whether a part has gone") {
    test::check_cancelled_write(test::make_unix_pair);
}

TEST_CASE("a peer that closed with bytes unread is an error, not SIGPIPE") {
    const auto all = []() -> task<> {
        auto [one, other] = unix_stream::pair();
        co_await one.write("never read");
        other.close();
        std::string text;
        const auto of_write = co_await test::failure_code(one.write("x"), &text);
        CHECK(of_write == std::errc::broken_pipe);
        CHECK(text == "writing to the other end of a pair: Broken pipe");
        char byte;
        const auto of_read = co_await test::failure_code(one.read_some(std::span(&byte, 1)));
        CHECK(of_read == std::errc::connection_reset);
    };
    block_on(all());
}

TEST_CASE("connecting where nobody listens is an error that names the address") {
    const auto all = []() -> task<> {
        std::string text;
        const auto no_file = co_await test::failure_code(unix_stream::connect("/no/such/socket"), &text);
        CHECK(no_file == std::errc::no_such_file_or_directory);
        CHECK(text == "connecting to /no/such/socket: No such file or directory");
        const unix_address name = own_name("nobody");
        const auto nobody = co_await test::failure_code(unix_stream::connect(name), &text);
        CHECK(nobody == std::errc::connection_refused);
        CHECK(text == "connecting to " + name.to_string() + ": Connection refused");
    };
    block_on(all());
}

TEST_CASE("connecting waits while the listener's queue is full") {
    const auto all = []() -> task<> {
        const unix_address name = own_name("full");
        auto door = unix_listener::listen(name, unix_listen_options().backlog(0));
        auto first = co_await unix_stream::connect(name);
        bool is_connected = false;
        const auto connect = [&]() -> task<> {
            auto second = co_await unix_stream::connect(name);
            is_connected = true;
        };
        // It is the second of them that waits: one fits into a queue of none.
        const auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(connect());
            for (int i = 0; i < 10; ++i)
                co_await tandem::yield();
            CHECK_FALSE(is_connected);
            auto accepted = co_await door.accept();
            auto next = co_await door.accept();
        };
        co_await tandem::with_group(body);
        CHECK(is_connected);
    };
    block_on(all());
}

TEST_CASE("wherever connecting to a full Unix listener is cancelled, no socket is left") {
    const unix_address name = own_name("full-for-ever");
    test::cancel_at_each_moment([&](test::victim& target) -> task<> {
        auto door = unix_listener::listen(name, unix_listen_options().backlog(0));
        auto first = co_await unix_stream::connect(name);
        const auto connect = [&]() -> task<> { auto second = co_await unix_stream::connect(name); };
        const auto accept = [&]() -> task<> {
            for (int i = 0; i < 200; ++i)
                co_await tandem::yield();
            auto accepted = co_await door.accept();
        };
        const auto connect_once = [&]() -> task<> { co_await target.run(connect()); };
        co_await tandem::gather(connect_once(), accept());
    });
}

TEST_CASE("a Unix socket is given up, and taken over by another stream") {
    const auto all = []() -> task<> {
        auto [one, other] = unix_stream::pair();
        auto again = unix_stream::adopt(one.release());
        CHECK(one.native_handle() == -1);
        co_await again.write("as before");
        again.close();
        const std::string text = co_await test::read_all(other);
        CHECK(text == "as before");
    };
    block_on(all());
}

TEST_CASE("an address is a path or an abstract name of a length that the system takes") {
    CHECK(unix_address("/run/x").to_string() == "/run/x");
    CHECK_FALSE(unix_address("/run/x").is_abstract());
    CHECK(unix_address::abstract("x").to_string() == "@x");
    CHECK(unix_address::abstract("x") != unix_address("x"));
    CHECK_NOTHROW(unix_address(std::string(107, 'x')));
    CHECK_THROWS_AS(unix_address(std::string(108, 'x')), std::invalid_argument);
    CHECK_THROWS_AS(unix_address(""), std::invalid_argument);
    CHECK_THROWS_AS(unix_address(std::string("a\0b", 3)), std::invalid_argument);
    CHECK_THROWS_AS(unix_address::abstract(std::string(108, 'x')), std::invalid_argument);
}
