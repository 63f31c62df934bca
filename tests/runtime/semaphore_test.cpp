#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::semaphore;
using tandem::task;
using tandem::testing::run_virtual;

TEST_CASE("a semaphore lets as many in at once as it has permits") {
    semaphore limit(3);
    int inside = 0, most = 0;
    auto visit = [&]() -> task<> {
        auto permit = co_await limit.acquire();
        most = std::max(most, ++inside);
        co_await tandem::sleep(1s);
        --inside;
    };
    auto all = [&]() -> task<> {
        std::vector<task<>> work;
        for (int i = 0; i < 20; ++i)
            work.push_back(visit());
        co_await tandem::gather(std::move(work));
    };
    run_virtual(all());
    CHECK(most == 3);
    CHECK(limit.available() == 3);
    CHECK(limit.waiting() == 0);
}

TEST_CASE("permits go to those that wait in the order in which they came, and nobody overtakes") {
    semaphore limit(1);
    std::vector<int> order;
    auto visit = [&](int name) -> task<> {
        auto permit = co_await limit.acquire();
        order.push_back(name);
        co_await tandem::yield();
    };
    auto greedy = [&]() -> task<> {
        // Gives its permit back and asks again at once: those that wait are served first.
        for (int i = 0; i < 3; ++i) {
            auto permit = co_await limit.acquire();
            order.push_back(0);
            co_await tandem::yield();
        }
    };
    auto all = [&]() -> task<> { co_await tandem::gather(greedy(), visit(1), visit(2), visit(3)); };
    block_on(all());
    CHECK(order == std::vector<int>{0, 1, 2, 3, 0, 0});
}

TEST_CASE("a permit that moves is given back once, and one that is replaced at once") {
    semaphore limit(2);
    auto all = [&]() -> task<> {
        auto first = co_await limit.acquire();
        auto second = co_await limit.acquire();
        CHECK(limit.available() == 0);
        first = std::move(second);
        CHECK(limit.available() == 1);
        CHECK_FALSE(second);
        auto third = std::move(first);
        CHECK_FALSE(first);
        first.release();
        CHECK(limit.available() == 1);
        third.release();
        third.release();
        CHECK(limit.available() == 2);
    };
    block_on(all());
}

TEST_CASE("a wait that is cancelled gives its place away") {
    semaphore limit(1);
    std::vector<int> order;
    auto visit = [&](int name, tandem::duration patience) -> task<> {
        auto acquire = [&]() -> task<semaphore::permit> { co_return co_await limit.acquire(); };
        auto permit = co_await tandem::as_result(tandem::timeout(patience, acquire()));
        if (!permit) co_return;
        order.push_back(name);
        co_await tandem::sleep(10s);
    };
    auto all = [&]() -> task<> {
        co_await tandem::gather(visit(1, 1h), visit(2, 5s), visit(3, 1h), visit(4, 15s), visit(5, 1h));
    };
    run_virtual(all());
    CHECK(order == std::vector<int>{1, 3, 5});
    CHECK(limit.available() == 1);
    CHECK(limit.waiting() == 0);
}

TEST_CASE("a permit that is given in the step that cancels its receiver is delivered, or stays free") {
    for (const bool release_first : {true, false}) {
        semaphore limit(1);
        bool received = false;
        auto receive = [&]() -> task<> {
            auto permit = co_await limit.acquire();
            received = true;
            CHECK(limit.available() == 0);
            co_await tandem::yield();
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            auto held = co_await limit.acquire();
            group.spawn(receive());
            co_await tandem::yield();
            CHECK(limit.waiting() == 1);
            if (release_first) held.release();
            group.cancel();
        };
        auto all = [&]() -> task<> { co_await tandem::with_group(body); };
        block_on(all());
        CHECK(received == release_first);
        CHECK(limit.available() == 1);
        CHECK(limit.waiting() == 0);
    }
}

TEST_CASE("a permit that a busy task was given, but has to yield before, is not lost by cancellation") {
    semaphore limit(1);
    int taken = 0;
    auto busy = [&]() -> task<> {
        for (;;) {
            auto permit = co_await limit.acquire();
            ++taken;
        }
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(busy());
        co_await tandem::yield();
        co_await tandem::yield();
        CHECK(limit.available() == 0); // taken, and on its way while the others run
        group.cancel();
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    CHECK(limit.available() == 1);
    CHECK(taken >= 128);
}

TEST_CASE("acquiring a permit that is free is a checkpoint") {
    semaphore limit(1);
    bool went_on = false;
    auto body = [&](tandem::task_group& group) -> task<> {
        group.cancel();
        auto permit = co_await limit.acquire();
        went_on = true;
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    CHECK_FALSE(went_on);
    CHECK(limit.available() == 1);
}
