#pragma once
#include <utility>

namespace test {

/// Counts the objects of itself that are alive: what a leak or a double destruction would give away.
class live_count {
  public:
    live_count() noexcept { ++alive_; }
    live_count(const live_count&) noexcept { ++alive_; }
    live_count& operator=(const live_count&) noexcept = default;
    ~live_count() { --alive_; }

    static int alive() noexcept { return alive_; }

  private:
    static inline int alive_ = 0;
};

} // namespace test
