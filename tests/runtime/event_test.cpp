#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::event;
using tandem::task;

TEST_CASE("setting an event wakes all that wait, in the order in which they came") {
    std::vector<int> woken;
    event go;
    auto wait = [&](int name) -> task<> {
        co_await go.wait();
        woken.push_back(name);
    };
    auto set = [&]() -> task<> {
        co_await tandem::yield();
        CHECK(woken.empty());
        CHECK_FALSE(go.is_set());
        go.set();
        CHECK(go.is_set());
    };
    auto all = [&]() -> task<> { co_await tandem::gather(wait(1), wait(2), set(), wait(3)); };
    block_on(all());
    CHECK(woken == std::vector<int>{1, 2, 3});
}

TEST_CASE("an event that is set makes nobody wait, until it is cleared") {
    event go;
    auto all = [&]() -> task<> {
        go.set();
        go.set();
        co_await go.wait();
        go.clear();
        auto again = co_await tandem::as_result(tandem::timeout(1h, go.wait()));
        CHECK_FALSE(again);
    };
    tandem::testing::run_virtual(all());
}

TEST_CASE("those that an event has woken stay so when it is cleared at once") {
    event go;
    bool woken = false;
    auto wait = [&]() -> task<> {
        co_await go.wait();
        woken = true;
    };
    auto pulse = [&]() -> task<> {
        go.set();
        go.clear();
        co_return;
    };
    auto all = [&]() -> task<> { co_await tandem::gather(wait(), pulse()); };
    block_on(all());
    CHECK(woken);
}

TEST_CASE("a wait for an event that is set and cancelled in one step depends on which came first") {
    for (const bool set_first : {true, false}) {
        event go;
        bool woken = false;
        auto wait = [&]() -> task<> {
            co_await go.wait();
            woken = true;
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(wait());
            co_await tandem::yield();
            if (set_first) go.set();
            group.cancel();
            if (!set_first) go.set();
        };
        auto all = [&]() -> task<> { co_await tandem::with_group(body); };
        block_on(all());
        CHECK(woken == set_first);
    }
}

TEST_CASE("waiting for an event that is set is a checkpoint") {
    event go;
    go.set();
    bool went_on = false;
    auto body = [&](tandem::task_group& group) -> task<> {
        group.cancel();
        co_await go.wait();
        went_on = true;
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    CHECK_FALSE(went_on);
}

TEST_CASE("an event may go away as soon as it is set") {
    auto all = []() -> task<> {
        auto go = std::make_unique<event>();
        bool woken = false;
        auto wait = [&]() -> task<> {
            co_await go->wait();
            woken = true;
        };
        auto set = [&]() -> task<> {
            co_await tandem::yield();
            go->set();
            go.reset();
        };
        co_await tandem::gather(wait(), set());
        CHECK(woken);
    };
    block_on(all());
}

TEST_CASE("an operation that is never awaited leaves no trace") {
    event go;
    {
        auto never = go.wait();
        auto moved = std::move(never);
    }
    go.set();
    CHECK(go.is_set());
}
