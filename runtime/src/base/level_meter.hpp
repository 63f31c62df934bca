// For how long how many of something were there.
#pragma once
#include <atomic>
#include <cstdint>

#include <tandem/base/clock.hpp>

namespace tandem::detail {

/// The integral of a count over time: two workers for three seconds are six seconds. One thread sets the
/// count, any thread reads.
class level_meter {
  public:
    std::uint64_t level() const noexcept { return level_.load(std::memory_order_acquire); }

    void set(std::uint64_t level, time_point now) noexcept {
        const duration::rep total = sum_at(now);
        // An odd number while the three do not belong together.
        changes_.store(changes_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        level_.store(level, std::memory_order_release);
        sum_.store(total, std::memory_order_release);
        since_.store(now.time_since_epoch().count(), std::memory_order_release);
        changes_.store(changes_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

    duration total(time_point now) const noexcept {
        for (;;) {
            const std::uint64_t before = changes_.load(std::memory_order_acquire);
            const duration::rep total = sum_at(now);
            if (before % 2 == 0 && changes_.load(std::memory_order_relaxed) == before) return duration(total);
        }
    }

  private:
    duration::rep sum_at(time_point now) const noexcept {
        const duration::rep since = since_.load(std::memory_order_acquire);
        const auto level = static_cast<duration::rep>(level_.load(std::memory_order_acquire));
        return sum_.load(std::memory_order_acquire) + level * (now.time_since_epoch().count() - since);
    }

    std::atomic<std::uint64_t> changes_ = 0;
    std::atomic<std::uint64_t> level_ = 0;
    /// Until `since_`.
    std::atomic<duration::rep> sum_ = 0;
    std::atomic<duration::rep> since_ = 0;
};

} // namespace tandem::detail
