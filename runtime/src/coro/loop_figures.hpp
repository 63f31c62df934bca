// What a loop counts, for metrics.
#pragma once
#include <cstdint>

#include <tandem/base/clock.hpp>
#include <tandem/base/metrics.hpp>
#include <tandem/coro/scheduler.hpp>

namespace tandem::detail {

/// Written by the loop's thread, a few stores for each look at I/O and nothing for each step; read by any.
class loop_figures {
  public:
    /// In the registry from here on. The scheduler must live as long.
    explicit loop_figures(scheduler& of);

    /// Publishes the counts, with `ready` tasks in the queue.
    void publish(std::size_t ready) noexcept;

    /// A turn, during which nobody looks at I/O, begins.
    void begin_turn(time_point now) noexcept {
        turn_began_ = now.time_since_epoch().count();
        ++looks_;
    }
    /// It ends, where one had begun.
    void end_turn(time_point now) noexcept {
        if (turn_began_) turns_.record_alone(length_until(now));
        turn_began_ = 0;
    }

    histogram& lateness() noexcept { return lateness_; }

  private:
    std::uint64_t length_until(time_point now) const noexcept {
        const std::int64_t length = now.time_since_epoch().count() - turn_began_;
        return length > 0 ? static_cast<std::uint64_t>(length) : 0;
    }
    void write(metric_list& into) const;

    scheduler& of_;
    published<std::uint64_t> steps_;
    published<std::uint64_t> looks_;
    published<std::uint64_t> ready_;
    published<std::uint64_t> tasks_;
    published<std::uint64_t> timers_;
    published<std::uint64_t> operations_;
    /// Nanoseconds of the clock; 0 while the loop waits.
    published<std::int64_t> turn_began_;
    histogram turns_;
    histogram lateness_;
    metric_number number_{"loop"};
    /// Last: its end waits for those who read the rest.
    metric_registration entry_;
};

} // namespace tandem::detail
