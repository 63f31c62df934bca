// Loops in which nothing can happen any more.
#include <catch2/catch.hpp>

#include <csignal>
#include <optional>
#include <string>
#include <thread>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/child_process.hpp"

using namespace std::chrono_literals;
using Catch::Contains;
using tandem::task;

namespace {

task<> wait_for(tandem::event& done) {
    co_await done.wait();
}

template <class Main> std::string deadlock_of(Main main) {
    try {
        tandem::block_on(main());
    } catch (const tandem::deadlock_error& error) {
        return error.what();
    }
    return "no deadlock";
}

} // namespace

TEST_CASE("a loop whose tasks all wait for each other ends with an error that shows them") {
    bool cleaned_up = false;
    auto main = [&]() -> task<> {
        tandem::event never;
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(wait_for(never), "left behind");
            co_await never.wait();
        };
        try {
            co_await tandem::with_group(body);
        } catch (const tandem::cancelled& stop) {
            cleaned_up = stop.reason() == tandem::cancel_reason::deadlock;
            throw;
        }
    };
    const std::string text = deadlock_of(main);
    INFO(text);
    CHECK_THAT(text, Contains("deadlock: nothing can wake the tasks of this loop\n2 tasks"));
    CHECK_THAT(text, Contains("left behind (") && Contains("deadlock_test.cpp:21 in "));
    CHECK(cleaned_up);
}

TEST_CASE("a deadlock is one also where the tasks swallow their cancellation and return a value") {
    auto main = []() -> task<int> {
        tandem::event never;
        try {
            co_await never.wait();
        } catch (const tandem::cancelled&) {
        }
        co_return 1;
    };
    CHECK_THAT(deadlock_of(main), Contains("1 task"));
}

TEST_CASE("a second run of a loop is not held against the deadlock of the first") {
    tandem::loop here;
    auto stuck = []() -> task<> {
        tandem::event never;
        co_await never.wait();
    };
    auto fine = []() -> task<int> {
        co_await tandem::yield();
        co_return 7;
    };
    CHECK_THROWS_AS(here.run(stuck()), tandem::deadlock_error);
    CHECK(here.run(fine()) == 7);
}

TEST_CASE("a time limit around a wait that nothing ends is no deadlock") {
    auto main = []() -> task<bool> {
        tandem::event never;
        co_return co_await tandem::move_on_after(1h, never.wait());
    };
    CHECK_FALSE(tandem::testing::run_virtual(main()));
}

TEST_CASE("a sleep without end waits for its cancellation, which is no deadlock") {
    std::thread other;
    auto main = [&]() -> task<> {
        other = std::thread([way_in = tandem::loop::current().handle()] {
            way_in.post([] { tandem::loop::current().root()->cancel(); });
        });
        co_await tandem::sleep(tandem::duration::max());
    };
    CHECK_THROWS_AS(tandem::block_on(main()), tandem::cancelled);
    other.join();
}

TEST_CASE("a wait for a thread of a pool is no deadlock") {
    tandem::thread_pool threads(1);
    auto main = [&]() -> task<int> {
        auto slow = [] {
            std::this_thread::sleep_for(20ms);
            return 3;
        };
        co_return co_await threads.run(slow);
    };
    CHECK(tandem::block_on(main()) == 3);
}

TEST_CASE("while a thread has a handle of the loop there is no deadlock, and after it there is") {
    std::thread other;
    auto main = [&]() -> task<> {
        tandem::event first, never;
        other = std::thread([&first, way_in = std::optional(tandem::loop::current().handle())]() mutable {
            std::this_thread::sleep_for(20ms);
            way_in->post([&first] { first.set(); });
        });
        co_await first.wait();
        other.join();
        co_await never.wait();
    };
    CHECK_THAT(deadlock_of(main), Contains("1 task"));
}

TEST_CASE("tasks that wait behind a shield for nothing end the program with the tree on stderr") {
    const auto ended = test::run({test::program("run-modes"), "deadlock-behind-shield"});
    INFO(ended.errors);
    CHECK(ended.status == 128 + SIGABRT);
    CHECK_THAT(ended.errors, Contains("deadlock: nothing can wake") && Contains("[shielded]") &&
                                 Contains("cancelling them does not wake them either"));
}

TEST_CASE("a program whose tasks are deadlocked ends with status 1 and says so") {
    const auto ended = test::run({test::program("run-modes"), "deadlock"});
    INFO(ended.errors);
    CHECK(ended.status == 1);
    CHECK_THAT(ended.errors, Contains("deadlock: deadlock: nothing can wake"));
}
