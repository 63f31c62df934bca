// Waiting, between processes, for something to change.
#pragma once
#include <atomic>
#include <cstdint>

#include <tandem/base/clock.hpp>

namespace tandem::detail {

/// In shared memory: who waits for a change takes `now()`, looks, and sleeps while it has not moved on. No
/// change that comes in between is missed. Those who sleep are woken all at once: one that is woken alone
/// might die before it has done what the others wait for.
class shared_event {
  public:
    std::uint32_t now() const noexcept { return count_.load(); }
    /// Somebody is going to sleep. Under the lock that those who change things hold.
    void expect_sleeper() noexcept { sleepers_.store(1); }

    /// Wakes those who sleep, if there are any. Under the lock, and before the change: whoever dies in here
    /// has changed nothing yet, and those who woke up find the lock taken until there is something to see.
    void notify() noexcept {
        if (sleepers_.load() == 0) return;
        stir();
        sleepers_.store(0);
    }
    /// Wakes all who sleep, without a lock: something else has changed that one of them looks at.
    void stir() noexcept;

    /// Returns at `limit`, when woken, at once where the event is not `seen` any more, or for no reason.
    void sleep(std::uint32_t seen, time_point limit) noexcept;

  private:
    /// A futex.
    std::atomic<std::uint32_t> count_{0};
    std::atomic<std::uint32_t> sleepers_{0};
};

} // namespace tandem::detail
