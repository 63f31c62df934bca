#include <tandem/io/interval.hpp>

#include <tandem/coro/loop.hpp>
#include <tandem/coro/sleep.hpp>

namespace tandem {
namespace {

/// `length` after `moment`, or never where that is past the end of time.
time_point after(time_point moment, duration length) noexcept {
    return length < time_point::max() - moment ? moment + length : time_point::max();
}

duration checked(duration period) {
    if (period <= duration::zero()) throw usage_error("interval: a period has to be longer than zero");
    return period;
}

} // namespace

interval::interval(duration period, missed_ticks missed)
    : period_(checked(period))
    , due_(after(loop::current().now(), period))
    , missed_(missed) {}

task<time_point> interval::next() {
    co_await sleep_until(due_);
    const time_point tick = due_;
    advance(loop::current().now());
    co_return tick;
}

void interval::advance(time_point now) noexcept {
    const time_point tick = due_;
    due_ = after(tick, period_);
    if (due_ > now || missed_ == missed_ticks::burst) return;
    // At least one more is due already.
    const auto behind = static_cast<std::uint64_t>((now - tick) / period_);
    skipped_ += behind;
    due_ = missed_ == missed_ticks::delay
               ? after(now, period_)
               : after(tick + period_ * static_cast<std::int64_t>(behind), period_);
}

} // namespace tandem
