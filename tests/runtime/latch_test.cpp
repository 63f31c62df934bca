#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::latch;
using tandem::task;
using tandem::task_group;
using tandem::testing::run_virtual;

TEST_CASE("a latch opens for all that wait, in order, when it is counted down to zero") {
    auto all = []() -> task<> {
        latch ready(3);
        std::vector<int> woken;
        auto wait = [&](int name) -> task<> {
            co_await ready.wait();
            woken.push_back(name);
        };
        auto count = [&]() -> task<> {
            co_await tandem::sleep(1s);
            ready.count_down();
            co_await tandem::sleep(1s);
            CHECK(woken.empty());
            CHECK_FALSE(ready.is_open());
            CHECK(ready.statistics().count == 2);
            CHECK(ready.statistics().tasks_waiting == 3);
            ready.count_down(2);
            CHECK(ready.is_open());
        };
        co_await tandem::gather(wait(1), wait(2), wait(3), count());
        CHECK(woken == std::vector<int>{1, 2, 3});
        co_await ready.wait(); // stays open
        CHECK(ready.statistics().tasks_waiting == 0);
    };
    run_virtual(all());
}

TEST_CASE("a latch of 0 is open from the start") {
    auto all = []() -> task<> {
        latch ready(0);
        CHECK(ready.is_open());
        co_await ready.wait();
    };
    block_on(all());
}

TEST_CASE("those that count down and wait meet at a latch") {
    test::run_in_each_order([]() -> task<> {
        latch ready(4);
        int started = 0;
        auto start = [&](tandem::duration after) -> task<> {
            co_await tandem::sleep(after);
            ++started;
            co_await ready.arrive_and_wait();
            CHECK(started == 4);
        };
        co_await tandem::gather(start(0s), start(1s), start(2s), start(0s));
    });
}

TEST_CASE("counting a latch down below zero is a mistake, and changes nothing") {
    latch ready(2);
    CHECK_THROWS_AS(ready.count_down(3), tandem::usage_error);
    CHECK(ready.statistics().count == 2);
    ready.count_down(2);
    CHECK_THROWS_AS(ready.count_down(), tandem::usage_error);
}

TEST_CASE("a cancelled wait leaves a latch as it is, and what has been counted stays counted") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        latch ready(2);
        bool counted = false;
        int went_on = 0;
        auto wait = [&]() -> task<> {
            co_await ready.wait();
            ++went_on;
        };
        auto count_and_wait = [&]() -> task<> {
            co_await tandem::sleep(1s);
            counted = true;
            co_await ready.arrive_and_wait();
        };
        auto victims = [&]() -> task<> {
            co_await target.run(count_and_wait());
            if (!counted) ready.count_down();
        };
        auto last = [&]() -> task<> {
            co_await tandem::sleep(2s);
            ready.count_down();
        };
        co_await tandem::gather(wait(), victims(), last());
        CHECK(went_on == 1);
        CHECK(ready.is_open());
        CHECK(ready.statistics().tasks_waiting == 0);
    });
}
