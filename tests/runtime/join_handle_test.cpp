#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"
#include "support/ending_after.hpp"

using namespace std::chrono_literals;
using namespace tandem;
using tandem::testing::run_virtual;
using test::fail_after;
using test::value_after;

TEST_CASE("a handle gives the value of a spawned task") {
    run_virtual([]() -> task<> {
        co_await with_group([](task_group& group) -> task<> {
            auto slow = group.spawn(value_after(2s, 2));
            auto fast = group.spawn(value_after(1s, 1));
            const int second = co_await slow;
            CHECK(second == 2);
            CHECK(fast.is_done());
            const int first = co_await fast;
            CHECK(first == 1);
        });
    }());
}

TEST_CASE("a handle may be dropped while its task runs, and may outlive the group") {
    run_virtual([]() -> task<> {
        std::vector<join_handle<int>> kept;
        co_await with_group([&](task_group& group) -> task<> {
            group.spawn(value_after(1s, 1));
            kept.push_back(group.spawn(value_after(1s, 7)));
            co_return;
        });
        REQUIRE(kept.front().is_done());
        const int value = co_await kept.front();
        CHECK(value == 7);
    }());
}

TEST_CASE("cancelling the wait for a handle leaves the task alone") {
    run_virtual([]() -> task<> {
        co_await with_group([](task_group& group) -> task<> {
            auto handle = group.spawn(value_after(5s, 5));
            auto wait = [&]() -> task<int> { co_return co_await handle; };
            const auto late = co_await as_result(timeout(1s, wait()));
            CHECK_FALSE(late);
            const int value = co_await handle;
            CHECK(value == 5);
        });
    }());
}

TEST_CASE("an error of a task reaches the group whether or not its handle is awaited") {
    const auto group_with_handle = []() -> task<> {
        co_await with_group([](task_group& group) -> task<> {
            auto handle = group.spawn(fail_after(1s));
            co_await handle;
        });
    };
    CHECK_THROWS_WITH(run_virtual(group_with_handle()), "failed");
    const auto group_without = []() -> task<> {
        co_await with_group([](task_group& group) -> task<> {
            group.spawn(fail_after(1s));
            co_return;
        });
    };
    CHECK_THROWS_WITH(run_virtual(group_without()), "failed");
}

TEST_CASE("awaiting a task that its group cancelled is an error to those who were not") {
    run_virtual([]() -> task<> {
        std::vector<join_handle<int>> kept;
        auto body = [&](task_group& group) -> task<> {
            kept.push_back(group.spawn(value_after(1h, 1), "sleeper"));
            kept.push_back(group.spawn(value_after(1h, 1)));
            co_await sleep(1s);
            group.cancel();
        };
        auto late = [&]() -> task<std::string> {
            while (kept.size() < 2)
                co_await yield();
            try {
                (void)co_await kept.front(); // it waits here when the group is cancelled
            } catch (const task_cancelled& error) {
                co_return error.what();
            }
            co_return "nothing thrown";
        };
        auto [text, none] = co_await gather(late(), with_group(body));
        CHECK(text == "the task 'sleeper' was cancelled");
        for (int i = 0; i < 2; ++i) {
            auto wait = [&]() -> task<int> { co_return co_await kept.back(); };
            const auto again = co_await as_result(wait());
            CHECK(again.what() == "the task was cancelled");
        }
    }());
}

TEST_CASE("a task that is cancelled with the one it awaits ends by its own cancellation") {
    run_virtual([]() -> task<> {
        bool saw_error = false, was_cancelled = false;
        auto body = [&](task_group& group) -> task<> {
            auto handle = group.spawn(value_after(1h, 1));
            group.spawn([&]() -> task<> {
                try {
                    (void)co_await handle;
                } catch (const cancelled&) {
                    was_cancelled = true;
                    throw;
                } catch (const task_cancelled&) {
                    saw_error = true;
                }
            });
            co_await sleep(1s);
            group.cancel();
            while (group.running() > 0)
                co_await shield(yield());
        };
        co_await with_group(body);
        CHECK(was_cancelled);
        CHECK_FALSE(saw_error);
    }());
}

TEST_CASE("wherever the wait for a handle is cancelled, the task's value is there for the next") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        auto body = [&](task_group& group) -> task<> {
            auto handle = group.spawn(value_after(2s, 5));
            int value = 0;
            auto wait = [&]() -> task<> {
                co_await sleep(1s);
                value = co_await handle;
            };
            co_await target.run(wait());
            if (value == 0) value = co_await handle;
            CHECK(value == 5);
        };
        co_await with_group(body);
    });
}

TEST_CASE("a spawned callable lives as long as its coroutine") {
    run_virtual([]() -> task<> {
        auto seen = std::make_unique<int>(0);
        co_await with_group([&](task_group& group) -> task<> {
            {
                std::string text = "captured, and gone from here when the coroutine runs";
                auto later = [text, &seen](int add) -> task<> {
                    co_await sleep(1s);
                    *seen = static_cast<int>(text.size()) + add;
                };
                group.spawn(later, 1);
                group.spawn(std::move(later), 1);
            }
            co_return;
        });
        CHECK(*seen == 53);
    }());
}

TEST_CASE("a handle awaited by two tasks at a time is refused") {
    run_virtual([]() -> task<> {
        co_await with_group([](task_group& group) -> task<> {
            auto handle = group.spawn(value_after(1s, 1));
            auto wait = [&]() -> task<int> { co_return co_await handle; };
            auto [first, second] = co_await gather(keep_going, wait(), wait());
            CHECK(first.has_value());
            CHECK_THROWS_AS(std::rethrow_exception(second.error()), usage_error);
        });
    }());
}

TEST_CASE("a group that keeps going runs all and throws every error as one group") {
    bool finished = false;
    const auto all = [&]() -> task<> {
        co_await with_group(keep_going, [&](task_group& group) -> task<> {
            group.spawn(fail_after(1s));
            group.spawn(fail_after(2s));
            group.spawn([&]() -> task<> {
                co_await sleep(3s);
                finished = true;
            });
            co_return;
        });
    };
    try {
        run_virtual(all());
        FAIL("the errors are thrown");
    } catch (const exception_group& errors) {
        CHECK(errors.errors().size() == 2);
        CHECK(std::string(errors.what()) == "tasks of a group failed\n├─ failed\n└─ failed");
    }
    CHECK(finished);
}

TEST_CASE("gather can keep going and give every outcome") {
    run_virtual([]() -> task<> {
        auto [value, error] = co_await gather(keep_going, value_after(2s, 2), fail_after(1s));
        CHECK(value.value() == 2);
        CHECK(error.what() == "failed");
        std::vector<task<int>> many;
        many.push_back(fail_after(1s));
        many.push_back(value_after(1s, 4));
        auto outcomes = co_await gather(keep_going, std::move(many));
        REQUIRE(outcomes.size() == 2);
        CHECK_FALSE(outcomes[0]);
        CHECK(outcomes[1].value() == 4);
    }());
}
