// Cancels part of a scenario at every moment at which it can be cancelled.
#pragma once
#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <utility>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/sync/event.hpp>
#include <tandem/testing/virtual_time.hpp>

namespace test {

/// The part of a scenario that is cancelled.
class victim {
  public:
    /// Runs `work` in a scope of its own. Returns false if it was cancelled there; the scenario goes on.
    /// Called once in a scenario.
    tandem::task<bool> run(tandem::task<> work) {
        tandem::cancel_scope scope(co_await tandem::detail::this_task());
        scope_ = &scope;
        if (is_due_) scope.cancel();
        bool ended = false;
        try {
            co_await tandem::detail::in_scope(scope, work);
            ended = true;
        } catch (const tandem::cancelled& stop) {
            scope_ = nullptr;
            if (!scope.owns(stop)) throw;
        } catch (...) {
            scope_ = nullptr;
            throw;
        }
        scope_ = nullptr;
        co_return ended;
    }

    /// Cancels it, now or as soon as it starts.
    void cancel() noexcept {
        is_due_ = true;
        if (scope_) scope_->cancel();
    }

  private:
    tandem::cancel_scope* scope_ = nullptr;
    bool is_due_ = false;
};

namespace detail {

/// Virtual time that lets one task run after each jump, before the timers that are due then.
class stepping_time final : public tandem::time_source {
  public:
    tandem::time_point now() noexcept override {
        if (std::exchange(has_jumped_, false)) jumped.set();
        return now_;
    }
    bool advance_to(tandem::time_point next) noexcept override {
        now_ = next;
        has_jumped_ = true;
        return true;
    }
    tandem::event jumped;

  private:
    tandem::time_point now_ = tandem::time_point(std::chrono::hours(24));
    bool has_jumped_ = false;
};

/// Goes `steps` times to the end of the ready queue. Where all others wait, it waits with them until time has
/// moved, so that the steps cover what happens at every moment.
inline tandem::task<> let_run(stepping_time& time, int steps) {
    const tandem::loop& here = tandem::loop::current();
    for (int i = 0; i < steps; ++i) {
        const std::uint64_t before = here.steps();
        co_await tandem::yield();
        if (here.steps() - before > 1) continue;
        time.jumped.clear();
        co_await time.jumped.wait();
    }
}

/// Returns false if the scenario had ended before `step`.
template <class Scenario>
tandem::task<bool> run_cancelled_at(int step, stepping_time& time, const Scenario& scenario) {
    bool has_hung = false, has_cancelled = false;
    victim target;
    auto cancel = [&]() -> tandem::task<> {
        co_await let_run(time, step);
        has_cancelled = true;
        target.cancel();
    };
    auto watch = [&](tandem::task_group& group) -> tandem::task<> {
        co_await tandem::sleep(std::chrono::hours(10'000));
        has_hung = true;
        group.cancel();
    };
    auto body = [&](tandem::task_group& group) -> tandem::task<> {
        group.spawn(cancel());
        group.spawn(watch(group));
        co_await scenario(target);
        group.cancel();
    };
    co_await tandem::with_group(body);
    CHECK_FALSE(has_hung);
    co_return has_cancelled;
}

} // namespace detail

/// Runs `scenario(target)`, a task, again and again, each time cancelling what it runs with `target.run(…)`
/// one step later, until it has ended before its turn came: first come, first served, then in shuffled
/// orders. The scenario checks what has to hold whenever that was; it fails here if it hangs. It knows
/// nothing but tasks and time: no I/O, no other threads.
///
/// The scenario is a coroutine that keeps its state in itself, so that each run starts anew.
template <class Scenario> void cancel_at_each_step(const Scenario& scenario) {
    constexpr std::uint64_t orders = 6;
    constexpr int too_many = 10'000;
    for (std::uint64_t order = 0; order < orders; ++order) {
        bool goes_on = true;
        for (int step = 0; goes_on; ++step) {
            INFO("cancelled at step " << step << ", order " << order);
            REQUIRE(step < too_many);
            detail::stepping_time time;
            tandem::loop_options options;
            options.time(time);
            if (order > 0) options.shuffle(order);
            tandem::loop here(options);
            goes_on = here.run(detail::run_cancelled_at(step, time, scenario));
        }
    }
}

/// Runs `scenario()`, a task, in virtual time: first come, first served, then in shuffled orders.
template <class Scenario> void run_in_each_order(const Scenario& scenario) {
    constexpr std::uint64_t orders = 20;
    for (std::uint64_t order = 0; order < orders; ++order) {
        INFO("order " << order);
        tandem::loop_options options;
        if (order > 0) options.shuffle(order);
        tandem::testing::run_virtual(scenario(), options);
    }
}

} // namespace test
