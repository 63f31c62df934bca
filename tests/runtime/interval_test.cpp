#include <tandem/io/interval.hpp>

#include <tandem/base/error.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"

using namespace std::chrono_literals;
using tandem::duration;
using tandem::interval;
using tandem::missed_ticks;
using tandem::task;
using tandem::testing::run_virtual;

namespace {

tandem::time_point now() {
    return tandem::loop::current().now();
}

/// When, after the start, ticks came and were due: five of one second each, the second of which is followed
/// by `work`.
struct ticks {
    std::vector<duration> came;
    std::vector<duration> due;
    std::uint64_t skipped = 0;
};
task<ticks> five_ticks(missed_ticks missed, duration work) {
    ticks seen;
    const auto begin = now();
    interval every(1s, missed);
    for (int i = 0; i < 5; ++i) {
        const auto due = co_await every.next();
        seen.due.push_back(due - begin);
        seen.came.push_back(now() - begin);
        if (i == 1) co_await tandem::sleep(work);
    }
    seen.skipped = every.skipped();
    co_return seen;
}

using durations = std::vector<duration>;

} // namespace

TEST_CASE("an interval ticks first after one period, then a period apart") {
    for (const auto missed : {missed_ticks::skip, missed_ticks::burst, missed_ticks::delay}) {
        const ticks seen = run_virtual(five_ticks(missed, 0s));
        CHECK(seen.came == durations{1s, 2s, 3s, 4s, 5s});
        CHECK(seen.due == seen.came);
        CHECK(seen.skipped == 0);
    }
}

TEST_CASE("work that takes less than a period does not shift the ticks") {
    auto all = []() -> task<> {
        const auto begin = now();
        interval every(1s);
        for (int i = 1; i <= 100'000; ++i) {
            co_await every.next();
            if (now() - begin != i * 1s) FAIL("tick " << i << " has drifted");
            co_await tandem::sleep(999ms);
        }
        CHECK(every.skipped() == 0);
    };
    run_virtual(all());
}

TEST_CASE("skip gives one tick for all that were missed, and keeps the rhythm") {
    const ticks seen = run_virtual(five_ticks(missed_ticks::skip, 3500ms));
    CHECK(seen.came == durations{1s, 2s, 5500ms, 6s, 7s});
    CHECK(seen.due == durations{1s, 2s, 3s, 6s, 7s});
    CHECK(seen.skipped == 2); // those of 4 s and 5 s
}

TEST_CASE("burst gives every tick that was missed, at once") {
    const ticks seen = run_virtual(five_ticks(missed_ticks::burst, 3500ms));
    CHECK(seen.came == durations{1s, 2s, 5500ms, 5500ms, 5500ms});
    CHECK(seen.due == durations{1s, 2s, 3s, 4s, 5s});
    CHECK(seen.skipped == 0);
}

TEST_CASE("delay counts the next period from the late tick") {
    const ticks seen = run_virtual(five_ticks(missed_ticks::delay, 3500ms));
    CHECK(seen.came == durations{1s, 2s, 5500ms, 6500ms, 7500ms});
    CHECK(seen.due == durations{1s, 2s, 3s, 6500ms, 7500ms});
    CHECK(seen.skipped == 2);
}

TEST_CASE("a tick that is less than a period late moves none after it") {
    for (const auto missed : {missed_ticks::skip, missed_ticks::burst, missed_ticks::delay}) {
        const ticks seen = run_virtual(five_ticks(missed, 1300ms));
        CHECK(seen.came == durations{1s, 2s, 3300ms, 4s, 5s});
        CHECK(seen.skipped == 0);
    }
}

TEST_CASE("an interval can start at once, or at any moment") {
    auto all = []() -> task<> {
        const auto begin = now();
        interval every(10s);
        every.starting(begin);
        co_await every.next();
        CHECK(now() == begin);
        co_await every.next();
        CHECK(now() - begin == 10s);
        every.starting(begin + 13s);
        co_await every.next();
        CHECK(now() - begin == 13s);
        CHECK(every.due() - begin == 23s);
        CHECK(every.period() == 10s);
    };
    run_virtual(all());
}

TEST_CASE("ticks that are overdue let other tasks run") {
    auto all = []() -> task<> {
        interval every(1ms, missed_ticks::burst);
        co_await tandem::sleep(1s);
        int steps = 0;
        auto other = [&]() -> task<> {
            for (;;) {
                co_await tandem::yield();
                ++steps;
            }
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(other());
            for (int i = 0; i < 100; ++i)
                co_await every.next();
            group.cancel();
        };
        co_await tandem::with_group(body);
        CHECK(steps >= 99);
    };
    run_virtual(all());
}

TEST_CASE("a cancelled wait for a tick leaves the tick due") {
    auto all = []() -> task<> {
        const auto begin = now();
        interval every(10s);
        const bool ticked = (co_await tandem::move_on_after(4s, every.next())).has_value();
        CHECK_FALSE(ticked);
        co_await every.next();
        CHECK(now() - begin == 10s);
    };
    run_virtual(all());
}

TEST_CASE("an interval cancelled at any step neither loses a tick nor doubles one") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        const auto begin = now();
        interval every(1s, missed_ticks::burst);
        int ticked = 0;
        auto work = [&]() -> task<> {
            for (int i = 0; i < 3; ++i) {
                co_await every.next();
                ++ticked;
            }
        };
        co_await target.run(work());
        const auto due = co_await every.next();
        CHECK(due - begin == (ticked + 1) * 1s);
    });
}

TEST_CASE("a period without end never ticks, and one of nothing is refused") {
    auto all = []() -> task<> {
        interval never(duration::max());
        const bool ticked = (co_await tandem::move_on_after(1000h, never.next())).has_value();
        CHECK_FALSE(ticked);
        CHECK_THROWS_AS(interval(0s), tandem::usage_error);
        CHECK_THROWS_AS(interval(-1s), tandem::usage_error);
    };
    run_virtual(all());
    CHECK_THROWS_AS(interval(1s), tandem::usage_error);
}
