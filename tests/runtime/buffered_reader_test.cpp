#include <tandem/io/buffered_reader.hpp>

#include <catch2/catch.hpp>

#include <vector>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/gather.hpp>
#include <tandem/testing/memory_stream.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"
#include "support/read_all.hpp"

using namespace std::chrono_literals;
using tandem::buffered_reader;
using tandem::task;
using tandem::testing::memory_stream_options;
using tandem::testing::memory_stream_pair;
using tandem::testing::run_virtual;

namespace {

task<> send(tandem::byte_stream& to, std::string text) {
    co_await to.write(text);
    co_await to.close_write();
}

/// Runs `body(reader, stream)` on a reader of `text`, which comes in pieces of 1, 3 and 1000 bytes by turns.
template <class Body> void with_text(const std::string& text, std::size_t capacity, const Body& body) {
    for (const std::size_t piece : {1, 3, 1000}) {
        INFO("pieces of " << piece << " bytes");
        const auto all = [&]() -> task<> {
            memory_stream_pair pair(
                memory_stream_options().to_second(tandem::testing::stream_faults().fragment(piece)));
            buffered_reader reader(pair.second, capacity);
            co_await tandem::gather(send(pair.first, text), body(reader));
        };
        run_virtual(all());
    }
}

/// The bytes that `work` leaves behind in its incomplete_read.
template <class T> task<std::string> partial_of(task<T> work) {
    try {
        (void)co_await std::move(work);
    } catch (const tandem::incomplete_read& error) {
        co_return error.partial();
    }
    co_return "no error";
}

} // namespace

TEST_CASE("lines come one by one without their ends, a last one without an end too") {
    with_text("one\ntwo\r\n\n\r\nlast", 4, [](buffered_reader& reader) -> task<> {
        std::vector<std::string> lines;
        while (auto line = co_await reader.read_line())
            lines.push_back(*line);
        CHECK(lines == std::vector<std::string>{"one", "two", "", "", "last"});
        auto after = co_await reader.read_line();
        CHECK_FALSE(after);
    });
}

TEST_CASE("records end with their delimiter, wherever the pieces cut it") {
    with_text("a--b-\r\n--\r\n--end", 4, [](buffered_reader& reader) -> task<> {
        const std::string first = co_await reader.read_until("--");
        CHECK(first == "a--");
        const std::string second = co_await reader.read_until("\r\n--");
        CHECK(second == "b-\r\n--");
        const std::string third = co_await reader.read_until("\r\n--");
        CHECK(third == "\r\n--");
        const std::string rest = co_await partial_of(reader.read_until("\r\n--"));
        CHECK(rest == "end");
        CHECK(reader.buffered().empty());
    });
}

TEST_CASE(
    "an exact number of bytes is read, whatever the pieces, and less at the end is an error with them") {
    const std::string text = test::numbered_text(1000);
    with_text(text, 16, [&](buffered_reader& reader) -> task<> {
        const std::string first = co_await reader.read_exactly(10);
        CHECK(first == text.substr(0, 10));
        const std::string none = co_await reader.read_exactly(0);
        CHECK(none.empty());
        std::string second(700, ' ');
        co_await reader.read_exactly(std::span(second));
        CHECK(second == text.substr(10, 700));
        const std::string rest = co_await partial_of(reader.read_exactly(291));
        CHECK(rest == text.substr(710));
    });
}

TEST_CASE("what an incomplete read says") {
    with_text("abc", 16, [](buffered_reader& reader) -> task<> {
        auto outcome = co_await tandem::as_result(reader.read_exactly(10));
        CHECK_THROWS_WITH(outcome.value(), "the stream ended after 3 of 10 bytes");
    });
}

TEST_CASE("the rest is read to the end, or is too long") {
    const std::string text = test::numbered_text(5000);
    with_text(text, 64, [&](buffered_reader& reader) -> task<> {
        const std::string head = co_await reader.read_exactly(100);
        auto outcome = co_await tandem::as_result(reader.read_to_end(4899));
        CHECK_THROWS_WITH(outcome.value(), "the rest of the stream is longer than the limit of 4899 bytes");
        // All of it is still there.
        const std::string rest = co_await reader.read_to_end(4900);
        CHECK(head + rest == text);
        const std::string more = co_await reader.read_to_end(0);
        CHECK(more.empty());
    });
}

TEST_CASE("a line or record beyond its limit is an error that names the limit, and stays in the reader") {
    with_text("123456789\nnext\n", 4, [](buffered_reader& reader) -> task<> {
        auto line = co_await tandem::as_result(reader.read_line(9));
        CHECK_THROWS_WITH(line.value(), "a line is longer than the limit of 9 bytes");
        auto record = co_await tandem::as_result(reader.read_until("\n", 5));
        try {
            record.value();
            FAIL("no error");
        } catch (const tandem::limit_exceeded& error) {
            CHECK(error.limit() == 5);
        }
        const auto whole = co_await reader.read_line(10);
        CHECK(whole == "123456789");
        const auto next = co_await reader.read_line(5);
        CHECK(next == "next");
    });
}

TEST_CASE("reads of any kind follow each other over one buffer") {
    with_text("head\n0123456789tail", 8, [](buffered_reader& reader) -> task<> {
        const auto line = co_await reader.read_line();
        CHECK(line == "head");
        char room[4];
        std::string digits;
        while (digits.size() < 10) {
            const std::size_t count = co_await reader.read_some(
                std::span(room).first(std::min<std::size_t>(4, 10 - digits.size())));
            digits.append(room, count);
        }
        CHECK(digits == "0123456789");
        const std::string tail = co_await reader.read_to_end(100);
        CHECK(tail == "tail");
        const std::size_t end = co_await reader.read_some(room);
        CHECK(end == 0);
        const std::size_t none = co_await reader.read_some({});
        CHECK(none == 0);
    });
}

TEST_CASE("an empty delimiter, and two readers at a time, are errors of the caller") {
    const auto all = []() -> task<> {
        memory_stream_pair pair;
        buffered_reader reader(pair.second);
        auto empty = co_await tandem::as_result(reader.read_until(""));
        CHECK_THROWS_AS(empty.value(), std::invalid_argument);
        const auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(reader.read_line());
            co_await tandem::yield();
            auto second = co_await tandem::as_result(reader.read_line());
            CHECK_THROWS_AS(second.value(), tandem::usage_error);
            group.cancel();
        };
        co_await tandem::with_group(body);
        // The first one's turn has ended with it.
        co_await pair.first.write("x\n");
        const auto line = co_await reader.read_line();
        CHECK(line == "x");
    };
    run_virtual(all());
}

TEST_CASE("an error of the stream passes through, and what had come is still there") {
    const auto all = []() -> task<> {
        memory_stream_pair pair(
            memory_stream_options().to_second(tandem::testing::stream_faults().reset_after(6)));
        buffered_reader reader(pair.second);
        auto sent = co_await tandem::as_result(pair.first.write("line\nmore"));
        CHECK_FALSE(sent);
        auto broken = co_await tandem::as_result(reader.read_exactly(9));
        CHECK_THROWS_AS(broken.value(), std::system_error);
        CHECK(reader.buffered() == "line\nm");
        const auto line = co_await reader.read_line();
        CHECK(line == "line");
    };
    run_virtual(all());
}

TEST_CASE("a peer that announces much and sends little does not cost the memory") {
    const auto all = []() -> task<> {
        memory_stream_pair pair;
        buffered_reader reader(pair.second, 16);
        co_await pair.first.write("little");
        co_await pair.first.close_write();
        // Such a buffer could not even be had.
        const std::string came = co_await partial_of(reader.read_exactly(std::size_t(1) << 62));
        CHECK(came == "little");
    };
    run_virtual(all());
}

TEST_CASE("wherever a reader is cancelled, whatever it reads, the next one goes on from there") {
    const std::string text =
        "line one\nline two\n" + test::numbered_text(300) + "--" + test::numbered_text(40);
    test::cancel_at_each_step([&](test::victim& target) -> task<> {
        tandem::testing::stream_faults slow;
        slow.fragment(37).delay(1ms);
        memory_stream_pair pair(memory_stream_options().to_second(slow));
        buffered_reader reader(pair.second, 32);
        std::vector<std::string> parts;
        // Each step is taken again if it was cancelled, as a caller would.
        const auto read = [&]() -> task<> {
            while (parts.size() < 5) {
                switch (parts.size()) {
                case 0:
                case 1: {
                    auto line = co_await reader.read_line();
                    parts.push_back(*line + "\n");
                    break;
                }
                case 2: {
                    std::string room(100, ' ');
                    co_await reader.read_exactly(std::span(room));
                    parts.push_back(room);
                    break;
                }
                case 3: {
                    auto record = co_await reader.read_until("--");
                    parts.push_back(std::move(record));
                    break;
                }
                default: {
                    auto rest = co_await reader.read_to_end(1000);
                    parts.push_back(std::move(rest));
                }
                }
            }
        };
        const auto read_all = [&]() -> task<> {
            co_await target.run(read());
            co_await read();
        };
        co_await tandem::gather(send(pair.first, text), read_all());
        std::string all;
        for (const auto& part : parts)
            all += part;
        CHECK(all == text);
    });
}
