// As cancel_at_each_step, for scenarios with real sockets, which go on at their own pace.
#pragma once
#include <catch2/catch.hpp>

#include <tandem/coro/timeout.hpp>

#include "support/cancel_at_each_step.hpp"
#include "support/open_descriptors.hpp"

namespace test {

namespace detail {

/// Returns false if the scenario had ended before `moment`.
template <class Scenario> tandem::task<bool> run_cancelled_at_moment(int moment, const Scenario& scenario) {
    // The loop looks at I/O after every 64th step, so that the later moments, in longer strides, fall before
    // and after what comes from outside.
    constexpr int single_steps = 80, stride = 16;
    const int steps = moment < single_steps ? moment : single_steps + (moment - single_steps) * stride;
    victim target;
    bool has_cancelled = false;
    auto cancel = [&]() -> tandem::task<> {
        for (int i = 0; i < steps; ++i)
            co_await tandem::yield();
        has_cancelled = true;
        target.cancel();
    };
    auto body = [&](tandem::task_group& group) -> tandem::task<> {
        group.spawn(cancel());
        co_await tandem::timeout(std::chrono::seconds(60), scenario(target));
        group.cancel();
    };
    co_await tandem::with_group(body);
    co_return has_cancelled;
}

} // namespace detail

/// Runs `scenario(target)` again and again, each time cancelling what it runs with `target.run(…)` a moment
/// later, until it ends before its turn comes. Each run has to end, and to leave no descriptor open.
template <class Scenario> void cancel_at_each_moment(const Scenario& scenario) {
    constexpr int most = 400;
    const auto before = open_descriptors();
    bool goes_on = true;
    int moment = 0;
    for (; goes_on && moment < most; ++moment) {
        INFO("cancelled at moment " << moment);
        {
            tandem::loop here;
            goes_on = here.run(detail::run_cancelled_at_moment(moment, scenario));
        }
        CHECK(open_descriptors() == before);
    }
    CHECK(moment > 1);
}

} // namespace test
