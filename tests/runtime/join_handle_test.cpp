#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using tandem::testing::run_virtual;

namespace {

task<int> value_after(duration pause, int value) {
    co_await sleep(pause);
    co_return value;
}

task<int> fail_after(duration pause) {
    co_await sleep(pause);
    throw std::runtime_error("failed");
}

} // namespace

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
