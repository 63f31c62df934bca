#include <tandem/io/buffered_writer.hpp>

#include <catch2/catch.hpp>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/gather.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/testing/memory_stream.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"
#include "support/read_all.hpp"

using namespace std::chrono_literals;
using tandem::buffered_writer;
using tandem::task;
using tandem::testing::memory_stream_options;
using tandem::testing::memory_stream_pair;
using tandem::testing::run_virtual;

TEST_CASE("small writes wait in the buffer, and go out together when they are flushed") {
    const auto all = []() -> task<> {
        memory_stream_pair pair;
        buffered_writer writer(pair.first, 16);
        co_await writer.write("one ");
        co_await writer.write("");
        co_await writer.write("two");
        CHECK(writer.buffered() == 7);
        CHECK(pair.second.is_quiet());
        co_await writer.flush();
        CHECK(writer.buffered() == 0);
        char room[20];
        const std::size_t count = co_await pair.second.read_some(room);
        CHECK(std::string_view(room, count) == "one two");
        co_await writer.flush();
    };
    run_virtual(all());
}

TEST_CASE("a write that finds no room sends what is there, and one as large as the buffer goes past it") {
    const auto all = []() -> task<> {
        memory_stream_pair pair;
        buffered_writer writer(pair.first, 8);
        std::string text;
        for (const char* part : {"12345", "6789", "a", "0123456789abcdef", "end"}) {
            co_await writer.write(part);
            text += part;
            CHECK(writer.buffered() < 8);
        }
        CHECK(writer.buffered() == 3);
        co_await writer.close_write();
        const std::string received = co_await test::read_all(pair.second);
        CHECK(received == text);
        auto late = co_await tandem::as_result(writer.write("0123456789"));
        CHECK_THROWS_AS(late.value(), std::system_error);
    };
    run_virtual(all());
}

TEST_CASE("a writer waits for a peer that does not read, and takes nothing of what it cannot hold") {
    const auto all = []() -> task<> {
        memory_stream_pair pair(memory_stream_options().capacity(10));
        buffered_writer writer(pair.first, 8);
        int written = 0;
        const auto write = [&]() -> task<> {
            for (;; ++written)
                co_await writer.write("four");
        };
        // Ten bytes in the stream, eight in the buffer: four writes, and half of a fifth that was not taken.
        const bool has_ended = co_await tandem::move_on_after(1h, write());
        CHECK_FALSE(has_ended);
        CHECK(written == 4);
        std::string received;
        const auto read = [&]() -> task<> { received = co_await test::read_all(pair.second); };
        co_await tandem::gather(read(), writer.close_write());
        CHECK(received == "fourfourfourfour");
    };
    run_virtual(all());
}

TEST_CASE("two tasks that write at a time are a usage error") {
    const auto all = []() -> task<> {
        memory_stream_pair pair(memory_stream_options().capacity(1));
        buffered_writer writer(pair.first, 8);
        co_await writer.write("1234567");
        const auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(writer.flush());
            co_await tandem::yield();
            auto second = co_await tandem::as_result(writer.write("x"));
            CHECK_THROWS_AS(second.value(), tandem::usage_error);
            group.cancel();
        };
        co_await tandem::with_group(body);
    };
    run_virtual(all());
}

TEST_CASE("wherever a writer is cancelled, each small write was taken whole or not at all") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        memory_stream_pair pair(memory_stream_options().capacity(5));
        buffered_writer writer(pair.first, 8);
        std::string taken, received;
        int next = 0;
        const auto write = [&]() -> task<> {
            while (next < 12) {
                const std::string text = "<" + std::to_string(next) + ">";
                co_await writer.write(text);
                taken += text;
                if (++next % 5 == 0) co_await writer.flush();
            }
        };
        const auto write_all = [&]() -> task<> {
            co_await target.run(write());
            co_await write();
            co_await writer.close_write();
        };
        const auto read = [&]() -> task<> {
            char room[3];
            while (const std::size_t count = co_await pair.second.read_some(room)) {
                received.append(room, count);
                co_await tandem::sleep(1ms);
            }
        };
        co_await tandem::gather(write_all(), read());
        CHECK(next == 12);
        CHECK(received == taken);
    });
}

TEST_CASE("wherever a write past the buffer is cancelled, the writer says whether a part has gone") {
    const std::string text = test::numbered_text(40);
    test::cancel_at_each_step([&](test::victim& target) -> task<> {
        memory_stream_pair pair(memory_stream_options().capacity(7));
        buffered_writer writer(pair.first, 8);
        std::string received;
        bool is_whole = false, is_broken = false;
        const auto write = [&]() -> task<> {
            co_await writer.write("head:");
            is_whole = co_await target.run(writer.write(text));
            auto after = co_await tandem::as_result(writer.write("!"));
            is_broken = !after;
            if (is_broken) {
                CHECK_THROWS_WITH(after.value(), Catch::Contains("ended in its middle"));
                co_await pair.first.close_write();
            } else {
                co_await writer.close_write();
            }
        };
        const auto read = [&]() -> task<> {
            char room[3];
            while (const std::size_t count = co_await pair.second.read_some(room)) {
                received.append(room, count);
                co_await tandem::sleep(1ms);
            }
        };
        co_await tandem::gather(write(), read());
        if (is_broken) {
            CHECK_FALSE(is_whole);
            CHECK(received.size() > 5);
            CHECK(("head:" + text).starts_with(received));
        } else {
            CHECK(received == "head:" + (is_whole ? text : "") + "!");
        }
    });
}
