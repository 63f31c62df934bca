// Moments to be called back at, and the heap that keeps the earliest on top.
#pragma once
#include <cstddef>
#include <vector>

#include <tandem/base/clock.hpp>

namespace tandem::detail {

/// Something to do at a moment; lives in the object that wants it, so that arming allocates nothing.
class TANDEM_API timer {
  public:
    timer() noexcept = default;
    /// Only a timer that is not armed moves.
    timer(timer&&) noexcept {}
    timer& operator=(timer&&) = delete;
    bool is_armed() const noexcept { return place_ != not_armed; }

  protected:
    ~timer() = default;
    /// Called by the loop once `when` has come; the timer is no longer armed then.
    virtual void expired() noexcept = 0;

  private:
    friend class timer_queue;
    static constexpr std::size_t not_armed = static_cast<std::size_t>(-1);
    std::size_t place_ = not_armed;
};

/// A 4-ary heap: arming a timer that is later than most, and disarming it again, touches its last level only.
class TANDEM_API timer_queue {
  public:
    /// `what` must not be armed, and must be disarmed before it is destroyed.
    void arm(timer& what, time_point when);
    void disarm(timer& what) noexcept;
    bool empty() const noexcept { return heap_.empty(); }
    std::size_t size() const noexcept { return heap_.size(); }
    /// The earliest moment; only where the queue is not empty.
    time_point next() const noexcept { return heap_.front().when; }
    /// Calls back every timer due at `now`, the earliest first; timers armed meanwhile wait for the next
    /// call.
    void expire(time_point now) noexcept;

  private:
    struct entry {
        time_point when;
        /// Breaks ties: timers for one moment expire in the order in which they were armed.
        unsigned long long order;
        timer* what;
        bool before(const entry& other) const noexcept {
            return when != other.when ? when < other.when : order < other.order;
        }
    };
    void place(std::size_t at, const entry& item) noexcept {
        heap_[at] = item;
        item.what->place_ = at;
    }
    void sift_up(std::size_t at, entry item) noexcept;
    void sift_down(std::size_t at, entry item) noexcept;

    std::vector<entry> heap_;
    unsigned long long armed_ = 0;
};

} // namespace tandem::detail
