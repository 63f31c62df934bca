#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::condition;
using tandem::mutex;
using tandem::task;
using tandem::task_group;
using tandem::testing::run_virtual;

TEST_CASE("a wait unlocks the mutex, and has it locked again when it ends") {
    auto all = []() -> task<> {
        mutex access;
        condition changed;
        bool notified = false;
        auto wait = [&]() -> task<> {
            auto held = co_await access.lock();
            co_await changed.wait(held);
            CHECK(notified);
            CHECK(held);
            CHECK(access.is_locked());
        };
        auto notify = [&]() -> task<> {
            co_await tandem::sleep(1h);
            CHECK_FALSE(access.is_locked());
            CHECK(changed.statistics().tasks_waiting == 1);
            auto held = co_await access.lock();
            notified = true;
            changed.notify_one();
            CHECK(changed.statistics().tasks_waiting == 0);
            CHECK(access.statistics().tasks_waiting == 1);
        };
        co_await tandem::gather(wait(), notify());
        CHECK_FALSE(access.is_locked());
    };
    run_virtual(all());
}

TEST_CASE("a notify wakes those that have waited longest, and notify_all wakes all that wait, in order") {
    auto all = []() -> task<> {
        mutex access;
        condition changed;
        std::vector<int> woken;
        auto wait = [&](int name) -> task<> {
            auto held = co_await access.lock();
            co_await changed.wait(held);
            woken.push_back(name);
        };
        auto notify = [&]() -> task<> {
            co_await tandem::sleep(1s);
            changed.notify_one();
            co_await tandem::sleep(1s);
            CHECK(woken == std::vector<int>{1});
            changed.notify_one();
            changed.notify_one();
            co_await tandem::sleep(1s);
            CHECK(woken == std::vector<int>{1, 2, 3});
            changed.notify_all();
        };
        co_await tandem::gather(wait(1), wait(2), wait(3), wait(4), wait(5), notify());
        CHECK(woken == std::vector<int>{1, 2, 3, 4, 5});
        changed.notify_one(); // nobody waits
        changed.notify_all();
    };
    run_virtual(all());
}

TEST_CASE("tasks that were notified hold the mutex one at a time") {
    test::run_in_each_order([]() -> task<> {
        mutex access;
        condition changed;
        int inside = 0, most = 0;
        auto wait = [&]() -> task<> {
            auto held = co_await access.lock();
            co_await changed.wait(held);
            most = std::max(most, ++inside);
            co_await tandem::sleep(1ms);
            --inside;
        };
        auto notify = [&]() -> task<> {
            co_await tandem::sleep(1s);
            changed.notify_all();
        };
        co_await tandem::gather(wait(), wait(), wait(), notify());
        CHECK(most == 1);
        CHECK_FALSE(access.is_locked());
    });
}

TEST_CASE("a wait for a predicate ends when it is true, and at once where it is") {
    auto all = []() -> task<> {
        mutex access;
        condition changed;
        int level = 0, checks = 0;
        auto wait = [&]() -> task<> {
            auto held = co_await access.lock();
            co_await changed.wait(held, [&] {
                ++checks;
                CHECK(access.is_locked());
                return level >= 3;
            });
            CHECK(level == 3);
            co_await changed.wait(held, [&] { return level == 3; });
        };
        auto raise = [&]() -> task<> {
            for (int i = 0; i < 3; ++i) {
                co_await tandem::sleep(1s);
                auto held = co_await access.lock();
                ++level;
                changed.notify_all();
            }
        };
        co_await tandem::gather(wait(), raise());
        CHECK(checks == 4);
    };
    run_virtual(all());
}

TEST_CASE("an error of the predicate ends the wait, with the mutex locked") {
    auto all = []() -> task<> {
        mutex access;
        condition changed;
        auto held = co_await access.lock();
        auto outcome = co_await tandem::as_result(
            changed.wait(held, []() -> bool { throw std::runtime_error("no answer"); }));
        CHECK(outcome.what() == "no answer");
        CHECK(access.is_locked());
    };
    block_on(all());
}

TEST_CASE("a cancelled wait has the mutex locked again before it throws, however long that takes") {
    auto all = []() -> task<> {
        mutex access;
        condition changed;
        std::vector<std::string> events;
        auto wait = [&]() -> task<> {
            auto held = co_await access.lock();
            try {
                co_await changed.wait(held);
            } catch (const tandem::cancelled&) {
                CHECK(held);
                events.push_back("cancelled");
                throw;
            }
        };
        auto limited = [&]() -> task<> {
            auto outcome = co_await tandem::as_result(tandem::timeout(1s, wait()));
            CHECK_FALSE(outcome);
        };
        auto hold = [&]() -> task<> {
            co_await tandem::yield();
            auto held = co_await access.lock();
            co_await tandem::sleep(1h);
            events.push_back("unlocked");
        };
        co_await tandem::gather(limited(), hold());
        CHECK(events == std::vector<std::string>{"unlocked", "cancelled"});
        CHECK_FALSE(access.is_locked());
    };
    run_virtual(all());
}

TEST_CASE("a notify is not lost on a task that is cancelled: it reaches one that goes on") {
    for (const bool notify_first : {true, false}) {
        auto all = [&]() -> task<> {
            mutex access;
            condition changed;
            std::vector<int> woken;
            auto wait = [&](int name) -> task<> {
                auto held = co_await access.lock();
                co_await changed.wait(held);
                woken.push_back(name);
            };
            auto first = [&](task_group& group) -> task<> {
                group.spawn(wait(1));
                co_await tandem::sleep(1s);
                if (notify_first) changed.notify_one();
                group.cancel();
                if (!notify_first) changed.notify_one();
            };
            auto first_group = [&]() -> task<> { co_await tandem::with_group(first); };
            auto second = [&]() -> task<> {
                co_await tandem::sleep(10ms);
                auto outcome = co_await tandem::as_result(tandem::timeout(1h, wait(2)));
                CHECK(outcome.has_value() == !notify_first);
            };
            co_await tandem::gather(first_group(), second());
            CHECK(woken == std::vector<int>{notify_first ? 1 : 2});
            CHECK_FALSE(access.is_locked());
        };
        run_virtual(all());
    }
}

TEST_CASE("a wait in a scope that is cancelled already leaves the mutex locked") {
    auto all = []() -> task<> {
        mutex access;
        condition changed;
        auto held = co_await access.lock();
        bool went_on = false;
        auto body = [&](task_group& group) -> task<> {
            group.cancel();
            co_await changed.wait(held);
            went_on = true;
        };
        co_await tandem::with_group(body);
        CHECK_FALSE(went_on);
        CHECK(held);
        CHECK(access.is_locked());
    };
    block_on(all());
}

TEST_CASE("a wait with a lock that holds nothing is a mistake") {
    auto all = []() -> task<> {
        condition changed;
        mutex::scoped_lock nothing;
        CHECK_THROWS_AS((void)changed.wait(nothing), tandem::usage_error);
        co_return;
    };
    block_on(all());
}

TEST_CASE(
    "wherever a waiting task is cancelled, items under a condition are taken once and by those who hold it") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        mutex access;
        condition changed;
        int items = 0, taken = 0, inside = 0;
        bool closed = false;
        auto consume = [&]() -> task<> {
            auto held = co_await access.lock();
            for (;;) {
                struct presence {
                    explicit presence(int& count)
                        : count_(count) {
                        CHECK(++count_ == 1);
                    }
                    ~presence() { --count_; }
                    int& count_;
                };
                co_await changed.wait(held, [&] { return items > 0 || closed; });
                const presence here(inside);
                CHECK(access.is_locked());
                if (items == 0) co_return;
                --items;
                ++taken;
                co_await tandem::sleep(10ms);
            }
        };
        auto produce = [&]() -> task<> {
            for (int i = 0; i < 4; ++i) {
                auto held = co_await access.lock();
                ++items;
                changed.notify_one();
                held.unlock();
                if (i % 2 == 0) co_await tandem::sleep(1s);
            }
            auto held = co_await access.lock();
            closed = true;
            changed.notify_all();
        };
        auto first = [&]() -> task<> { co_await target.run(consume()); };
        co_await tandem::gather(first(), produce(), consume());
        CHECK(taken == 4);
        CHECK(items == 0);
        CHECK(inside == 0);
        CHECK_FALSE(access.is_locked());
        CHECK(access.statistics().tasks_waiting == 0);
        CHECK(changed.statistics().tasks_waiting == 0);
    });
}
