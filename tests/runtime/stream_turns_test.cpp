// Who comes next where streams have much to do.
#include <catch2/catch.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <tandem/runtime.hpp>

#include "support/tcp_pair.hpp"

using tandem::block_on;
using tandem::task;

namespace {

/// Waits, and holds the loop up meanwhile, until there is something to read from it.
void arrive_at(const tandem::tcp_stream& stream) {
    pollfd arrival{stream.native_handle(), POLLIN, 0};
    REQUIRE(::poll(&arrival, 1, 10'000) == 1);
}

void send_now(const tandem::tcp_stream& from, std::string_view bytes) {
    REQUIRE(::send(from.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
}

} // namespace

TEST_CASE("a stream whose writes never wait lets the loop look at other sockets in between") {
    constexpr int pieces = 80;
    const std::string piece(4096, 'x');
    const auto all = [&]() -> task<> {
        auto busy = co_await test::connect_pair();
        auto other = co_await test::connect_pair();
        int written = 0;
        int written_then = -1;
        const auto wait_for_a_byte = [&]() -> task<> {
            char byte = 0;
            co_await other.far.read_some({&byte, 1});
            written_then = written;
        };
        const auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(wait_for_a_byte());
            co_await tandem::yield();
            send_now(other.near, "x");
            arrive_at(other.far);
            for (; written < pieces; ++written)
                co_await busy.near.write(piece);
        };
        co_await tandem::with_group(body);
        CHECK(written_then > 0);
        CHECK(written_then < pieces);
    };
    block_on(all());
}

TEST_CASE("a stream whose reads never wait lets the loop look at other sockets in between") {
    const auto all = []() -> task<> {
        auto [from, to] = tandem::unix_stream::pair();
        auto other = co_await test::connect_pair();
        // As much as the kernel takes, and all of it there before the first read.
        const int room_in_kernel = 1024 * 1024;
        ::setsockopt(from.native_handle(), SOL_SOCKET, SO_SNDBUF, &room_in_kernel, sizeof room_in_kernel);
        const std::string piece(16 * 1024, 'x');
        std::size_t there = 0;
        for (ssize_t sent; (sent = ::send(from.native_handle(), piece.data(), piece.size(),
                                          MSG_NOSIGNAL | MSG_DONTWAIT)) > 0;)
            there += static_cast<std::size_t>(sent);
        REQUIRE(there > 160 * 1024);
        there = std::min<std::size_t>(there, 400 * 1024);
        std::size_t read = 0;
        std::size_t read_then = 0;
        const auto wait_for_a_byte = [&]() -> task<> {
            char byte = 0;
            co_await other.far.read_some({&byte, 1});
            read_then = read;
        };
        auto& source = to;
        const auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(wait_for_a_byte());
            co_await tandem::yield();
            send_now(other.near, "x");
            arrive_at(other.far);
            std::vector<char> room(4096);
            while (read < there)
                read += co_await source.read_some(room);
        };
        co_await tandem::with_group(body);
        CHECK(read_then > 0);
        CHECK(read_then < there);
    };
    block_on(all());
}

TEST_CASE("a stream closed while it lets others have their turn says so") {
    const auto all = [&]() -> task<> {
        auto busy = co_await test::connect_pair();
        auto other = co_await test::connect_pair();
        const std::string piece(4096, 'x');
        const auto close_at_a_byte = [&]() -> task<> {
            char byte = 0;
            co_await other.far.read_some({&byte, 1});
            busy.near.close();
        };
        const auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(close_at_a_byte());
            co_await tandem::yield();
            send_now(other.near, "x");
            arrive_at(other.far);
            for (int i = 0; i < 80; ++i)
                co_await busy.near.write(piece);
        };
        auto outcome = co_await tandem::as_result(tandem::with_group(body));
        REQUIRE_FALSE(outcome.has_value());
        CHECK_THROWS_WITH(outcome.value(), Catch::Contains("closed while writing to 127.0.0.1"));
    };
    block_on(all());
}

TEST_CASE("a stream that goes from trickle to flood and back delivers every byte in order") {
    const auto all = [&]() -> task<> {
        auto pair = co_await test::connect_pair();
        std::string sent;
        std::string received;
        const auto receive = [&]() -> task<> {
            // Room for one byte and for many by turns: full reads, short reads, and reads that wait.
            std::vector<char> room(5000);
            for (std::size_t turn = 0;; ++turn) {
                const std::size_t size = turn % 3 == 0 ? 1 : turn % 3 == 1 ? 7 : room.size();
                const std::size_t count = co_await pair.far.read_some(std::span(room).first(size));
                if (count == 0) co_return;
                received.append(room.data(), count);
            }
        };
        const auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(receive());
            for (int i = 0; i < 400; ++i) {
                std::string piece(i % 40 == 39 ? 70'000 : i % 11, static_cast<char>('a' + i % 26));
                sent += piece;
                co_await pair.near.write(piece);
                if (i % 4 == 0) co_await tandem::yield();
            }
            co_await pair.near.close_write();
        };
        co_await tandem::with_group(body);
        CHECK(received.size() == sent.size());
        CHECK(received == sent);
    };
    block_on(all());
}
