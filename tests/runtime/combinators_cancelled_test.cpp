// Each combinator is cancelled at every step in turn: nothing hangs, leaks, is lost or is done twice. Groups,
// gather, for_each, timeout and with_cleanup stand in cancel_at_every_step_test.
#include <catch2/catch.hpp>

#include <algorithm>
#include <ranges>
#include <vector>

#include <tandem/runtime.hpp>

#include "support/cancel_at_each_step.hpp"
#include "support/ending_after.hpp"
#include "support/live_count.hpp"

using namespace std::chrono_literals;
using tandem::at_most;
using tandem::sleep;
using tandem::task;
using tandem::task_group;
using test::cancel_at_each_step;
using test::live_count;

namespace {

template <class Stream> task<> collect(Stream& from, std::vector<int>& into) {
    while (auto one = co_await from.next())
        into.push_back(*one);
}

/// Takes `item` seconds for its item, with something alive meanwhile.
task<int> work_for(int item) {
    const live_count alive;
    co_await sleep(std::chrono::seconds(item));
    co_return item;
}

std::vector<task<int>> tasks_for(const std::vector<int>& items) {
    std::vector<task<int>> all;
    for (const int item : items)
        all.push_back(work_for(item));
    return all;
}

} // namespace

TEST_CASE(
    "wherever the consumer of mapped results is cancelled, each result is taken once or still to come") {
    cancel_at_each_step([](test::victim& target) -> task<> {
        auto work = [](int item) { return work_for(item % 3); };
        auto results = tandem::map_concurrent(std::views::iota(1, 7), at_most(2), work);
        std::vector<int> taken;
        co_await target.run(collect(results, taken));
        co_await collect(results, taken);
        CHECK(taken == std::vector{1, 2, 0, 1, 2, 0});
        CHECK(live_count::alive() == 0);
    });
}

TEST_CASE("wherever the consumer of results as they complete is cancelled, none is lost or repeated") {
    cancel_at_each_step([](test::victim& target) -> task<> {
        auto results = tandem::as_completed(tasks_for({3, 1, 2, 1}));
        std::vector<int> taken;
        co_await target.run(collect(results, taken));
        co_await collect(results, taken);
        CHECK(taken == std::vector{1, 1, 2, 3});
        CHECK(live_count::alive() == 0);
    });
}

TEST_CASE("wherever the maker of a stream of results is cancelled, all its tasks have ended when it has") {
    cancel_at_each_step([](test::victim& target) -> task<> {
        const std::vector<int> items{3, 1, 2, 1};
        auto consume = [&]() -> task<> {
            std::vector<int> taken;
            auto mapped = tandem::map_concurrent(items, at_most(2), tandem::as_they_complete, work_for);
            co_await collect(mapped, taken);
            auto completed = tandem::as_completed(tasks_for(items));
            co_await collect(completed, taken);
            CHECK(taken.size() == 8);
        };
        co_await target.run(consume());
        CHECK(live_count::alive() == 0);
    });
}

TEST_CASE("wherever a race is cancelled, its winner and its losers have ended and hold nothing") {
    cancel_at_each_step([](test::victim& target) -> task<> {
        tandem::semaphore left(1), right(1);
        auto hold = [](tandem::semaphore& from, int seconds) -> task<int> {
            auto permit = co_await from.acquire();
            co_return co_await work_for(seconds);
        };
        int winner = 0;
        auto run = [&]() -> task<> {
            co_await tandem::yield();
            winner = co_await tandem::race(hold(left, 3), hold(right, 2), hold(left, 3));
            co_await tandem::race(sleep(1s), hold(left, 1));
        };
        const bool ended = co_await target.run(run());
        CHECK((winner == 2 || !ended));
        CHECK(left.available() == 1);
        CHECK(right.available() == 1);
        CHECK(live_count::alive() == 0);
    });
}

TEST_CASE("wherever a retry is cancelled, nothing is tried after that") {
    cancel_at_each_step([](test::victim& target) -> task<> {
        int begun = 0, ended = 0;
        auto attempt = [&]() -> task<> {
            ++begun;
            co_await sleep(1s);
            ++ended;
            if (ended < 3) throw std::runtime_error("not yet");
        };
        auto run = [&]() -> task<> {
            const auto policy = tandem::retry_policy().attempts(5).pause(1s).jitter(0);
            co_await tandem::retry(policy, attempt);
        };
        const bool done = co_await target.run(run());
        const int begun_then = begun;
        co_await sleep(1h);
        CHECK(begun == begun_then);
        CHECK(begun - ended == (done ? 0 : begun > ended ? 1 : 0));
        CHECK((ended == 3 || !done));
    });
}

TEST_CASE("wherever work with a deadline is cancelled, it has ended, and who cancelled it is told right") {
    cancel_at_each_step([](test::victim& target) -> task<> {
        int in_time = 0, late = 0;
        auto run = [&]() -> task<> {
            const auto start = tandem::loop::current().now();
            in_time = co_await tandem::deadline(start + 2s, work_for(1));
            const auto moved_on = co_await tandem::move_on_after(1s, work_for(2));
            CHECK_FALSE(moved_on); // the outer cancellation does not look like the time limit's
            ++late;
            const auto outcome = co_await tandem::as_result(tandem::deadline(start + 3s, work_for(2)));
            CHECK_FALSE(outcome);
            ++late;
        };
        const bool ended = co_await target.run(run());
        CHECK(live_count::alive() == 0);
        CHECK(ended == (late == 2));
        CHECK((in_time == 1 || late == 0));
    });
}

TEST_CASE("wherever shielded work is cancelled, it runs to its end once it has begun") {
    cancel_at_each_step([](test::victim& target) -> task<> {
        int begun = 0, ended = 0;
        auto work = [&]() -> task<int> {
            ++begun;
            co_await sleep(1s);
            co_await tandem::yield();
            ++ended;
            co_return 1;
        };
        auto run = [&]() -> task<> {
            co_await tandem::yield();
            const int inner = co_await tandem::shield(work());
            const int outer = co_await tandem::shield(tandem::shield(work()));
            CHECK(inner + outer == 2);
        };
        co_await target.run(run());
        CHECK(begun == ended);
    });
}

TEST_CASE("wherever work with a task-local value is cancelled, the value holds inside and not outside") {
    static const tandem::task_local<std::string> name("nobody");
    cancel_at_each_step([](test::victim& target) -> task<> {
        auto check = []() -> task<> {
            for (int i = 0; i < 3; ++i) {
                const std::string here = co_await name;
                CHECK(here == "somebody");
                co_await sleep(1s);
            }
        };
        auto both = [&]() -> task<> { co_await tandem::gather(check(), check()); };
        auto run = [&]() -> task<> { co_await name.with("somebody", both()); };
        co_await target.run(run());
        const std::string here = co_await name;
        CHECK(here == "nobody");
    });
}

TEST_CASE("wherever the consumer of a generator is cancelled, its values came in order and its locals go") {
    cancel_at_each_step([](test::victim& target) -> task<> {
        std::vector<int> taken;
        {
            auto numbers = []() -> tandem::stream<int> {
                const live_count alive;
                for (int i = 0; i < 4; ++i) {
                    co_await sleep(1s);
                    co_yield i;
                }
            };
            auto source = numbers();
            const bool ended = co_await target.run(collect(source, taken));
            const std::size_t before = taken.size();
            co_await collect(source, taken);
            CHECK((ended || live_count::alive() == 0));
            CHECK((before == taken.size() || taken.size() == 4)); // it goes on where it stood at a co_yield
        }
        for (int i = 0; i < static_cast<int>(taken.size()); ++i)
            CHECK(taken[i] == i);
        CHECK(live_count::alive() == 0);
    });
}

TEST_CASE("wherever a spawned callable is cancelled, what it captured goes with it") {
    cancel_at_each_step([](test::victim& target) -> task<> {
        auto body = [](task_group& group) -> task<> {
            for (int i = 0; i < 3; ++i)
                group.spawn([held = live_count()](int seconds) -> task<> { co_await sleep(1s * seconds); },
                            i);
            co_await sleep(1s);
        };
        auto run = [&]() -> task<> { co_await tandem::with_group(body); };
        co_await target.run(run());
        CHECK(live_count::alive() == 0);
    });
}

TEST_CASE("wherever one that waits at a latch is cancelled, the latch opens for the others") {
    cancel_at_each_step([](test::victim& target) -> task<> {
        tandem::latch all_there(2);
        int passed = 0;
        auto wait = [&]() -> task<> {
            co_await all_there.wait();
            ++passed;
        };
        auto count = [&]() -> task<> {
            for (int i = 0; i < 2; ++i) {
                co_await sleep(1s);
                all_there.count_down();
            }
        };
        co_await tandem::gather(wait(), target.run(wait()), wait(), count());
        CHECK(passed >= 2);
    });
}
