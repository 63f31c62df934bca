#include <tandem/testing/memory_stream.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <system_error>
#include <vector>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/gather.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"
#include "support/read_all.hpp"

using namespace std::chrono_literals;
using tandem::task;
using tandem::task_group;
using tandem::testing::memory_stream_options;
using tandem::testing::memory_stream_pair;
using tandem::testing::run_virtual;
using tandem::testing::stream_faults;

namespace {

/// The condition that `work` fails with; none if it does not fail.
template <class T> task<std::error_code> failure(task<T> work) {
    try {
        (void)co_await std::move(work);
    } catch (const std::system_error& error) {
        INFO(error.what());
        CHECK(std::string(error.what()).find("the memory stream's peer") != std::string::npos);
        co_return error.code();
    }
    co_return std::error_code();
}

task<std::string> read_once(tandem::byte_stream& from, std::size_t most = 100) {
    std::string text(most, '?');
    text.resize(co_await from.read_some(text));
    co_return text;
}

/// What arrives when `text` is sent through a pair made with `options`, and the sizes of the reads.
task<std::string> carry(const std::string& text, memory_stream_options options,
                        std::vector<std::size_t>* sizes = nullptr) {
    memory_stream_pair pair(options);
    std::string received;
    auto send = [&]() -> task<> {
        co_await pair.first.write(text);
        co_await pair.first.close_write();
    };
    auto receive = [&]() -> task<> {
        for (;;) {
            const std::string part = co_await read_once(pair.second, 1000);
            if (part.empty()) co_return;
            received += part;
            if (sizes) sizes->push_back(part.size());
        }
    };
    co_await tandem::gather(send(), receive());
    co_return received;
}

} // namespace

TEST_CASE("what is written to one end of a memory stream is read from the other, both ways") {
    auto all = []() -> task<> {
        auto [left, right] = memory_stream_pair();
        co_await left.write("to the right");
        co_await right.write("to the left");
        const std::string at_right = co_await read_once(right);
        const std::string at_left = co_await read_once(left);
        CHECK(at_right == "to the right");
        CHECK(at_left == "to the left");
        CHECK(left.bytes_written() == 12);
        CHECK(left.bytes_read() == 11);
    };
    run_virtual(all());
}

TEST_CASE("a reader of a memory stream waits for the first byte and gets what there is") {
    auto all = []() -> task<> {
        memory_stream_pair pair;
        std::string received;
        auto read = [&]() -> task<> { received = co_await read_once(pair.second); };
        auto write = [&]() -> task<> {
            CHECK(pair.second.is_quiet());
            co_await tandem::sleep(1s);
            CHECK(received.empty());
            co_await pair.first.write("a");
            co_await pair.first.write("b");
        };
        co_await tandem::gather(read(), write());
        CHECK(received == "ab");
    };
    run_virtual(all());
}

TEST_CASE("a read into no room and a write of no bytes do not wait") {
    auto all = []() -> task<> {
        memory_stream_pair pair(memory_stream_options().capacity(1));
        const std::size_t read = co_await pair.second.read_some({});
        co_await pair.first.write("x");
        const std::size_t written = co_await pair.first.write_some("");
        co_await pair.first.write("");
        CHECK(read == 0);
        CHECK(written == 0);
    };
    run_virtual(all());
}

TEST_CASE("a writer of a memory stream waits while the other end does not read") {
    auto all = []() -> task<> {
        memory_stream_pair pair(memory_stream_options().capacity(10));
        const std::string text = test::numbered_text(1000);
        bool has_written = false;
        std::string received;
        auto write = [&]() -> task<> {
            co_await pair.first.write(text);
            has_written = true;
            co_await pair.first.close_write();
        };
        auto read = [&]() -> task<> {
            co_await tandem::sleep(1h);
            CHECK(pair.first.bytes_written() == 10);
            while (received.size() < 980)
                received += co_await read_once(pair.second, 7);
            CHECK_FALSE(has_written);
            received += co_await test::read_all(pair.second, 7);
        };
        co_await tandem::gather(write(), read());
        CHECK(has_written);
        CHECK(received == text);
    };
    run_virtual(all());
}

TEST_CASE("write_some sends what there is room for") {
    auto all = []() -> task<> {
        memory_stream_pair pair(memory_stream_options().capacity(4));
        const std::size_t sent = co_await pair.first.write_some("abcdef");
        CHECK(sent == 4);
        const bool has_room = co_await tandem::move_on_after(1s, pair.first.write("x"));
        CHECK_FALSE(has_room);
        const std::string received = co_await read_once(pair.second);
        CHECK(received == "abcd");
    };
    run_virtual(all());
}

TEST_CASE("a half-closed memory stream still reads") {
    auto all = []() -> task<> {
        auto [left, right] = memory_stream_pair();
        co_await left.write("question");
        co_await left.close_write();
        const std::string question = co_await test::read_all(right);
        CHECK(question == "question");
        co_await right.write("answer");
        co_await right.close_write();
        const std::string answer = co_await test::read_all(left);
        CHECK(answer == "answer");
        const auto late = co_await failure(left.write("more"));
        CHECK(late == std::errc::broken_pipe);
        CHECK_FALSE(left.is_quiet());
    };
    run_virtual(all());
}

TEST_CASE("a reader that waits wakes at the end of the stream") {
    auto all = []() -> task<> {
        auto [left, right] = memory_stream_pair();
        std::string received = "?";
        auto read = [&, &from = right]() -> task<> { received = co_await read_once(from); };
        auto end = [&, &to = left]() -> task<> {
            co_await tandem::sleep(1s);
            co_await to.close_write();
        };
        co_await tandem::gather(read(), end());
        CHECK(received.empty());
    };
    run_virtual(all());
}

TEST_CASE("closing one end of a memory stream ends the other once it has read what was written") {
    auto all = []() -> task<> {
        memory_stream_pair pair;
        co_await pair.first.write("last words");
        pair.first.close();
        pair.first.close();
        CHECK_FALSE(pair.second.is_quiet());
        const std::string received = co_await test::read_all(pair.second);
        CHECK(received == "last words");
        const auto write = co_await failure(pair.second.write("anybody there?"));
        CHECK(write == std::errc::broken_pipe);
        const auto own_read = co_await failure(read_once(pair.first));
        CHECK(own_read == std::errc::bad_file_descriptor);
        const auto own_write = co_await failure(pair.first.write("x"));
        CHECK(own_write == std::errc::bad_file_descriptor);
    };
    run_virtual(all());
}

TEST_CASE("closing an end wakes what waits on it with an error, and what waits on the other one") {
    for (const bool is_slow : {false, true}) {
        auto all = [&]() -> task<> {
            memory_stream_options options;
            options.capacity(1);
            if (is_slow) options.to_first(stream_faults().delay(24h));
            memory_stream_pair pair(options);
            co_await pair.first.write("x");
            co_await pair.second.write("x");
            std::error_code read, write, peer_write;
            std::string peer_read;
            const auto began = tandem::loop::current().now();
            auto read_here = [&]() -> task<> {
                if (!is_slow) co_await read_once(pair.first);
                read = co_await failure(read_once(pair.first));
            };
            auto write_here = [&]() -> task<> { write = co_await failure(pair.first.write("y")); };
            auto write_there = [&]() -> task<> { peer_write = co_await failure(pair.second.write("yzz")); };
            auto close = [&]() -> task<> {
                co_await tandem::sleep(1s);
                pair.first.close();
            };
            co_await tandem::gather(read_here(), write_here(), write_there(), close());
            CHECK(write == std::errc::operation_canceled);
            CHECK(peer_write == std::errc::broken_pipe);
            CHECK(read == (is_slow ? std::errc::operation_canceled : std::errc()));
            CHECK(tandem::loop::current().now() - began == 1s);
        };
        run_virtual(all());
    }
}

TEST_CASE("an end of a memory stream may go away while a task reads from it") {
    auto all = []() -> task<> {
        std::optional<memory_stream_pair> pair(std::in_place);
        std::error_code read;
        auto wait = [&]() -> task<> { read = co_await failure(read_once(pair->first)); };
        auto drop = [&]() -> task<> {
            co_await tandem::sleep(1s);
            pair.reset();
        };
        co_await tandem::gather(wait(), drop());
        CHECK(read == std::errc::operation_canceled);
    };
    run_virtual(all());
}

TEST_CASE("two tasks that read, or that write, on one memory stream at a time are a usage error") {
    auto all = []() -> task<> {
        memory_stream_pair pair(memory_stream_options().capacity(1));
        co_await pair.first.write("x");
        auto body = [&](task_group& group) -> task<> {
            group.spawn(pair.first.write("y"));
            group.spawn(read_once(pair.first));
            co_await tandem::yield();
            auto second_read = co_await tandem::as_result(read_once(pair.first));
            auto second_write = co_await tandem::as_result(pair.first.write_some("z"));
            auto close = co_await tandem::as_result(pair.first.close_write());
            CHECK_THROWS_AS(second_read.value(), tandem::usage_error);
            CHECK_THROWS_AS(second_write.value(), tandem::usage_error);
            CHECK_THROWS_AS(close.value(), tandem::usage_error);
            group.cancel();
        };
        co_await tandem::with_group(body);
        co_await pair.second.write_some("after that");
        const std::string received = co_await read_once(pair.first, 1);
        CHECK(received == "a");
    };
    run_virtual(all());
    CHECK_THROWS_AS(memory_stream_options().capacity(0), tandem::usage_error);
    CHECK_THROWS_AS(stream_faults().fragment(0), tandem::usage_error);
}

TEST_CASE("a fragmenting memory stream moves at most so many bytes at once") {
    auto all = []() -> task<> {
        const std::string text = test::numbered_text(500);
        std::vector<std::size_t> sizes;
        const std::string received =
            co_await carry(text, memory_stream_options().to_second(stream_faults().fragment(3)), &sizes);
        CHECK(received == text);
        CHECK(sizes == [] {
            std::vector<std::size_t> threes(166, 3);
            threes.push_back(2);
            return threes;
        }());
        memory_stream_pair pair(memory_stream_options().to_second(stream_faults().fragment(3)));
        const std::size_t sent = co_await pair.first.write_some("abcdef");
        CHECK(sent == 3);
        const std::size_t other_way = co_await pair.second.write_some("abcdef");
        CHECK(other_way == 6);
    };
    run_virtual(all());
}

TEST_CASE("a memory stream that draws the sizes of its fragments draws the same ones again") {
    auto all = []() -> task<> {
        const std::string text = test::numbered_text(2000);
        std::vector<std::vector<std::size_t>> sizes(3);
        const std::uint64_t seeds[] = {1, 1, 2};
        for (int i = 0; i < 3; ++i) {
            memory_stream_options options;
            options.to_second(stream_faults().fragment_randomly(9, seeds[i]));
            const std::string received = co_await carry(text, options, &sizes[i]);
            CHECK(received == text);
        }
        CHECK(sizes[0] == sizes[1]);
        CHECK(sizes[0] != sizes[2]);
        std::vector<bool> seen(10);
        for (const std::size_t size : sizes[0])
            seen.at(size) = true;
        CHECK(seen == std::vector<bool>{false, true, true, true, true, true, true, true, true, true});
    };
    run_virtual(all());
}

TEST_CASE("a delaying memory stream delays each read, in virtual time") {
    auto all = []() -> task<> {
        const auto began = tandem::loop::current().now();
        const std::string text = test::numbered_text(30);
        memory_stream_options options;
        options.to_second(stream_faults().fragment(10).delay(1h));
        const std::string received = co_await carry(text, options);
        CHECK(received == text);
        CHECK(tandem::loop::current().now() - began == 4h); // three parts, and the end
    };
    run_virtual(all());
}

TEST_CASE("a read cancelled during its delay takes no bytes") {
    auto all = []() -> task<> {
        memory_stream_pair pair(memory_stream_options().to_second(stream_faults().delay(10s)));
        co_await pair.first.write("still there");
        auto late = co_await tandem::move_on_after(1s, read_once(pair.second));
        CHECK_FALSE(late);
        const std::string received = co_await read_once(pair.second);
        CHECK(received == "still there");
    };
    run_virtual(all());
}

TEST_CASE("a memory stream is reset after so many bytes, which still arrive") {
    for (const std::size_t limit : {0, 1, 5}) {
        auto all = [&]() -> task<> {
            memory_stream_pair pair(memory_stream_options().to_second(stream_faults().reset_after(limit)));
            const auto lost = co_await failure(pair.second.write("never arrives"));
            CHECK(lost == (limit ? std::errc() : std::errc::connection_reset));
            const auto write = co_await failure(pair.first.write("abcdef"));
            CHECK(write == std::errc::connection_reset);
            if (limit > 0) {
                const std::string received = co_await read_once(pair.second);
                CHECK(received == std::string("abcdef").substr(0, limit));
            }
            for (auto* stream : {&pair.first, &pair.second}) {
                CHECK_FALSE(stream->is_quiet());
                const auto read = co_await failure(read_once(*stream));
                CHECK(read == std::errc::connection_reset);
                const auto again = co_await failure(stream->write("x"));
                CHECK(again == std::errc::connection_reset);
            }
        };
        run_virtual(all());
    }
}

TEST_CASE("a reset wakes all that wait on a memory stream, and loses what was on its way") {
    auto all = []() -> task<> {
        memory_stream_pair pair(memory_stream_options().capacity(1));
        co_await pair.first.write("x");
        std::error_code read, write;
        auto read_here = [&]() -> task<> { read = co_await failure(read_once(pair.first)); };
        auto write_here = [&]() -> task<> { write = co_await failure(pair.first.write("y")); };
        auto reset = [&]() -> task<> {
            co_await tandem::sleep(1s);
            pair.second.reset();
        };
        co_await tandem::gather(read_here(), write_here(), reset());
        CHECK(read == std::errc::connection_reset);
        CHECK(write == std::errc::connection_reset);
        const auto other = co_await failure(read_once(pair.second));
        CHECK(other == std::errc::connection_reset);
    };
    run_virtual(all());
}

TEST_CASE("a truncating memory stream ends after so many bytes, unnoticed by its writer") {
    for (const std::size_t limit : {0, 1, 700, 1500}) {
        auto all = [&]() -> task<> {
            const std::string text = test::numbered_text(1000);
            memory_stream_options options;
            options.capacity(16).to_second(stream_faults().truncate_after(limit));
            const std::string received = co_await carry(text, options);
            CHECK(received == text.substr(0, limit));
        };
        run_virtual(all());
    }
}

TEST_CASE("a stalling memory stream stops after so many bytes, and stops its writer when it is full") {
    auto all = []() -> task<> {
        memory_stream_pair pair(
            memory_stream_options().capacity(4).to_second(stream_faults().stall_after(6)));
        auto write = [&]() -> task<> {
            co_await pair.first.write("abcdefghij");
            const bool has_room = co_await tandem::move_on_after(1s, pair.first.write("x"));
            CHECK_FALSE(has_room);
            co_await pair.first.close_write();
        };
        std::string received;
        auto read = [&]() -> task<> {
            while (received.size() < 6)
                received += co_await read_once(pair.second, 2);
            auto more = co_await tandem::move_on_after(1h, read_once(pair.second));
            CHECK_FALSE(more);
            CHECK(pair.second.is_quiet());
        };
        co_await tandem::gather(write(), read());
        CHECK(received == "abcdef");
    };
    run_virtual(all());
}

TEST_CASE(
    "a write that was cancelled in the middle breaks the memory stream, one that had not begun does not") {
    auto all = []() -> task<> {
        memory_stream_pair pair(memory_stream_options().capacity(4));
        co_await pair.first.write("abcd");
        const bool has_begun = co_await tandem::move_on_after(1s, pair.first.write("efgh"));
        CHECK_FALSE(has_begun);
        const std::string four = co_await read_once(pair.second);
        co_await pair.first.write("ef");
        const bool has_ended = co_await tandem::move_on_after(1s, pair.first.write("ghijk"));
        CHECK_FALSE(has_ended);
        const auto after = co_await failure(pair.first.write("l"));
        CHECK(after == std::errc::broken_pipe);
        CHECK(four == "abcd");
    };
    run_virtual(all());
}

TEST_CASE("wherever a reader of a memory stream is cancelled, each byte is read once or still there") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        memory_stream_options options;
        options.capacity(4).to_second(stream_faults().fragment_randomly(3, 7).delay(1s));
        memory_stream_pair pair(options);
        const std::string text = test::numbered_text(20);
        std::string received;
        auto read = [&]() -> task<> {
            for (;;) {
                std::string part(8, '?');
                const std::size_t count = co_await pair.second.read_some(part);
                if (count == 0) co_return;
                received.append(part, 0, count);
            }
        };
        auto write = [&]() -> task<> {
            co_await pair.first.write(text);
            co_await pair.first.close_write();
        };
        auto then_the_rest = [&]() -> task<> {
            co_await target.run(read());
            co_await read();
        };
        co_await tandem::gather(write(), then_the_rest());
        CHECK(received == text);
    });
}

TEST_CASE("wherever a writer of a memory stream is cancelled, what it sent arrives in order") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        memory_stream_pair pair(memory_stream_options().capacity(3).to_second(stream_faults().fragment(2)));
        const std::string text = test::numbered_text(20);
        std::size_t sent = 0;
        auto write = [&]() -> task<> {
            while (sent < text.size())
                sent += co_await pair.first.write_some(std::string_view(text).substr(sent));
        };
        std::string received;
        auto read = [&]() -> task<> { received = co_await test::read_all(pair.second, 2); };
        auto then_the_rest = [&]() -> task<> {
            co_await target.run(write());
            co_await write();
            co_await pair.first.close_write();
        };
        co_await tandem::gather(read(), then_the_rest());
        CHECK(received == text);
        CHECK(pair.first.bytes_written() == text.size());
        CHECK(pair.second.bytes_read() == text.size());
    });
}
