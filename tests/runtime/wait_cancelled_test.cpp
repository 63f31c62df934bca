// What the tests of event and semaphore do not say: their statistics, and cancellation at every moment.
#include <catch2/catch.hpp>

#include <algorithm>

#include <tandem/runtime.hpp>

#include "support/cancel_at_each_step.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::event;
using tandem::semaphore;
using tandem::task;
using tandem::task_group;

TEST_CASE("an event tells whether it is set and who waits") {
    auto all = []() -> task<> {
        event go;
        auto wait = [&]() -> task<> { co_await go.wait(); };
        auto body = [&](task_group& group) -> task<> {
            group.spawn(wait());
            group.spawn(wait());
            co_await tandem::yield();
            CHECK_FALSE(go.statistics().is_set);
            CHECK(go.statistics().tasks_waiting == 2);
            go.set();
            CHECK(go.statistics().is_set);
            CHECK(go.statistics().tasks_waiting == 0);
        };
        co_await tandem::with_group(body);
    };
    block_on(all());
}

TEST_CASE("a semaphore tells how many permits it has, how many are held and who waits") {
    auto all = []() -> task<> {
        semaphore limit(2);
        auto visit = [&]() -> task<> {
            auto permit = co_await limit.acquire();
            co_await tandem::yield();
        };
        auto body = [&](task_group& group) -> task<> {
            for (int i = 0; i < 3; ++i)
                group.spawn(visit());
            co_await tandem::yield();
            const auto now = limit.statistics();
            CHECK(now.capacity == 2);
            CHECK(now.held == 2);
            CHECK(now.tasks_waiting == 1);
        };
        co_await tandem::with_group(body);
        CHECK(limit.statistics().held == 0);
        CHECK(limit.statistics().tasks_waiting == 0);
    };
    block_on(all());
}

TEST_CASE("trying to acquire a permit never waits and never overtakes") {
    auto all = []() -> task<> {
        semaphore limit(1);
        auto held = limit.try_acquire();
        CHECK(held);
        CHECK_FALSE(limit.try_acquire());
        auto visit = [&]() -> task<> {
            auto permit = co_await limit.acquire();
            co_await tandem::yield();
        };
        auto body = [&](task_group& group) -> task<> {
            group.spawn(visit());
            co_await tandem::yield();
            held.release();
            CHECK_FALSE(limit.try_acquire()); // it has gone to the task that waited
        };
        co_await tandem::with_group(body);
        CHECK(limit.try_acquire());
        CHECK(limit.available() == 1);
    };
    block_on(all());
}

TEST_CASE(
    "wherever a task that waits for a permit is cancelled, the permits come back and the others get them") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        semaphore limit(2);
        int most = 0, visits = 0;
        auto visit = [&]() -> task<> {
            auto permit = co_await limit.acquire();
            most = std::max(most, static_cast<int>(limit.statistics().held));
            ++visits;
            co_await tandem::sleep(1s);
        };
        auto thrice = [&]() -> task<> {
            for (int i = 0; i < 3; ++i)
                co_await visit();
        };
        auto victims = [&]() -> task<> { co_await tandem::gather(thrice(), visit()); };
        auto run_victims = [&]() -> task<> { co_await target.run(victims()); };
        co_await tandem::gather(visit(), visit(), run_victims(), visit(), visit());
        CHECK(visits >= 4);
        CHECK(most == 2);
        CHECK(limit.available() == 2);
        CHECK(limit.waiting() == 0);
    });
}

TEST_CASE("wherever a task that waits for an event is cancelled, the others are woken once each") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        event go;
        int woken = 0;
        auto wait = [&]() -> task<> {
            co_await go.wait();
            ++woken;
        };
        auto pulse = [&]() -> task<> {
            co_await tandem::sleep(1s);
            go.set();
            go.clear();
            co_await tandem::sleep(1s);
            go.set();
        };
        int woken_in_victim = 0;
        auto twice = [&]() -> task<> {
            for (int i = 0; i < 2; ++i) {
                co_await go.wait();
                ++woken_in_victim;
                co_await tandem::yield();
            }
        };
        auto run_victim = [&]() -> task<> { co_await target.run(twice()); };
        co_await tandem::gather(wait(), run_victim(), wait(), pulse());
        CHECK(woken == 2);
        CHECK(woken_in_victim <= 2);
        CHECK(go.statistics().tasks_waiting == 0);
    });
}
