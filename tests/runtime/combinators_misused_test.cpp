// What the combinators say of errors and of mistakes.
#include <catch2/catch.hpp>

#include <ranges>
#include <vector>

#include <tandem/runtime.hpp>
#include <tandem/testing/until_all_blocked.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/ending_after.hpp"
#include "support/live_count.hpp"
#include "support/log_capture.hpp"

using namespace std::chrono_literals;
using namespace tandem;
using tandem::testing::run_virtual;
using tandem::testing::until_all_blocked;
using test::fail_after;
using test::value_after;

TEST_CASE("two tasks that ask a generator for its next value at a time are a mistake") {
    run_virtual([]() -> task<> {
        auto slowly = []() -> stream<int> {
            co_await sleep(1s);
            co_yield 1;
            co_await sleep(1s);
            co_yield 2;
        };
        auto source = slowly();
        auto take = [&]() -> task<int> {
            auto one = co_await source.next();
            co_return one.value_or(0);
        };
        for (const int expected : {1, 2}) {
            auto [first, second] = co_await gather(keep_going, take(), take());
            CHECK(first.value() == expected);
            CHECK_THROWS_AS(second.value(), usage_error);
        }
        const auto none = co_await source.next();
        CHECK_FALSE(none);
    }());
}

TEST_CASE("two tasks that take from one stream of results at a time are a mistake") {
    run_virtual([]() -> task<> {
        std::vector<int> items{1, 2};
        auto results = map_concurrent(items, at_most(2), [](int item) { return value_after(1s, item); });
        auto take = [&]() -> task<int> {
            auto one = co_await results.next();
            co_return one.value_or(0);
        };
        auto [first, second] = co_await gather(keep_going, take(), take());
        CHECK(first.value() == 1);
        CHECK_THROWS_AS(second.value(), usage_error);
        const int rest = co_await take();
        CHECK(rest == 2);
    }());
}

TEST_CASE("a stream of results is made in a coroutine, and nowhere else") {
    const std::vector<int> items{1};
    CHECK_THROWS_AS(map_concurrent(items, at_most(1), [](int item) { return value_after(1s, item); }),
                    usage_error);
    CHECK_THROWS_AS(as_completed(std::vector<task<int>>()), usage_error);
}

TEST_CASE("as_completed of nothing gives nothing, and its results may be closed early") {
    run_virtual([]() -> task<> {
        auto nothing = as_completed(std::vector<task<int>>());
        const auto none = co_await nothing.next();
        CHECK_FALSE(none);
        std::vector<task<int>> work;
        for (int i = 1; i <= 3; ++i)
            work.push_back(value_after(1s * i, i));
        auto results = as_completed(std::move(work));
        const auto first = co_await results.next();
        CHECK(first == 1);
        const time_point before = loop::current().now();
        co_await results.close();
        const auto after = co_await results.next();
        CHECK_FALSE(after);
        CHECK(loop::current().now() == before);
    }());
}

TEST_CASE("an error of as_completed comes after the results before it, and cancels the rest") {
    run_virtual([]() -> task<> {
        std::vector<task<int>> work;
        work.push_back(value_after(3s, 3));
        work.push_back(fail_after(2s));
        work.push_back(value_after(1s, 1));
        auto results = as_completed(std::move(work));
        const time_point start = loop::current().now();
        const auto first = co_await results.next();
        CHECK(first == 1);
        const auto second = co_await as_result(results.next());
        CHECK(second.what() == "failed");
        CHECK(loop::current().now() - start == 2s);
    }());
}

TEST_CASE("a function or a range that throws ends a stream of results with its error") {
    run_virtual([]() -> task<> {
        auto throws = [](int item) -> task<int> {
            if (item == 2) throw std::domain_error("no task for two");
            return value_after(1s, item);
        };
        auto results = map_concurrent(std::views::iota(1), at_most(1), throws);
        const auto first = co_await results.next();
        CHECK(first == 1);
        const auto second = co_await as_result(results.next());
        CHECK(second.what() == "no task for two");
        auto broken = std::views::iota(1) | std::views::transform([](int item) {
                          if (item == 2) throw std::domain_error("of the range");
                          return item;
                      });
        auto from_broken = map_concurrent(broken, at_most(5), [](int item) { return value_after(1s, item); });
        const auto outcome = co_await as_result(from_broken.next());
        CHECK(outcome.what() == "of the range");
    }());
}

TEST_CASE("a stream of results that are always ready does not keep others from running") {
    run_virtual([]() -> task<> {
        int taken = 0;
        bool stop = false;
        auto ready = [](int item) -> task<int> { co_return item; };
        auto consume = [&]() -> task<> {
            auto results = map_concurrent(std::views::iota(0), at_most(3), ready);
            while (!stop) {
                const auto one = co_await results.next();
                CHECK(one == taken);
                ++taken;
            }
        };
        auto interrupt = [&]() -> task<> {
            for (int i = 0; i < 10; ++i)
                co_await yield();
            stop = true;
        };
        co_await gather(consume(), interrupt());
        CHECK(taken > 0);
    }());
}

TEST_CASE("a race that is lost by all at once has the first given as its winner") {
    CHECK(run_virtual(race(value_after(1s, 1), value_after(1s, 2), value_after(1s, 3))) == 1);
    const test::log_capture silent; // a loser's error is logged
    CHECK_THROWS_WITH(run_virtual(race(fail_after(1s, "first"), fail_after(1s, "second"))), "first");
}

TEST_CASE("move_on_after passes an error on, and a cancellation from around it") {
    run_virtual([]() -> task<> {
        const auto error = co_await as_result(move_on_after(2s, fail_after(1s)));
        CHECK(error.what() == "failed");
        auto outer = co_await as_result(timeout(1s, move_on_after(2s, value_after(3s, 1))));
        CHECK_THROWS_AS(outer.value(), timed_out);
        const auto inner = co_await timeout(2s, move_on_after(1s, value_after(3s, 1)));
        CHECK_FALSE(inner);
    }());
}

TEST_CASE("a value that arrives after its limit is returned by move_on_after and deadline all the same") {
    run_virtual([]() -> task<> {
        const auto late = co_await move_on_after(1s, shield(value_after(2s, 5)));
        CHECK(late == 5);
        const auto start = loop::current().now();
        const int later = co_await deadline(start + 1s, shield(value_after(2s, 6)));
        CHECK(later == 6);
    }());
}

TEST_CASE("a deadline passes an error on, and one that has no end never ends its work") {
    run_virtual([]() -> task<> {
        const auto error = co_await as_result(deadline(loop::current().now() + 2s, fail_after(1s)));
        CHECK(error.what() == "failed");
        const int value = co_await deadline(time_point::max(), value_after(24h, 1));
        CHECK(value == 1);
        const auto forever = co_await move_on_after(duration::max(), value_after(24h, 2));
        CHECK(forever == 2);
    }());
}

TEST_CASE("an error passes a shield, and nothing of the work is left") {
    run_virtual([]() -> task<> {
        auto work = []() -> task<> {
            const test::live_count alive;
            co_await fail_after(1s);
        };
        const auto outcome = co_await as_result(shield(work()));
        CHECK(outcome.what() == "failed");
        CHECK(test::live_count::alive() == 0);
    }());
}

TEST_CASE("a retry tries at least once, and what is no std::exception not again") {
    run_virtual([]() -> task<> {
        int attempts = 0;
        auto fail = [&]() -> task<> {
            ++attempts;
            co_await fail_after(0s);
        };
        for (const int allowed : {-1, 0, 1}) {
            attempts = 0;
            const auto outcome = co_await as_result(retry(retry_policy().attempts(allowed), fail));
            CHECK(outcome.what() == "failed");
            CHECK(attempts == 1);
        }
        attempts = 0;
        auto odd = [&]() -> task<> {
            ++attempts;
            throw 5;
            co_return;
        };
        auto outcome = co_await as_result(retry(retry_policy().attempts(9), odd));
        CHECK_THROWS_AS(outcome.value(), int);
        CHECK(attempts == 1);
    }());
}

TEST_CASE("a function of retry that throws instead of making a task counts as a failed attempt") {
    run_virtual([]() -> task<> {
        int attempts = 0;
        auto make = [&]() -> task<int> {
            if (++attempts < 3) throw std::runtime_error("no task");
            return value_after(0s, attempts);
        };
        const int value = co_await retry(retry_policy().attempts(3), make);
        CHECK(value == 3);
    }());
}

TEST_CASE("pauses of a retry stay within their bounds, however many attempts there were") {
    auto policy = retry_policy().pause(1s, 10.0, 1h).jitter(0);
    CHECK(policy.pause_after(1) == 1s);
    CHECK(policy.pause_after(3) == 100s);
    CHECK(policy.pause_after(1'000'000) == 1h);
    auto endless = retry_policy().pause(duration::max()).jitter(0);
    CHECK(endless.pause_after(1) == duration::max());
    auto shorter_than_first = retry_policy().pause(10s, 2.0, 1s).jitter(0);
    CHECK(shorter_than_first.pause_after(2) == 10s);
}

TEST_CASE("a task-local value goes with its work, after an error too, and a race does not mix it up") {
    static const task_local<std::shared_ptr<int>> shared;
    run_virtual([]() -> task<> {
        auto value = std::make_shared<int>(1);
        const auto error = co_await as_result(shared.with(value, fail_after(1s)));
        CHECK(error.what() == "failed");
        CHECK(value.use_count() == 1);
        auto read = []() -> task<int> {
            co_await sleep(1s);
            const auto& here = co_await shared;
            co_return here ? *here : 0;
        };
        const int winner = co_await race(shared.with(std::make_shared<int>(7), read()),
                                         shared.with(std::make_shared<int>(8), read()));
        CHECK(winner == 7);
        const int outside = co_await read();
        CHECK(outside == 0);
    }());
}

TEST_CASE("a group that has ended does not leave a task that waits for its handle behind") {
    run_virtual([]() -> task<> {
        std::vector<join_handle<int>> handles;
        auto body = [&](task_group& group) -> task<> {
            handles.push_back(group.spawn(value_after(1s, 3)));
            co_return;
        };
        auto late = [&]() -> task<int> {
            co_await until_all_blocked();
            co_return co_await handles.front();
        };
        auto [none, value] = co_await gather(with_group(body), late());
        CHECK(value == 3);
    }());
}

TEST_CASE("a spawned callable is moved in where it is given as an rvalue, copied where it has a name") {
    run_virtual([]() -> task<> {
        auto number = std::make_unique<int>(4);
        int sum = 0;
        auto body = [&](task_group& group) -> task<> {
            auto moves = [&sum, number = std::move(number)](std::unique_ptr<int> more) -> task<> {
                co_await yield();
                sum += *number + *more;
            };
            group.spawn(std::move(moves), std::make_unique<int>(3));
            auto copied = [&sum, held = std::string("still here")]() -> task<> {
                co_await yield();
                sum += static_cast<int>(held.size());
            };
            auto first = group.spawn(copied);
            co_await first;
            group.spawn(copied);
        };
        co_await with_group(body);
        CHECK(sum == 7 + 10 + 10);
    }());
}
