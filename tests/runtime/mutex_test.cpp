#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::mutex;
using tandem::task;
using tandem::task_group;
using tandem::testing::run_virtual;

TEST_CASE("a mutex lets one task in at a time, in any order of the ready queue") {
    test::run_in_each_order([]() -> task<> {
        mutex access;
        int inside = 0, most = 0, visits = 0;
        auto visit = [&]() -> task<> {
            for (int i = 0; i < 5; ++i) {
                auto held = co_await access.lock();
                most = std::max(most, ++inside);
                co_await tandem::sleep(1ms * (i % 3));
                --inside;
                ++visits;
            }
        };
        std::vector<task<>> work;
        for (int i = 0; i < 10; ++i)
            work.push_back(visit());
        co_await tandem::gather(std::move(work));
        CHECK(most == 1);
        CHECK(visits == 50);
        CHECK_FALSE(access.is_locked());
    });
}

TEST_CASE("a mutex goes to those that wait in the order in which they came, and nobody overtakes") {
    auto all = []() -> task<> {
        mutex access;
        std::vector<int> order;
        auto visit = [&](int name) -> task<> {
            auto held = co_await access.lock();
            order.push_back(name);
            co_await tandem::yield();
        };
        auto greedy = [&]() -> task<> {
            for (int i = 0; i < 3; ++i) {
                auto held = co_await access.lock();
                order.push_back(0);
                co_await tandem::yield();
            }
        };
        co_await tandem::gather(greedy(), visit(1), visit(2));
        CHECK(order == std::vector<int>{0, 1, 2, 0, 0});
    };
    block_on(all());
}

TEST_CASE("trying to lock a mutex succeeds only when nobody holds it or has been given it") {
    auto all = []() -> task<> {
        mutex access;
        auto first = access.try_lock();
        CHECK(first);
        CHECK_FALSE(access.try_lock());
        auto wait = [&]() -> task<> {
            auto held = co_await access.lock();
            co_await tandem::yield();
        };
        auto body = [&](task_group& group) -> task<> {
            group.spawn(wait());
            co_await tandem::yield();
            CHECK(access.statistics().tasks_waiting == 1);
            first.unlock();
            CHECK_FALSE(first);
            CHECK(access.statistics().tasks_waiting == 0);
            CHECK(access.statistics().locked); // by the task that waited, which has yet to run
            CHECK_FALSE(access.try_lock());
        };
        co_await tandem::with_group(body);
        CHECK_FALSE(access.statistics().locked);
    };
    block_on(all());
}

TEST_CASE("a lock that moves unlocks once, and one that is replaced unlocks at once") {
    auto all = []() -> task<> {
        mutex one, other;
        auto first = co_await one.lock();
        auto second = co_await other.lock();
        first = std::move(second);
        CHECK_FALSE(one.is_locked());
        CHECK(other.is_locked());
        auto third = std::move(first);
        first.unlock();
        second.unlock();
        CHECK(other.is_locked());
        third.unlock();
        third.unlock();
        CHECK_FALSE(other.is_locked());
    };
    block_on(all());
}

TEST_CASE("a lock may be handed to another task, which unlocks it") {
    auto all = []() -> task<> {
        mutex access;
        auto finish = [](mutex::scoped_lock held) -> task<> {
            co_await tandem::sleep(1h);
            held.unlock();
        };
        auto body = [&](task_group& group) -> task<> {
            auto held = co_await access.lock();
            group.spawn(finish(std::move(held)));
            auto again = co_await access.lock();
            CHECK(again);
        };
        co_await tandem::with_group(body);
        CHECK_FALSE(access.is_locked());
    };
    run_virtual(all());
}

TEST_CASE("a task that locks a mutex twice waits for itself, until it is cancelled") {
    auto all = []() -> task<> {
        mutex access;
        auto held = co_await access.lock();
        auto again = co_await tandem::as_result(tandem::timeout(1h, access.lock()));
        CHECK_FALSE(again);
        CHECK(access.is_locked());
    };
    run_virtual(all());
}

TEST_CASE("a mutex that is given in the step that cancels its receiver is delivered, or stays free") {
    for (const bool unlock_first : {true, false}) {
        auto all = [&]() -> task<> {
            mutex access;
            bool received = false;
            auto receive = [&]() -> task<> {
                auto held = co_await access.lock();
                received = true;
                co_await tandem::yield();
            };
            auto body = [&](task_group& group) -> task<> {
                auto held = co_await access.lock();
                group.spawn(receive());
                co_await tandem::yield();
                if (unlock_first) held.unlock();
                group.cancel();
            };
            co_await tandem::with_group(body);
            CHECK(received == unlock_first);
            CHECK_FALSE(access.is_locked());
        };
        block_on(all());
    }
}

TEST_CASE("locking a mutex that is free is a checkpoint") {
    auto all = []() -> task<> {
        mutex access;
        bool went_on = false;
        auto body = [&](task_group& group) -> task<> {
            group.cancel();
            auto held = co_await access.lock();
            went_on = true;
        };
        co_await tandem::with_group(body);
        CHECK_FALSE(went_on);
        CHECK_FALSE(access.is_locked());
    };
    block_on(all());
}

TEST_CASE("wherever a task that locks is cancelled, the mutex is unlocked again and the others get it") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        mutex access;
        int inside = 0, most = 0, visits = 0;
        auto visit = [&]() -> task<> {
            auto held = co_await access.lock();
            struct presence {
                explicit presence(int& count)
                    : count_(count) {
                    ++count_;
                }
                ~presence() { --count_; }
                int& count_;
            } const here(inside);
            most = std::max(most, inside);
            co_await tandem::sleep(1s);
            ++visits;
        };
        auto twice = [&]() -> task<> {
            co_await visit();
            co_await visit();
        };
        auto victims = [&]() -> task<> { co_await tandem::gather(twice(), visit()); };
        auto run_victims = [&]() -> task<> { co_await target.run(victims()); };
        co_await tandem::gather(visit(), run_victims(), visit());
        CHECK(visits >= 2);
        CHECK(most == 1);
        CHECK(inside == 0);
        CHECK_FALSE(access.is_locked());
        CHECK(access.statistics().tasks_waiting == 0);
    });
}
