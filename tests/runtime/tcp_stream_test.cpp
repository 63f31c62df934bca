#include <tandem/io/tcp_stream.hpp>

#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "support/stream_contract.hpp"
#include "support/tcp_pair.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::endpoint;
using tandem::task;
using tandem::tcp_listener;
using tandem::tcp_stream;

namespace {

task<test::tcp_pair> make_pair() {
    return test::connect_pair();
}

int option_of(const tcp_stream& stream, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(stream.native_handle(), level, option, &value, &size);
    return value;
}

/// Closes so that the peer gets a reset.
void reset(tcp_stream& stream) {
    const linger at_once{1, 0};
    ::setsockopt(stream.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    stream.close();
}

} // namespace

TEST_CASE("bytes go both ways over a TCP connection, and each side knows the other's address") {
    const auto all = []() -> task<> {
        auto pair = co_await make_pair();
        CHECK(pair.near.local() == pair.far.remote());
        CHECK(pair.near.remote() == pair.far.local());
        CHECK(pair.near.remote().is_loopback());
        co_await pair.near.write("there");
        char room[16];
        const std::size_t there = co_await pair.far.read_some(room);
        CHECK(std::string_view(room, there) == "there");
        const std::size_t sent = co_await pair.far.write_some("back");
        CHECK(sent == 4);
        const std::size_t back = co_await pair.near.read_some(room);
        CHECK(std::string_view(room, back) == "back");
        const std::size_t none = co_await pair.near.read_some({});
        CHECK(none == 0);
        const std::size_t nothing = co_await pair.near.write_some("");
        CHECK(nothing == 0);
    };
    block_on(all());
}

TEST_CASE("a half-closed TCP stream sends no more and still receives") {
    test::check_half_close(make_pair);
}

TEST_CASE("a full send buffer holds a TCP writer up, and cancelling that leaves the stream as it was") {
    test::check_back_pressure(make_pair);
}

TEST_CASE("a TCP write that was cancelled in its middle breaks the sending half only") {
    test::check_broken_write(make_pair);
}

TEST_CASE("two tasks that read, or write, a TCP stream at a time are a usage error") {
    test::check_one_at_a_time(make_pair);
}

TEST_CASE("closing a TCP stream wakes those who wait on it, and the second time does nothing") {
    test::check_close_wakes(make_pair);
}

TEST_CASE("a TCP reader that always finds bytes lets others run") {
    test::check_fairness(make_pair);
}

TEST_CASE("a TCP stream is quiet until bytes or the end arrive") {
    test::check_quiet(make_pair);
}

TEST_CASE("waiting until a TCP stream is readable takes nothing from it, and ends with the stream") {
    const auto all = []() -> task<> {
        auto pair = co_await make_pair();
        const auto late = [&](tandem::task_group& group) -> task<> {
            group.spawn([](tcp_stream& from) -> task<> {
                co_await tandem::sleep(5ms);
                co_await from.write("late");
            }(pair.near));
            co_await pair.far.until_readable();
        };
        co_await tandem::with_group(late);
        CHECK(!pair.far.is_quiet());
        co_await pair.far.until_readable();
        char room[16];
        const std::size_t count = co_await pair.far.read_some(room);
        CHECK(std::string_view(room, count) == "late");
        const bool was_readable = co_await tandem::move_on_after(5ms, pair.far.until_readable());
        CHECK(!was_readable);
        pair.near.close();
        co_await pair.far.until_readable();
        const std::size_t none = co_await pair.far.read_some(room);
        CHECK(none == 0);
    };
    block_on(all());
}

TEST_CASE("what a TCP stream can receive or send at once is tried without a wait, and loses nothing") {
    const auto all = []() -> task<> {
        auto pair = co_await make_pair();
        std::string room(64 * 1024, ' ');
        CHECK(!pair.far.try_read(room));
        CHECK(pair.near.try_write("") == 0u);
        CHECK(pair.near.try_write("now") == 3u);
        co_await pair.far.until_readable();
        CHECK(pair.far.try_read(room) == 3u);
        CHECK(room.starts_with("now"));

        const std::string many(64 * 1024, 'x');
        std::size_t sent = 0;
        std::optional<std::size_t> count = 0;
        do {
            sent += *count;
            while (const auto at_once = pair.near.try_write(many))
                sent += *at_once;
            count = co_await tandem::move_on_after(5ms, pair.near.write_some(many));
        } while (count);
        while (const auto at_once = pair.near.try_write(many))
            sent += *at_once;
        for (std::size_t received = 0; received < sent;)
            received += co_await pair.far.read_some(room);
        CHECK(pair.near.try_write("end") == 3u);
        const std::size_t last = co_await pair.far.read_some(room);
        CHECK(room.substr(0, last) == "end");

        pair.near.close();
        CHECK_THROWS_AS(pair.near.try_write("more"), std::system_error);
    };
    block_on(all());
}

TEST_CASE("wherever a TCP reader or writer is cancelled, every byte arrives once") {
    test::check_cancelled_transfer(make_pair);
}

TEST_CASE("wherever a long TCP write is cancelled, the stream says whether a part has gone") {
    test::check_cancelled_write(make_pair);
}

TEST_CASE("a reset is an error that names the peer, for the reader and for the writer") {
    const auto all = []() -> task<> {
        auto pair = co_await make_pair();
        const std::string peer = pair.near.remote().to_string();
        reset(pair.far);
        char byte;
        std::string text;
        const auto of_read = co_await test::failure_code(pair.near.read_some(std::span(&byte, 1)), &text);
        CHECK(of_read == std::errc::connection_reset);
        CHECK(text == "reading from " + peer + ": Connection reset by peer");
        // No SIGPIPE either, which would end the program.
        const auto of_write = co_await test::failure_code(pair.near.write("x"), &text);
        CHECK(of_write == std::errc::broken_pipe);
        CHECK(text == "writing to " + peer + ": Broken pipe");
    };
    block_on(all());
}

TEST_CASE("a reset reaches a reader and a writer that wait") {
    const auto all = []() -> task<> {
        auto pair = co_await make_pair();
        (void)test::fill_up(pair.near);
        std::error_code of_read, of_write;
        const auto read = [&]() -> task<> {
            char byte;
            of_read = co_await test::failure_code(pair.near.read_some(std::span(&byte, 1)));
        };
        const auto write = [&]() -> task<> { of_write = co_await test::failure_code(pair.near.write("x")); };
        const auto then_reset = [&]() -> task<> {
            for (int i = 0; i < 100; ++i)
                co_await tandem::yield();
            reset(pair.far);
        };
        co_await tandem::gather(read(), write(), then_reset());
        // Who comes first is told that it was a reset, the other that there is no connection.
        CHECK((of_read == std::errc::connection_reset || of_write == std::errc::connection_reset));
        CHECK((!of_read || of_read == std::errc::connection_reset));
        CHECK((of_write == std::errc::broken_pipe || of_write == std::errc::connection_reset));
    };
    block_on(all());
}

TEST_CASE("a refused port is an error that names the address once") {
    const auto all = []() -> task<> {
        auto door = tcp_listener::listen(endpoint("127.0.0.1", 0));
        const endpoint gone = door.local();
        door.close();
        std::string text;
        const auto code = co_await test::failure_code(tcp_stream::connect(gone), &text);
        CHECK(code == std::errc::connection_refused);
        CHECK(text == "cannot connect to " + gone.to_string() + ": Connection refused");
    };
    block_on(all());
}

TEST_CASE("small writes go out at once unless told otherwise, and dead peers are probed for on request") {
    const auto all = []() -> task<> {
        auto door = tcp_listener::listen(endpoint("127.0.0.1", 0));
        auto plain = co_await tcp_stream::connect(door.local());
        auto accepted = co_await door.accept();
        CHECK(option_of(plain, IPPROTO_TCP, TCP_NODELAY) == 1);
        CHECK(option_of(accepted, IPPROTO_TCP, TCP_NODELAY) == 1);
        CHECK(option_of(plain, SOL_SOCKET, SO_KEEPALIVE) == 0);
        plain.set_no_delay(false);
        CHECK(option_of(plain, IPPROTO_TCP, TCP_NODELAY) == 0);

        tandem::connect_options options;
        options.no_delay(false).keep_alive(30s, 5s, 3).local_address(endpoint("127.0.0.5", 0));
        auto other = co_await tcp_stream::connect("127.0.0.1", door.local().port(), options);
        CHECK(option_of(other, IPPROTO_TCP, TCP_NODELAY) == 0);
        CHECK(option_of(other, SOL_SOCKET, SO_KEEPALIVE) == 1);
        CHECK(option_of(other, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
        CHECK(option_of(other, IPPROTO_TCP, TCP_KEEPINTVL) == 5);
        CHECK(option_of(other, IPPROTO_TCP, TCP_KEEPCNT) == 3);
        CHECK(other.local().address() == "127.0.0.5");
    };
    block_on(all());
}

TEST_CASE("a socket is given up, and taken over by another stream") {
    const auto all = []() -> task<> {
        auto pair = co_await make_pair();
        const endpoint peer = pair.near.remote();
        const int socket = pair.near.release();
        CHECK(pair.near.native_handle() == -1);
        auto again = tcp_stream::adopt(socket);
        CHECK(again.remote() == peer);
        co_await again.write("as before");
        again.close();
        const std::string text = co_await test::read_all(pair.far);
        CHECK(text == "as before");
        CHECK_THROWS_AS(tcp_stream::adopt(-1), std::system_error);
    };
    block_on(all());
}

TEST_CASE("wherever connecting is cancelled, no socket is left and the next attempt succeeds") {
    test::cancel_at_each_moment([](test::victim& target) -> task<> {
        auto door = tcp_listener::listen(endpoint("127.0.0.1", 0));
        const auto connect = [&]() -> task<> {
            auto peer = co_await tcp_stream::connect("localhost", door.local().port());
            co_await peer.write("first");
        };
        co_await target.run(connect());
        auto peer = co_await tcp_stream::connect(door.local());
        CHECK(peer.remote() == door.local());
    });
}
