// map: a range through a pool, as a stream.
#include <catch2/catch.hpp>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/threads/block_on.hpp>

#include <algorithm>
#include <csignal>
#include <numeric>
#include <ranges>

#include "support/pools.hpp"

#define FOR_EACH_POOL(name) TEMPLATE_TEST_CASE(name, "", tandem::thread_pool, tandem::process_pool)

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::chunk;
using tandem::in_flight;
using tandem::task;

namespace {

bool is_even(int value) {
    return value % 2 == 0;
}
int refuse_thirteen(int value) {
    if (value == 13) throw std::domain_error("thirteen");
    return value;
}
int until_stopped(int value, std::stop_token stop) {
    while (!stop.stop_requested())
        std::this_thread::sleep_for(1ms);
    return value;
}
/// Takes its time with the first.
int slow_zero(int value) {
    if (value == 0) std::this_thread::sleep_for(20ms);
    return value;
}

std::vector<int> numbers(int count) {
    std::vector<int> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

template <class Stream> task<std::vector<typename Stream::value_type>> all_of(Stream& from) {
    std::vector<typename Stream::value_type> values;
    while (auto value = co_await from.next())
        values.push_back(std::move(*value));
    co_return values;
}

/// 0, 1, 2, … without an end, which counts what was taken from it.
class counted_range {
  public:
    class iterator {
      public:
        explicit iterator(int& taken)
            : taken_(&taken) {}
        int operator*() const {
            *taken_ = value_ + 1;
            return value_;
        }
        iterator& operator++() {
            ++value_;
            return *this;
        }
        bool operator==(std::default_sentinel_t) const { return false; }

      private:
        int* taken_;
        int value_ = 0;
    };
    explicit counted_range(int& taken)
        : taken_(&taken) {}
    iterator begin() const { return iterator(*taken_); }
    std::default_sentinel_t end() const { return {}; }

  private:
    int* taken_;
};

} // namespace

FOR_EACH_POOL("map gives the values in the order of the items, whatever the chunks") {
    auto pool = test::make_pool<TestType>(2);
    auto all = [&]() -> task<> {
        for (const int count : {0, 1, 9, 10, 11, 100}) {
            for (const std::size_t size : {1u, 10u, 1000u}) {
                INFO(count << " items, chunks of " << size);
                auto doubled = pool.map(test::twice, numbers(count), chunk(size));
                const auto values = co_await all_of(doubled);
                REQUIRE(values.size() == static_cast<std::size_t>(count));
                for (int i = 0; i < count; ++i)
                    REQUIRE(values[static_cast<std::size_t>(i)] == 2 * i);
                const auto after = co_await doubled.next();
                CHECK_FALSE(after);
            }
        }
        auto slow = pool.map(slow_zero, numbers(6));
        const auto values = co_await all_of(slow);
        CHECK(values == numbers(6));
    };
    block_on(all());
}

FOR_EACH_POOL("an unordered map gives every value once, and those that are quick first") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(2);
    auto all = [&]() -> task<> {
        // The first of them cannot end before the others have been given.
        auto held = [](const std::pair<std::string, int>& what) {
            while (what.second == 0 && !test::exists(what.first))
                std::this_thread::sleep_for(1ms);
            return what.second;
        };
        std::vector<std::pair<std::string, int>> items;
        for (int i = 0; i < 20; ++i)
            items.emplace_back(folder / "open", i);
        auto coming = pool.map(held, items, tandem::unordered);
        std::vector<int> values;
        while (auto value = co_await coming.next()) {
            values.push_back(*value);
            if (values.size() == 19) test::touch(folder / "open");
        }
        REQUIRE(values.size() == 20);
        CHECK(values.back() == 0);
        std::sort(values.begin(), values.end());
        CHECK(values == numbers(20));
    };
    block_on(all());
}

FOR_EACH_POOL("an endless range works, and is taken from no further ahead than told") {
    auto pool = test::make_pool<TestType>(2);
    auto all = [&]() -> task<> {
        for (const std::size_t size : {1u, 7u}) {
            int taken = 0;
            auto values = pool.map(test::twice, counted_range(taken), chunk(size), in_flight(3));
            co_await tandem::yield();
            CHECK(taken == 0);
            int furthest = 0;
            for (int i = 0; i < 200; ++i) {
                const auto value = co_await values.next();
                REQUIRE(value == 2 * i);
                furthest = std::max(furthest, taken - i);
            }
            // Three chunks, and the one that is being consumed.
            CHECK(furthest <= static_cast<int>(4 * size));
            CHECK(furthest >= static_cast<int>(3 * size));
            // Waiting does not take more.
            const int before = taken;
            co_await tandem::sleep(5ms);
            CHECK(taken == before);
            co_await values.close();
            const auto after = co_await values.next();
            CHECK_FALSE(after);
        }
        auto odd = pool.map(is_even, std::views::iota(1));
        const auto first = co_await odd.next();
        CHECK(first == false);
    };
    block_on(all());
}

FOR_EACH_POOL("unless told, twice as many chunks are in flight as there are workers") {
    auto pool = test::make_pool<TestType>(3);
    auto all = [&]() -> task<> {
        int taken = 0;
        auto values = pool.map(test::twice, counted_range(taken));
        co_await values.next();
        CHECK(taken == 7);
    };
    block_on(all());
}

FOR_EACH_POOL("the first error ends a map in its turn: what was before it is given") {
    auto pool = test::make_pool<TestType>(2);
    auto all = [&]() -> task<> {
        for (const std::size_t size : {1u, 5u, 100u}) {
            int taken = 0;
            auto values = pool.map(refuse_thirteen, counted_range(taken), chunk(size), in_flight(2));
            for (int i = 0; i < 13; ++i) {
                const auto value = co_await values.next();
                REQUIRE(value == i);
            }
            auto wait = [&]() -> task<std::optional<int>> { co_return co_await values.next(); };
            auto outcome = co_await tandem::as_result(wait());
            CHECK_THROWS_AS(outcome.value(), std::domain_error);
            const auto after = co_await values.next();
            CHECK_FALSE(after);
            // The chunk of 13, those in flight beside it, and nothing after that.
            CHECK(taken <= 14 + static_cast<int>(4 * size));
        }
        const int answer = co_await pool.run(test::twice, 4);
        CHECK(answer == 8);
    };
    block_on(all());
}

FOR_EACH_POOL("an error stops what is in flight before it is thrown") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(2);
    auto fail_or_hold = [](const std::pair<std::string, int>& what, std::stop_token stop) {
        if (what.second != 0) return test::hold(what.first, what.second, stop);
        while (!test::exists(what.first + "/started-1"))
            std::this_thread::sleep_for(1ms);
        throw std::domain_error("first");
    };
    auto all = [&]() -> task<> {
        std::vector<std::pair<std::string, int>> items;
        for (int i = 0; i < 10; ++i)
            items.emplace_back(folder.path().string(), i);
        auto values = pool.map(fail_or_hold, items);
        auto wait = [&]() -> task<> { co_await values.next(); };
        auto outcome = co_await tandem::as_result(wait());
        CHECK_THROWS_AS(outcome.value(), std::domain_error);
        CHECK(test::exists(folder / "stopped-1"));
    };
    block_on(all());
}

FOR_EACH_POOL("a map that keeps going gives a result for each item") {
    auto pool = test::make_pool<TestType>(2);
    auto all = [&]() -> task<> {
        for (const std::size_t size : {1u, 4u, 50u}) {
            std::vector<int> items = numbers(15);
            items.push_back(13);
            auto outcomes = pool.map(refuse_thirteen, items, chunk(size), tandem::keep_going);
            int index = 0;
            while (auto outcome = co_await outcomes.next()) {
                INFO("item " << index << ", chunks of " << size);
                const int item = items.at(static_cast<std::size_t>(index++));
                CHECK(outcome->has_value() == (item != 13));
                if (item == 13)
                    CHECK_THROWS_AS(outcome->value(), std::domain_error);
                else
                    CHECK(outcome->value() == item);
            }
            CHECK(index == 16);
        }
    };
    block_on(all());
}

FOR_EACH_POOL("a map's deadline stops it as a whole") {
    auto pool = test::make_pool<TestType>(2);
    auto all = [&]() -> task<> {
        auto values = pool.map(until_stopped, std::views::iota(0), tandem::with_deadline(50ms));
        auto wait = [&]() -> task<> { co_await values.next(); };
        auto outcome = co_await tandem::as_result(wait());
        CHECK_THROWS_AS(outcome.value(), tandem::timed_out);
        const auto after = co_await values.next();
        CHECK_FALSE(after);

        // Of chunks that were cut short, nothing is given.
        auto chunked = pool.with(tandem::with_deadline(50ms))
                           .map(until_stopped, std::views::iota(0), chunk(10), tandem::keep_going);
        auto wait_again = [&]() -> task<> { co_await chunked.next(); };
        auto late = co_await tandem::as_result(wait_again());
        CHECK_THROWS_AS(late.value(), tandem::timed_out);
        const int answer = co_await pool.run(test::twice, 4);
        CHECK(answer == 8);
    };
    block_on(all());
}

FOR_EACH_POOL("the deadline of the scope reaches a map") {
    auto pool = test::make_pool<TestType>(2);
    auto all = [&]() -> task<> {
        auto work = [&]() -> task<> {
            auto values = pool.map(until_stopped, std::views::iota(0));
            co_await values.next();
        };
        auto outcome = co_await tandem::as_result(tandem::timeout(50ms, work()));
        CHECK_THROWS_AS(outcome.value(), tandem::timed_out);
        const int answer = co_await pool.run(test::twice, 4);
        CHECK(answer == 8);
    };
    block_on(all());
}

FOR_EACH_POOL("a map dropped at any moment leaves the pool to others") {
    auto pool = test::make_pool<TestType>(2);
    auto all = [&]() -> task<> {
        for (int given = 0; given < 12; ++given) {
            auto values = pool.map(test::twice, std::views::iota(0), chunk(3));
            for (int i = 0; i < given; ++i)
                co_await values.next();
        }
        const int answer = co_await pool.run(test::twice, 4);
        CHECK(answer == 8);
    };
    block_on(all());
}

FOR_EACH_POOL("a cancelled next loses no value") {
    auto pool = test::make_pool<TestType>(2);
    auto all = [&]() -> task<> {
        auto values = pool.map(test::twice, numbers(60), chunk(2));
        std::vector<int> seen;
        auto take = [&]() -> task<> {
            while (auto value = co_await values.next())
                seen.push_back(*value);
        };
        // The consumer is stopped a little later each time.
        for (int round = 0; seen.size() < 60; ++round) {
            REQUIRE(round < 100'000);
            co_await tandem::move_on_after(std::chrono::microseconds(20 * (round % 50)), take());
        }
        for (int i = 0; i < 60; ++i)
            REQUIRE(seen[static_cast<std::size_t>(i)] == 2 * i);
    };
    block_on(all());
}

FOR_EACH_POOL("functions without a value, and those that give a bool, map as others do") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        auto note = [](const std::pair<std::string, int>& what) { test::note(what.first, what.second); };
        std::vector<std::pair<std::string, int>> items;
        for (int i = 0; i < 5; ++i)
            items.emplace_back(folder / "notes", i);
        auto noted = pool.map(note, items, chunk(2));
        int count = 0;
        while (const std::optional<std::monostate> one = co_await noted.next())
            ++count;
        CHECK(count == 5);
        CHECK(test::notes_in(folder / "notes") == numbers(5));

        auto evens = pool.map(is_even, numbers(5), chunk(3));
        const auto answers = co_await all_of(evens);
        CHECK(answers == std::vector<bool>{true, false, true, false, true});
    };
    block_on(all());
}

TEST_CASE("a map in processes sends one message for each chunk") {
    auto pool = test::make_pool<tandem::process_pool>(2);
    auto all = [&]() -> task<> {
        auto values = pool.map(test::twice, numbers(100), chunk(16));
        co_await all_of(values);
    };
    block_on(all());
    CHECK(pool.statistics().submitted == 7);
    CHECK(pool.statistics().done == 7);
}

TEST_CASE("items are converted to what the function takes") {
    auto pool = test::make_pool<tandem::process_pool>(1);
    auto length = [](const std::string& text) { return text.size(); };
    auto all = [&]() -> task<> {
        auto lengths = pool.map(length, std::vector<const char*>{"a", "bcd"}, chunk(2));
        const auto values = co_await all_of(lengths);
        CHECK(values == std::vector<std::size_t>{1, 3});
    };
    block_on(all());
}

TEST_CASE("a worker that dies takes its chunk with it, and nothing else") {
    auto pool = test::make_pool<tandem::process_pool>(2);
    auto die_at_five = [](int value) {
        if (value == 5) std::raise(SIGKILL);
        return value;
    };
    auto all = [&]() -> task<> {
        auto outcomes = pool.map(die_at_five, numbers(12), chunk(3), tandem::keep_going);
        int index = 0;
        while (auto outcome = co_await outcomes.next()) {
            const bool is_lost = index >= 3 && index < 6;
            CHECK(outcome->has_value() == !is_lost);
            if (is_lost) CHECK_THROWS_AS(outcome->value(), tandem::worker_died);
            ++index;
        }
        CHECK(index == 12);

        auto values = pool.map(die_at_five, numbers(12), chunk(3));
        std::vector<int> seen;
        auto take = [&]() -> task<> {
            while (auto value = co_await values.next())
                seen.push_back(*value);
        };
        auto outcome = co_await tandem::as_result(take());
        CHECK_THROWS_AS(outcome.value(), tandem::worker_died);
        CHECK(seen == numbers(3));
    };
    block_on(all());
}
