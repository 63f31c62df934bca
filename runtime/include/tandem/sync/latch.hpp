// A count that tasks wait for to reach zero.
#pragma once
#include <cstddef>

#include <tandem/sync/event.hpp>

namespace tandem {

struct latch_statistics {
    std::size_t count;         ///< how many have yet to count down
    std::size_t tasks_waiting; ///< tasks in `wait`
};

/// Opens, once and for good, when it has been counted down to zero; wakes all that wait, in the order in
/// which they came. Belongs to its loop's thread.
class TANDEM_API latch {
  public:
    /// With a `count` of 0 it is open from the start.
    explicit latch(std::size_t count) noexcept;

    /// Takes `by` off the count, without waiting. Throws usage_error where fewer are left.
    void count_down(std::size_t by = 1);
    bool is_open() const noexcept { return count_ == 0; }
    /// `co_await latch.wait()`: returns at once if it is open. Cancellation ends the wait.
    event::wait_operation wait() noexcept { return opened_.wait(); }
    /// Counts down, at the call, then waits. A cancelled wait has counted all the same.
    event::wait_operation arrive_and_wait(std::size_t by = 1) {
        count_down(by);
        return wait();
    }

    latch_statistics statistics() const noexcept { return {count_, opened_.statistics().tasks_waiting}; }

  private:
    std::size_t count_;
    event opened_;
};

} // namespace tandem
