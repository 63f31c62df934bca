#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/ending_after.hpp"
#include "support/live_count.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::gather;
using tandem::task;
using tandem::testing::run_virtual;
using test::fail_after;
using test::live_count;
using test::value_after;

namespace {

task<int> note_cancellation(bool& cancelled) {
    try {
        co_await tandem::sleep(1h);
    } catch (const tandem::cancelled&) {
        cancelled = true;
        throw;
    }
    co_return 0;
}

} // namespace

TEST_CASE("gather runs its tasks beside each other and returns their values in their order") {
    auto all = []() -> task<> {
        const auto begin = tandem::loop::current().now();
        auto [number, text, nothing] =
            co_await gather(value_after(3s, 1), value_after<std::string>(1s, "two"), tandem::sleep(2s));
        CHECK(number == 1);
        CHECK(text == "two");
        CHECK(std::is_same_v<decltype(nothing), std::monostate>);
        CHECK(tandem::loop::current().now() - begin == 3s);
    };
    run_virtual(all());
}

TEST_CASE("gather of nothing is nothing") {
    auto all = []() -> task<> {
        auto none = co_await gather();
        CHECK(std::tuple_size_v<decltype(none)> == 0);
        std::vector<task<int>> work;
        auto values = co_await gather(std::move(work));
        CHECK(values.empty());
    };
    block_on(all());
}

TEST_CASE("gather of a vector returns the values in the order of the tasks") {
    auto all = []() -> task<> {
        std::vector<task<int>> work;
        for (int i = 0; i < 100; ++i)
            work.push_back(value_after(1s * (100 - i), i));
        auto values = co_await gather(std::move(work));
        REQUIRE(values.size() == 100);
        for (int i = 0; i < 100; ++i)
            CHECK(values[i] == i);
        std::vector<task<>> nothing;
        for (int i = 0; i < 3; ++i)
            nothing.push_back([]() -> task<> { co_await tandem::yield(); }());
        co_await gather(std::move(nothing));
    };
    run_virtual(all());
}

TEST_CASE("gather passes on values that only move, and references") {
    int place = 0;
    auto pointer = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
    auto reference = [&]() -> task<int&> { co_return place; };
    auto all = [&]() -> task<> {
        auto [moved, referred] = co_await gather(pointer(), reference());
        CHECK(*moved == 4);
        CHECK(&referred == &place);
    };
    block_on(all());
}

TEST_CASE("gather's first error cancels the others and is rethrown once they have ended") {
    bool cancelled = false;
    auto all = [&]() -> task<> {
        try {
            co_await gather(note_cancellation(cancelled), fail_after(1s, "first"), fail_after(2s, "second"));
        } catch (const std::runtime_error& error) {
            CHECK(cancelled);
            CHECK(error.what() == std::string("first"));
            throw;
        }
    };
    CHECK_THROWS_AS(run_virtual(all()), std::runtime_error);
    auto many = [&]() -> task<> {
        std::vector<task<int>> work;
        work.push_back(note_cancellation(cancelled));
        work.push_back(fail_after(1s, "of many"));
        co_await gather(std::move(work));
    };
    cancelled = false;
    CHECK_THROWS_WITH(run_virtual(many()), "of many");
    CHECK(cancelled);
}

TEST_CASE("cancelling a gather cancels all its tasks") {
    bool first = false, second = false;
    auto both = [&]() -> task<> { co_await gather(note_cancellation(first), note_cancellation(second)); };
    auto all = [&]() -> task<> { co_await tandem::timeout(1s, both()); };
    CHECK_THROWS_AS(run_virtual(all()), tandem::timed_out);
    CHECK(first);
    CHECK(second);
}

TEST_CASE("a gather that has all its values returns them, though it was cancelled meanwhile") {
    auto stubborn = []() -> task<int> {
        try {
            co_await tandem::sleep(1h);
        } catch (const tandem::cancelled&) {
        }
        co_return 5;
    };
    auto both = [&]() -> task<int> {
        auto [a, b] = co_await gather(stubborn(), stubborn());
        co_return a + b;
    };
    auto all = [&]() -> task<int> { co_return co_await tandem::timeout(1s, both()); };
    CHECK(run_virtual(all()) == 10);
}

TEST_CASE("a gather that is never awaited frees its tasks") {
    {
        auto hold = [](live_count) -> task<> { co_return; };
        auto never = gather(hold(live_count()), hold(live_count()));
        CHECK(live_count::alive() == 2);
    }
    CHECK(live_count::alive() == 0);
}
