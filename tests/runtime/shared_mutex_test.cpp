#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::shared_mutex;
using tandem::task;
using tandem::task_group;
using tandem::testing::run_virtual;

TEST_CASE("readers go in together, a writer alone, in any order of the ready queue") {
    test::run_in_each_order([]() -> task<> {
        shared_mutex table;
        int readers = 0, writers = 0, most_readers = 0;
        auto read = [&]() -> task<> {
            for (int i = 0; i < 5; ++i) {
                auto held = co_await table.lock_shared();
                most_readers = std::max(most_readers, ++readers);
                CHECK(writers == 0);
                co_await tandem::sleep(3ms);
                --readers;
            }
        };
        auto write = [&]() -> task<> {
            for (int i = 0; i < 5; ++i) {
                auto held = co_await table.lock();
                CHECK(++writers == 1);
                CHECK(readers == 0);
                co_await tandem::sleep(2ms);
                --writers;
            }
        };
        co_await tandem::gather(read(), write(), read(), read(), write());
        CHECK(most_readers > 1);
        const auto now = table.statistics();
        CHECK_FALSE(now.locked);
        CHECK(now.readers == 0);
    });
}

TEST_CASE("a reader that comes while a writer waits goes in after it, and neither starves") {
    auto all = []() -> task<> {
        shared_mutex table;
        std::vector<std::string> order;
        auto read = [&](std::string name) -> task<> {
            auto held = co_await table.lock_shared();
            order.push_back(name);
            co_await tandem::sleep(1s);
        };
        auto write = [&](std::string name) -> task<> {
            auto held = co_await table.lock();
            order.push_back(name);
            co_await tandem::sleep(1s);
        };
        auto look = [&]() -> task<> {
            const auto now = table.statistics();
            CHECK_FALSE(now.locked);
            CHECK(now.readers == 2);
            CHECK(now.writers_waiting == 2);
            CHECK(now.readers_waiting == 3);
            co_return;
        };
        co_await tandem::gather(read("r1"), read("r2"), write("w1"), read("r3"), read("r4"), write("w2"),
                                read("r5"), look());
        CHECK(order == std::vector<std::string>{"r1", "r2", "w1", "r3", "r4", "w2", "r5"});
    };
    run_virtual(all());
}

TEST_CASE("trying to lock a shared mutex never overtakes") {
    auto all = []() -> task<> {
        shared_mutex table;
        auto first = table.try_lock_shared();
        auto second = table.try_lock_shared();
        CHECK(first);
        CHECK(second);
        CHECK_FALSE(table.try_lock());
        auto write = [&]() -> task<> {
            auto held = co_await table.lock();
            CHECK_FALSE(table.try_lock_shared());
            CHECK_FALSE(table.try_lock());
            CHECK(table.statistics().locked);
        };
        auto body = [&](task_group& group) -> task<> {
            group.spawn(write());
            co_await tandem::yield();
            CHECK_FALSE(table.try_lock_shared()); // a writer waits
            first.unlock();
            CHECK(table.statistics().readers == 1);
            second.unlock();
        };
        co_await tandem::with_group(body);
        auto held = table.try_lock();
        CHECK(held);
        auto moved = std::move(held);
        held.unlock();
        CHECK(table.statistics().locked);
        moved = {};
        CHECK_FALSE(table.statistics().locked);
    };
    block_on(all());
}

TEST_CASE("a writer that gives up lets the readers go on that waited only for it") {
    auto all = []() -> task<> {
        shared_mutex table;
        auto held = co_await table.lock_shared();
        bool has_read = false;
        auto write = [&]() -> task<> {
            auto outcome = co_await tandem::as_result(tandem::timeout(1s, table.lock()));
            CHECK_FALSE(outcome);
        };
        auto read = [&]() -> task<> {
            auto shared = co_await table.lock_shared();
            has_read = true;
        };
        co_await tandem::gather(write(), read());
        CHECK(has_read);
        CHECK(table.statistics().readers == 1);
    };
    run_virtual(all());
}

TEST_CASE("wherever a reader or a writer is cancelled, a shared mutex stays sound and nobody is forgotten") {
    for (const bool victim_writes : {true, false}) {
        test::cancel_at_each_step([&](test::victim& target) -> task<> {
            shared_mutex table;
            int visits = 0;
            auto read = [&]() -> task<> {
                auto held = co_await table.lock_shared();
                CHECK_FALSE(table.statistics().locked);
                co_await tandem::sleep(1s);
                ++visits;
            };
            auto write = [&]() -> task<> {
                auto held = co_await table.lock();
                CHECK(table.statistics().readers == 0);
                co_await tandem::sleep(1s);
                ++visits;
            };
            auto twice = [&]() -> task<> {
                for (int i = 0; i < 2; ++i) {
                    if (victim_writes)
                        co_await write();
                    else
                        co_await read();
                }
            };
            auto victims = [&]() -> task<> { co_await target.run(twice()); };
            co_await tandem::gather(read(), victims(), read(), write(), read());
            CHECK(visits >= 4);
            const auto now = table.statistics();
            CHECK_FALSE(now.locked);
            CHECK(now.readers == 0);
            CHECK(now.readers_waiting == 0);
            CHECK(now.writers_waiting == 0);
        });
    }
}

TEST_CASE("locking a shared mutex that is free is a checkpoint, either way") {
    auto all = []() -> task<> {
        shared_mutex table;
        int passed = 0;
        auto write = [&](task_group& group) -> task<> {
            group.cancel();
            auto held = co_await table.lock();
            ++passed;
        };
        auto read = [&](task_group& group) -> task<> {
            group.cancel();
            auto held = co_await table.lock_shared();
            ++passed;
        };
        co_await tandem::with_group(write);
        co_await tandem::with_group(read);
        CHECK(passed == 0);
        CHECK(table.try_lock());
    };
    block_on(all());
}
