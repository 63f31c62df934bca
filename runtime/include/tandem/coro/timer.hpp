// Moments to be called back at, and the heap that keeps the earliest on top.
#pragma once
#include <cstddef>
#include <vector>

#include <tandem/base/clock.hpp>

namespace tandem {
class histogram;
}

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
    /// Called for one that was armed for a length of time when it gets its moment.
    virtual void settled(time_point) noexcept {}

  private:
    friend class timer_queue;
    static constexpr std::size_t not_armed = static_cast<std::size_t>(-1);
    std::size_t place_ = not_armed;
};

/// A 4-ary heap: arming a timer that is later than most, and disarming it again, touches its last level only.
///
/// Most time limits are lifted within the step that set them: what they guard was there already. So one that
/// is armed for a length of time only stands in a list until somebody reads the clock, which costs more than
/// all the rest of it; then it gets its moment, never too early, and goes into the heap.
class TANDEM_API timer_queue {
  public:
    /// `what` must not be armed, and must be disarmed before it is destroyed.
    void arm(timer& what, time_point when);
    /// The same for `length` from the next `settle` on; that has to come before `next` and `expire`.
    void arm_for(timer& what, duration length) {
        if (unsettled_count_ == unsettled_.size()) grow_list();
        unsettled_[unsettled_count_] = unsettled{length, armed_++, &what};
        what.place_ = in_list | unsettled_count_++;
    }
    bool is_settled() const noexcept { return unsettled_count_ == 0; }
    /// Gives the timers that were armed for a length of time their moments, counted from `now`.
    void settle(time_point now) noexcept;
    void disarm(timer& what) noexcept {
        if (!what.is_armed()) return;
        if (what.place_ == (in_list | (unsettled_count_ - 1))) { // mostly it is the last that was armed
            --unsettled_count_;
            what.place_ = timer::not_armed;
        } else {
            remove(what);
        }
    }
    bool empty() const noexcept { return heap_.empty() && is_settled(); }
    std::size_t size() const noexcept { return heap_.size() + unsettled_count_; }
    /// The earliest moment; only where the queue is not empty.
    time_point next() const noexcept { return heap_.front().when; }
    /// Calls back every timer due at `now`, the earliest first; timers armed meanwhile wait for the next
    /// call.
    void expire(time_point now) noexcept;
    /// Has it recorded by how many nanoseconds each timer is late; null for nobody.
    void record_lateness(histogram* in) noexcept { lateness_ = in; }

  private:
    struct unsettled {
        duration length;
        unsigned long long order;
        timer* what;
    };
    /// Set in the place of a timer that is in the list.
    static constexpr std::size_t in_list = ~(timer::not_armed >> 1);
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
    /// Makes room for more in the heap, and for all that the list can hold, so that settling cannot fail.
    void grow_heap();
    void grow_list();
    void remove(timer& what) noexcept;
    void remove_unsettled(std::size_t place) noexcept;
    void insert(const entry& item) noexcept;
    void sift_up(std::size_t at, entry item) noexcept;
    void sift_down(std::size_t at, entry item) noexcept;

    std::vector<entry> heap_;
    /// As long as there is room for; the first `unsettled_count_` are armed.
    std::vector<unsettled> unsettled_;
    std::size_t unsettled_count_ = 0;
    unsigned long long armed_ = 0;
    histogram* lateness_ = nullptr;
};

} // namespace tandem::detail
