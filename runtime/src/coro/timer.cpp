#include <tandem/coro/timer.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

#include <tandem/base/histogram.hpp>

namespace tandem::detail {
namespace {
constexpr std::size_t ways = 4;
} // namespace

void timer_queue::arm(timer& what, time_point when) {
    if (heap_.capacity() - heap_.size() <= unsettled_.size()) grow_heap();
    insert(entry{when, armed_++, &what});
}

void timer_queue::settle(time_point now) noexcept {
    for (std::size_t place = 0; place < unsettled_count_; ++place) {
        const unsettled& one = unsettled_[place];
        one.what->place_ = timer::not_armed;
        const bool has_end = one.length < time_point::max() - now;
        const time_point when = has_end ? now + one.length : time_point::max();
        if (has_end) insert(entry{when, one.order, one.what});
        one.what->settled(when);
    }
    unsettled_count_ = 0;
}

void timer_queue::grow_heap() {
    heap_.reserve(2 * heap_.size() + unsettled_.size() + 1);
}

void timer_queue::grow_list() {
    const std::size_t room = std::max<std::size_t>(2 * unsettled_.size(), 8);
    heap_.reserve(2 * heap_.size() + room);
    unsettled_.resize(room);
}

void timer_queue::insert(const entry& item) noexcept {
    heap_.emplace_back();
    sift_up(heap_.size() - 1, item);
}

void timer_queue::remove_unsettled(std::size_t place) noexcept {
    const unsettled last = unsettled_[--unsettled_count_];
    if (place == unsettled_count_) return;
    unsettled_[place] = last;
    last.what->place_ = in_list | place;
}

void timer_queue::remove(timer& what) noexcept {
    const std::size_t hole = std::exchange(what.place_, timer::not_armed);
    if (hole & in_list) return remove_unsettled(hole & ~in_list);
    const entry last = heap_.back();
    heap_.pop_back();
    if (hole == heap_.size()) return;
    if (hole > 0 && last.before(heap_[(hole - 1) / ways]))
        sift_up(hole, last);
    else
        sift_down(hole, last);
}

void timer_queue::expire(time_point now) noexcept {
    const unsigned long long armed_before = armed_;
    while (!heap_.empty() && heap_.front().when <= now && heap_.front().order < armed_before) {
        timer& due = *heap_.front().what;
        if (lateness_)
            lateness_->record_alone(static_cast<std::uint64_t>((now - heap_.front().when).count()));
        disarm(due);
        due.expired();
    }
}

void timer_queue::sift_up(std::size_t at, entry item) noexcept {
    while (at > 0) {
        const std::size_t above = (at - 1) / ways;
        if (!item.before(heap_[above])) break;
        place(at, heap_[above]);
        at = above;
    }
    place(at, item);
}

void timer_queue::sift_down(std::size_t at, entry item) noexcept {
    for (;;) {
        const std::size_t first = at * ways + 1;
        if (first >= heap_.size()) break;
        std::size_t least = first;
        const std::size_t end = std::min(first + ways, heap_.size());
        for (std::size_t one = first + 1; one < end; ++one)
            if (heap_[one].before(heap_[least])) least = one;
        if (!heap_[least].before(item)) break;
        place(at, heap_[least]);
        at = least;
    }
    place(at, item);
}

} // namespace tandem::detail
