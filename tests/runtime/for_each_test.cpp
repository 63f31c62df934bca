#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include <list>
#include <ranges>
#include <sstream>

#include "support/live_count.hpp"

using namespace std::chrono_literals;
using tandem::at_most;
using tandem::block_on;
using tandem::for_each;
using tandem::keep_going;
using tandem::task;
using tandem::testing::run_virtual;
using test::live_count;

TEST_CASE("for_each starts the items in their order, never more than the limit at once") {
    for (const std::size_t limit : {1, 3, 64, 1000}) {
        std::vector<int> started;
        std::size_t running = 0, most = 0;
        auto one = [&](int item) -> task<> {
            started.push_back(item);
            most = std::max(most, ++running);
            co_await tandem::sleep(1ms * (item * 7 % 5));
            --running;
        };
        auto all = [&]() -> task<> { co_await for_each(std::views::iota(0, 100), at_most(limit), one); };
        run_virtual(all());
        std::vector<int> expected;
        for (int i = 0; i < 100; ++i)
            expected.push_back(i);
        CHECK(started == expected);
        CHECK(most == std::min<std::size_t>(limit, 100));
        CHECK(running == 0);
    }
}

TEST_CASE("a limit of zero means one at a time") {
    CHECK(at_most(0).count() == 1);
}

TEST_CASE("for_each of nothing does nothing") {
    auto all = []() -> task<> {
        std::vector<int> none;
        co_await for_each(none, at_most(3), [](int) -> task<> { co_return; });
        auto failures = co_await for_each(none, at_most(3), keep_going, [](int) -> task<> { co_return; });
        CHECK(failures.empty());
    };
    block_on(all());
}

TEST_CASE("for_each gives references into a range that it was given by name") {
    std::list<std::string> items{"a", "b", "c"};
    int array[] = {1, 2, 3};
    const std::vector<int> fixed{4, 5};
    int sum = 0;
    auto all = [&]() -> task<> {
        co_await for_each(items, at_most(2), [](std::string& item) -> task<> {
            co_await tandem::yield();
            item += "!";
        });
        co_await for_each(array, at_most(2), [](int& item) -> task<> {
            item *= 10;
            co_return;
        });
        co_await for_each(fixed, at_most(2), [&](const int& item) -> task<> {
            co_await tandem::yield();
            sum += item;
        });
    };
    block_on(all());
    CHECK(items == std::list<std::string>{"a!", "b!", "c!"});
    CHECK(array[2] == 30);
    CHECK(sum == 9);
}

TEST_CASE("for_each keeps a range that it was given as a temporary") {
    std::vector<std::string> seen;
    auto one = [&](std::string& item) -> task<> {
        co_await tandem::yield();
        seen.push_back(item);
    };
    auto make = [] { return std::vector<std::string>{"a text too long for the small buffer", "b"}; };
    auto all = [&]() -> task<> { co_await for_each(make(), at_most(2), one); };
    block_on(all());
    CHECK(seen == make());
}

TEST_CASE("for_each takes an item from its range only when it can start") {
    std::istringstream words("one two three four");
    std::vector<std::string> seen;
    int running = 0;
    auto one = [&](std::string& word) -> task<> {
        ++running;
        const std::string before = word;
        co_await tandem::sleep(1s);
        // The range keeps one word at a time and overwrites it with the next.
        CHECK(word == before);
        seen.push_back(word);
        --running;
    };
    auto counted = [&](int item) {
        CHECK(running == 0);
        return item;
    };
    auto all = [&]() -> task<> {
        co_await for_each(std::views::istream<std::string>(words), at_most(1), one);
        auto lazy = std::views::iota(0, 5) | std::views::transform(counted);
        co_await for_each(lazy, at_most(1), [&](int) -> task<> {
            ++running;
            co_await tandem::yield();
            --running;
        });
    };
    run_virtual(all());
    CHECK(seen == std::vector<std::string>{"one", "two", "three", "four"});
}

TEST_CASE("for_each walks an endless range in constant memory until something stops it") {
    int most_alive = 0;
    auto one = [&](long item) -> task<> {
        live_count held;
        most_alive = std::max(most_alive, live_count::alive());
        co_await tandem::yield();
        if (item == 100'000) throw std::out_of_range("far enough");
    };
    auto all = [&]() -> task<> { co_await for_each(std::views::iota(0L), at_most(8), one); };
    CHECK_THROWS_AS(block_on(all()), std::out_of_range);
    CHECK(most_alive == 8);
    CHECK(live_count::alive() == 0);
}

TEST_CASE("for_each's first error cancels the others, starts no more and is rethrown") {
    int started = 0, cancelled = 0;
    auto one = [&](int item) -> task<> {
        ++started;
        if (item == 3) throw std::runtime_error("item 3");
        try {
            co_await tandem::sleep(1h);
        } catch (const tandem::cancelled&) {
            ++cancelled;
            throw;
        }
    };
    auto all = [&]() -> task<> { co_await for_each(std::views::iota(0, 100), at_most(4), one); };
    CHECK_THROWS_WITH(run_virtual(all()), "item 3");
    CHECK(started == 4);
    CHECK(cancelled == 3);
}

TEST_CASE("with keep_going every item runs, and the failures say which items they were") {
    auto one = [](int item) -> task<> {
        if (item % 4 == 1) throw std::runtime_error("at once " + std::to_string(item));
        co_await tandem::sleep(1ms * (100 - item));
        if (item % 4 == 2) throw std::runtime_error("late " + std::to_string(item));
    };
    auto all = [&]() -> task<> {
        auto failures = co_await for_each(std::views::iota(0, 10), at_most(10), keep_going, one);
        std::vector<std::string> seen;
        for (auto& each : failures)
            seen.push_back(std::to_string(each.index()) + ": " + each.what());
        CHECK(seen == std::vector<std::string>{"1: at once 1", "5: at once 5", "9: at once 9", "6: late 6",
                                               "2: late 2"});
        CHECK_THROWS_AS(std::rethrow_exception(failures.front().error()), std::runtime_error);
    };
    run_virtual(all());
}

TEST_CASE("a function that throws instead of making a task counts as an item that failed") {
    auto refuse_odd = [](int item) -> task<> {
        if (item % 2) throw std::invalid_argument("odd");
        return []() -> task<> { co_return; }();
    };
    auto fast = [&]() -> task<> { co_await for_each(std::views::iota(0, 9), at_most(2), refuse_odd); };
    CHECK_THROWS_AS(block_on(fast()), std::invalid_argument);
    auto all = [&]() -> task<> {
        auto failures = co_await for_each(std::views::iota(0, 9), at_most(2), keep_going, refuse_odd);
        REQUIRE(failures.size() == 4);
        CHECK(failures[3].index() == 7);
    };
    block_on(all());
}

TEST_CASE("an endless row of items that fail before they start does not keep others from running") {
    bool others_ran = false;
    auto refuse = [](int) -> task<> { throw std::invalid_argument("every one"); };
    auto other = [&]() -> task<> {
        co_await tandem::yield();
        others_ran = true;
        throw std::runtime_error("enough");
    };
    auto endless = [&]() -> task<> {
        auto failures = co_await for_each(std::views::iota(0), at_most(2), keep_going, refuse);
        CHECK(failures.empty());
    };
    auto all = [&]() -> task<> { co_await tandem::gather(endless(), other()); };
    CHECK_THROWS_WITH(block_on(all()), "enough");
    CHECK(others_ran);
}

TEST_CASE("a range that throws ends for_each with its error, with keep_going too") {
    bool cancelled = false;
    auto one = [&](int) -> task<> {
        try {
            co_await tandem::sleep(1h);
        } catch (const tandem::cancelled&) {
            cancelled = true;
            throw;
        }
    };
    auto breaking = std::views::iota(0, 9) | std::views::transform([](int item) {
                        if (item == 2) throw std::range_error("broken");
                        return item;
                    });
    auto all = [&]() -> task<> { co_await for_each(breaking, at_most(5), one); };
    CHECK_THROWS_AS(run_virtual(all()), std::range_error);
    CHECK(cancelled);
    auto going = [&]() -> task<std::size_t> {
        auto failures = co_await for_each(breaking, at_most(5), keep_going, one);
        co_return failures.size();
    };
    CHECK_THROWS_AS(run_virtual(going()), std::range_error);
}

TEST_CASE("cancellation ends for_each in both forms, and starts no more items") {
    int started = 0;
    auto one = [&](int) -> task<> {
        ++started;
        co_await tandem::sleep(10s);
    };
    auto fast = [&]() -> task<> { co_await for_each(std::views::iota(0), at_most(3), one); };
    auto going = [&]() -> task<> {
        auto failures = co_await for_each(std::views::iota(0), at_most(3), keep_going, one);
        CHECK(failures.empty());
    };
    auto limited = [](task<> work) -> task<> { co_await tandem::timeout(15s, std::move(work)); };
    CHECK_THROWS_AS(run_virtual(limited(fast())), tandem::timed_out);
    CHECK(started == 6);
    started = 0;
    CHECK_THROWS_AS(run_virtual(limited(going())), tandem::timed_out);
    CHECK(started == 6);
}

TEST_CASE("a cancellation that comes when every item has its value is too late for for_each") {
    auto stubborn = [](int) -> task<> { co_await tandem::shield(tandem::sleep(10s)); };
    auto work = [&]() -> task<> { co_await for_each(std::views::iota(0, 3), at_most(3), stubborn); };
    auto all = [&]() -> task<> { co_await tandem::timeout(5s, work()); };
    run_virtual(all());
}
