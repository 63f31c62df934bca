#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/ending_after.hpp"
#include "support/live_count.hpp"
#include "support/log_capture.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::cancelled;
using tandem::task;
using tandem::task_group;
using tandem::with_group;
using tandem::testing::run_virtual;
using test::fail_after;
using test::live_count;

namespace {

task<> note_end(tandem::duration delay, std::vector<std::string>& log, std::string name) {
    try {
        co_await tandem::sleep(delay);
        log.push_back(name + " done");
    } catch (const cancelled&) {
        log.push_back(name + " cancelled");
        throw;
    }
}

} // namespace

TEST_CASE("a group ends when its body and all its tasks have") {
    std::vector<std::string> log;
    auto body = [&](task_group& group) -> task<int> {
        group.spawn(note_end(2s, log, "slow"));
        group.spawn(note_end(1s, log, "quick"), "with a name");
        CHECK(group.running() == 2);
        log.push_back("body done");
        co_return 7;
    };
    auto all = [&]() -> task<int> { co_return co_await with_group(body); };
    CHECK(run_virtual(all()) == 7);
    CHECK(log == std::vector<std::string>{"body done", "quick done", "slow done"});
}

TEST_CASE("a group without tasks ends with its body") {
    auto all = []() -> task<> { co_await with_group([](task_group&) -> task<> { co_return; }); };
    block_on(all());
}

TEST_CASE("the first error cancels the siblings and the body and is rethrown as itself") {
    std::vector<std::string> log;
    auto body = [&](task_group& group) -> task<> {
        group.spawn(note_end(1h, log, "sibling"));
        group.spawn(fail_after(1s, "first"));
        co_await note_end(1h, log, "body");
    };
    auto all = [&]() -> task<> { co_await with_group(body); };
    CHECK_THROWS_WITH(run_virtual(all()), "first");
    CHECK(log == std::vector<std::string>{"body cancelled", "sibling cancelled"});
}

TEST_CASE("an error of the body cancels the tasks, which are waited for") {
    std::vector<std::string> log;
    auto body = [&](task_group& group) -> task<> {
        group.spawn(note_end(1h, log, "task"));
        co_await tandem::yield();
        throw std::domain_error("body");
    };
    auto all = [&]() -> task<> { co_await with_group(body); };
    CHECK_THROWS_AS(run_virtual(all()), std::domain_error);
    CHECK(log == std::vector<std::string>{"task cancelled"});
}

TEST_CASE("errors after the first are kept in the group and logged") {
    const test::log_capture capture;
    std::vector<std::string> later;
    auto fail_when_stopped = [](std::string what) -> task<> {
        try {
            co_await tandem::sleep(1h);
        } catch (const cancelled&) {
            throw std::runtime_error(what);
        }
    };
    struct reader {
        task_group& group;
        std::vector<std::string>& to;
        ~reader() {
            for (auto& error : group.errors())
                to.push_back(tandem::describe(error));
        }
    };
    auto look_last = [&](task_group& group) -> task<> {
        reader at_end{group, later};
        auto all_have_failed = [&]() -> task<> {
            while (group.running() > 1)
                co_await tandem::sleep(1ms);
        };
        co_await tandem::shield(all_have_failed());
    };
    auto body = [&](task_group& group) -> task<> {
        group.spawn(fail_when_stopped("second"));
        group.spawn(fail_when_stopped("third"));
        group.spawn(look_last(group));
        co_await fail_after(1s, "first");
    };
    auto all = [&]() -> task<> { co_await with_group(body); };
    CHECK_THROWS_WITH(run_virtual(all()), "first");
    CHECK(later == std::vector<std::string>{"second", "third"});
    CHECK(capture.texts().size() == 2);
}

TEST_CASE("a cancelled group ends without an error") {
    std::vector<std::string> log;
    auto cancel = [](task_group& group) -> task<> {
        co_await tandem::sleep(1s);
        group.cancel();
    };
    auto body = [&](task_group& group) -> task<> {
        group.spawn(note_end(1h, log, "task"));
        group.spawn(cancel(group));
        co_await note_end(1h, log, "body");
    };
    auto all = [&]() -> task<> {
        co_await with_group(body);
        log.push_back("after");
    };
    run_virtual(all());
    CHECK(log == std::vector<std::string>{"body cancelled", "task cancelled", "after"});
}

TEST_CASE("a body with a value that is cancelled before it has one is an error, one that has it is not") {
    auto cancels_itself = [](bool in_time) {
        return [in_time](task_group& group) -> task<int> {
            group.cancel();
            if (!in_time) co_await tandem::sleep(1s);
            co_return 3;
        };
    };
    auto early = cancels_itself(true);
    auto late = cancels_itself(false);
    auto all = [](auto& body) -> task<int> { co_return co_await with_group(body); };
    CHECK(run_virtual(all(early)) == 3);
    CHECK_THROWS_AS(run_virtual(all(late)), tandem::usage_error);
}

TEST_CASE("cancelling whoever awaits a group cancels all in it, and the cancellation passes on") {
    std::vector<std::string> log;
    auto body = [&](task_group& group) -> task<> {
        group.spawn(note_end(1h, log, "task"));
        co_await note_end(1h, log, "body");
    };
    auto inner = [&]() -> task<> {
        co_await with_group(body);
        log.push_back("never");
    };
    auto all = [&]() -> task<> { co_await tandem::timeout(1s, inner()); };
    CHECK_THROWS_AS(run_virtual(all()), tandem::timed_out);
    CHECK(log.size() == 2);
}

TEST_CASE("a task of a group may spawn more into it") {
    int ended = 0;
    struct tree {
        static task<> grow(task_group& group, int depth, int& count) {
            if (depth > 0) {
                group.spawn(grow(group, depth - 1, count));
                group.spawn(grow(group, depth - 1, count));
            }
            co_await tandem::sleep(1s);
            ++count;
        }
    };
    auto body = [&](task_group& group) -> task<> { co_await tree::grow(group, 9, ended); };
    auto all = [&]() -> task<> { co_await with_group(body); };
    run_virtual(all());
    CHECK(ended == 1023);
}

TEST_CASE("a task spawned from outside just as the last one ends is waited for too") {
    for (int turns = 0; turns < 8; ++turns) {
        bool late_one_ended = false;
        bool inner_ended = false;
        task_group* open = nullptr;
        auto late_one = [&]() -> task<> {
            co_await tandem::yield();
            co_await tandem::yield();
            CHECK_FALSE(inner_ended);
            late_one_ended = true;
        };
        auto inner = [&](task_group& group) -> task<> {
            open = &group;
            group.spawn([]() -> task<> { co_await tandem::yield(); }());
            co_return;
        };
        auto run_inner = [&]() -> task<> {
            co_await with_group(inner);
            open = nullptr;
            inner_ended = true;
        };
        auto outer = [&](task_group& group) -> task<> {
            group.spawn(run_inner());
            for (int i = 0; i < turns; ++i)
                co_await tandem::yield();
            if (open)
                open->spawn(late_one());
            else
                late_one_ended = true;
        };
        auto all = [&]() -> task<> { co_await with_group(outer); };
        block_on(all());
        CHECK(late_one_ended);
    }
}

TEST_CASE("a task spawned into a cancelled group runs to its first await") {
    std::vector<std::string> log;
    auto body = [&](task_group& group) -> task<> {
        group.cancel();
        group.spawn(note_end(1s, log, "late"));
        co_return;
    };
    auto all = [&]() -> task<> { co_await with_group(body); };
    run_virtual(all());
    CHECK(log == std::vector<std::string>{"late cancelled"});
}

TEST_CASE("a group's frames go as its tasks end") {
    auto hold = [](live_count) -> task<> { co_await tandem::yield(); };
    auto body = [&](task_group& group) -> task<> {
        for (int i = 0; i < 1000; ++i)
            group.spawn(hold(live_count()));
        CHECK(live_count::alive() == 1000);
        while (group.running() > 0)
            co_await tandem::yield();
        CHECK(live_count::alive() == 0);
    };
    auto all = [&]() -> task<> { co_await with_group(body); };
    block_on(all());
}

TEST_CASE("a body that throws before it is a coroutine fails the group") {
    auto body = [](task_group&) -> task<> { throw std::domain_error("no coroutine"); };
    auto all = [&]() -> task<> { co_await with_group(body); };
    CHECK_THROWS_AS(block_on(all()), std::domain_error);
}

TEST_CASE("an operation is spawned like a task") {
    auto body = [](task_group& group) -> task<> {
        group.spawn(tandem::sleep(1h));
        group.spawn(tandem::yield());
        co_return;
    };
    auto all = [&]() -> task<tandem::duration> {
        const auto begin = tandem::loop::current().now();
        co_await with_group(body);
        co_return tandem::loop::current().now() - begin;
    };
    CHECK(run_virtual(all()) == 1h);
}
