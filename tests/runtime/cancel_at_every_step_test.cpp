// Composed work is cancelled at each of its steps in turn: whatever the step, nothing hangs, leaks, is lost
// or is done twice.
#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include <random>
#include <ranges>

#include "support/live_count.hpp"

using namespace std::chrono_literals;
using tandem::at_most;
using tandem::cancelled;
using tandem::sleep;
using tandem::task;
using tandem::task_group;
using test::live_count;

namespace {

/// What the work of one attempt shares, and the accounts that have to balance after it.
struct world {
    tandem::semaphore limit{2};
    tandem::event go;
    int begun = 0;
    int ended = 0;
    int bodies = 0;
    int cleanups = 0;
};

using scenario = task<> (*)(world&);

/// Begins and ends in the accounts of its world.
class account {
  public:
    explicit account(world& in)
        : in_(in) {
        ++in_.begun;
    }
    account(const account&) = delete;
    ~account() { ++in_.ended; }

  private:
    world& in_;
    live_count alive_;
};

task<int> nap(world& in, int milliseconds) {
    account open(in);
    co_await sleep(1ms * milliseconds);
    co_return milliseconds;
}

task<> visit(world& in, int milliseconds) {
    account open(in);
    auto permit = co_await in.limit.acquire();
    CHECK(in.limit.available() < 2);
    auto stay = nap(in, milliseconds);
    auto done = co_await tandem::as_result(std::move(stay));
}

task<> fail(world& in, int milliseconds) {
    account open(in);
    co_await sleep(1ms * milliseconds);
    throw std::runtime_error("on purpose");
}

task<> groups(world& in) {
    account open(in);
    auto inner = [&](task_group& group) -> task<int> {
        group.spawn(nap(in, 2));
        group.spawn(visit(in, 1));
        co_return co_await nap(in, 1);
    };
    auto outer = [&](task_group& group) -> task<> {
        group.spawn(visit(in, 3));
        const int value = co_await tandem::with_group(inner);
        CHECK(value == 1);
        group.spawn(tandem::yield());
        co_await tandem::yield();
    };
    co_await tandem::with_group(outer);
}

task<> failing_group(world& in) {
    account open(in);
    auto body = [&](task_group& group) -> task<> {
        group.spawn(visit(in, 5));
        group.spawn(visit(in, 5));
        group.spawn(visit(in, 5));
        group.spawn(fail(in, 2));
        co_await nap(in, 9);
    };
    auto outcome = co_await tandem::as_result(tandem::with_group(body));
    CHECK(outcome.what() == "on purpose");
    co_await tandem::yield();
}

task<> gathers(world& in) {
    account open(in);
    auto [a, b, none] = co_await tandem::gather(nap(in, 1), nap(in, 2), visit(in, 2));
    CHECK(a + b == 3);
    std::vector<task<>> visits;
    for (int i = 0; i < 5; ++i)
        visits.push_back(visit(in, 1));
    co_await tandem::gather(std::move(visits));
}

task<> items(world& in) {
    account open(in);
    auto one = [&](int item) -> task<> { co_await visit(in, item % 3); };
    co_await tandem::for_each(std::views::iota(0, 7), at_most(3), one);
    auto some_fail = [&](int item) -> task<> {
        if (item % 2) co_await fail(in, 1);
        co_await visit(in, 1);
    };
    auto failures =
        co_await tandem::for_each(std::views::iota(0, 4), at_most(2), tandem::keep_going, some_fail);
    CHECK(failures.size() == 2);
}

task<> time_limits(world& in) {
    account open(in);
    auto late = co_await tandem::as_result(tandem::timeout(2ms, tandem::timeout(3ms, nap(in, 5))));
    CHECK_FALSE(late);
    const int in_time = co_await tandem::timeout(3ms, tandem::timeout(4ms, nap(in, 1)));
    CHECK(in_time == 1);
    const int stubborn = co_await tandem::timeout(1ms, tandem::shield(nap(in, 2)));
    CHECK(stubborn == 2);
    co_await tandem::timeout(3ms, visit(in, 1));
}

task<> cleanups(world& in) {
    account open(in);
    auto clean = [&]() -> task<> {
        co_await tandem::yield();
        co_await sleep(2ms);
        ++in.cleanups;
    };
    ++in.bodies;
    co_await tandem::with_cleanup(visit(in, 2), clean);
    ++in.bodies;
    try {
        co_await tandem::with_cleanup(fail(in, 1), clean);
    } catch (const std::runtime_error& error) {
        CHECK(error.what() == std::string("on purpose"));
    }
}

task<> signals(world& in) {
    account open(in);
    auto wait = [&]() -> task<> {
        account waiting(in);
        co_await in.go.wait();
        for (int i = 0; i < 3; ++i)
            co_await in.go.wait();
    };
    auto set = [&]() -> task<> {
        co_await tandem::yield();
        co_await sleep(1ms);
        in.go.set();
    };
    co_await tandem::gather(wait(), wait(), set(), visit(in, 1));
}

/// Cancels the scope at a moment, so many turns of the loop later.
task<> cancel_at(tandem::cancel_scope& scope, int milliseconds, int turns) {
    if (milliseconds > 0) co_await sleep(1ms * milliseconds);
    for (int i = 0; i < turns; ++i)
        co_await tandem::yield();
    scope.cancel();
}

task<> absorb(tandem::cancel_scope& scope, task<> work, bool& completed) {
    try {
        co_await tandem::detail::in_scope(scope, work);
        completed = true;
    } catch (const cancelled& stop) {
        CHECK(scope.owns(stop));
    }
}

/// One attempt: true if the work was done before the cancellation came.
template <class Make>
bool attempt(const Make& make, int milliseconds, int turns, tandem::loop_options options) {
    world in;
    bool completed = false;
    auto body = [&]() -> task<> {
        tandem::cancel_scope scope(co_await tandem::detail::this_task());
        auto run = [&]() -> task<> {
            co_await tandem::gather(absorb(scope, make(in), completed),
                                    cancel_at(scope, milliseconds, turns));
        };
        co_await run();
    };
    tandem::testing::run_virtual(body(), options);
    CHECK(in.limit.available() == 2);
    CHECK(in.limit.waiting() == 0);
    CHECK(in.begun == in.ended);
    CHECK(in.bodies == in.cleanups);
    CHECK(live_count::alive() == 0);
    return completed;
}

/// Every moment, and at each the first turns after it, until the work is done in spite of it.
template <class Make> int cancel_everywhere(const Make& make, tandem::loop_options options = {}) {
    int attempts = 0;
    for (int milliseconds = 0; milliseconds < 60; ++milliseconds) {
        bool all_completed = true;
        for (int turns = 0; turns < 12; ++turns) {
            INFO("cancelled after " << milliseconds << " ms and " << turns << " turns");
            all_completed = attempt(make, milliseconds, turns, options) && all_completed;
            ++attempts;
        }
        if (all_completed) return attempts;
    }
    FAIL("the work never completed");
    return attempts;
}

/// Work drawn by a generator: combinators in combinators.
task<> drawn(world& in, std::uint32_t seed, int depth) {
    account open(in);
    std::mt19937 random(seed);
    const std::uint32_t left = random(), right = random();
    if (depth == 0) {
        const int length = static_cast<int>(left % 3);
        if (right % 3 == 0) co_await visit(in, length);
        if (right % 3 == 1) co_await nap(in, length);
        if (right % 3 == 2) co_await tandem::yield();
        co_return;
    }
    auto body = [&](task_group& group) -> task<> {
        group.spawn(drawn(in, left, depth - 1));
        co_await drawn(in, right, depth - 1);
    };
    auto item = [&](std::uint32_t which) -> task<> { co_await drawn(in, which, depth - 1); };
    auto clean = [&]() -> task<> {
        co_await tandem::yield();
        ++in.cleanups;
    };
    const std::uint32_t seeds[] = {left, right, left ^ right};
    switch (random() % 7) {
    case 0:
        co_await tandem::with_group(body);
        break;
    case 1:
        co_await tandem::gather(drawn(in, left, depth - 1), drawn(in, right, depth - 1));
        break;
    case 2:
        co_await tandem::for_each(seeds, at_most(1 + left % 3), item);
        break;
    case 3: {
        auto outcome =
            co_await tandem::as_result(tandem::timeout(1ms * (left % 4), drawn(in, right, depth - 1)));
        break;
    }
    case 4:
        co_await tandem::shield(nap(in, 1));
        break;
    case 5:
        ++in.bodies;
        co_await tandem::with_cleanup(drawn(in, left, depth - 1), clean);
        break;
    default: {
        auto failures = co_await tandem::for_each(seeds, at_most(2), tandem::keep_going, item);
        CHECK(failures.empty());
    }
    }
}

} // namespace

TEST_CASE("work that is cancelled at any of its steps neither hangs nor leaks nor loses a permit") {
    const std::pair<const char*, scenario> all[] = {
        {"groups", groups},   {"failing group", failing_group}, {"gathers", gathers},
        {"items", items},     {"time limits", time_limits},     {"clean-ups", cleanups},
        {"signals", signals},
    };
    for (const auto& [name, run] : all) {
        INFO(name);
        CHECK(cancel_everywhere(run) > 24);
    }
}

TEST_CASE("the same holds when the ready tasks run in any order") {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        INFO("seed " << seed);
        for (const scenario run : {groups, failing_group, gathers, items, cleanups, signals})
            cancel_everywhere(run, tandem::loop_options().shuffle(seed));
    }
}

TEST_CASE("combinators drawn at random and nested three deep may be cancelled at any step") {
    for (std::uint32_t seed = 1; seed <= 25; ++seed) {
        INFO("seed " << seed);
        cancel_everywhere([seed](world& in) { return drawn(in, seed, 3); },
                          tandem::loop_options().shuffle(seed));
    }
}
