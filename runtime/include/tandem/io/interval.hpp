// Something that is due again and again, at a steady pace.
#pragma once
#include <cstdint>

#include <tandem/coro/task.hpp>

namespace tandem {

/// What an interval does about ticks that were due while nobody waited for one.
enum class missed_ticks : std::uint8_t {
    skip,  ///< gives one late tick for all of them, and goes on in the old rhythm
    burst, ///< gives each of them, one at once after the other, until it has caught up
    delay, ///< gives one late tick, and counts the next period from there: a new rhythm
};

/// Ticks a period apart:
///
///     interval every(1s);
///     for (;;) { co_await every.next(); look_again(); }
///
/// The first tick comes one period after the interval was made, not at once; `starting` sets another moment.
/// Ticks stay where they belong: each is due a whole number of periods after the first, however long the work
/// between them takes, so that nothing drifts (but for `missed_ticks::delay`). Copyable; for one loop, by
/// whose clock it goes; one task at a time waits for the next tick.
class TANDEM_API interval {
  public:
    /// Made in a coroutine. Throws usage_error for a period of zero or less, or where no loop runs.
    explicit interval(duration period, missed_ticks missed = missed_ticks::skip);

    /// The first tick is due at `first`: `interval(1s).starting(now)` ticks at once.
    interval& starting(time_point first) noexcept {
        due_ = first;
        return *this;
    }

    /// Waits for the next tick and returns the moment at which it was due. Lets the other ready tasks run
    /// once where that has passed. Cancellation ends the wait, and the tick stays due.
    task<time_point> next();

    duration period() const noexcept { return period_; }
    /// When the next tick is due.
    time_point due() const noexcept { return due_; }
    /// How many ticks have been left out so far.
    std::uint64_t skipped() const noexcept { return skipped_; }

  private:
    /// The tick after one that was due at `due_` and is given `now`.
    void advance(time_point now) noexcept;

    duration period_;
    time_point due_;
    std::uint64_t skipped_ = 0;
    missed_ticks missed_;
};

} // namespace tandem
