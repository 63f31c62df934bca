#include <tandem/coro/scheduler.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <utility>

#include <tandem/coro/promise.hpp>

namespace tandem::detail {

void scheduler::bind_to_this_thread() noexcept {
    thread_ = pthread_self();
}

bool scheduler::is_on_this_thread() const noexcept {
    return thread_ == pthread_self();
}

void scheduler::check_thread() const noexcept {
#ifndef NDEBUG
    if (thread_ == 0 || thread_ == pthread_self()) return;
    std::fputs("tandem: a task, scope or primitive of a loop was used from another thread than the loop's. "
               "Use loop.post(), or post() of a loop.handle(), to do it there.\n",
               stderr);
    std::abort();
#endif
}

void scheduler::make_ready(promise_base& task) noexcept {
    check_thread();
    task.next_ready_ = nullptr;
    if (last_ready_)
        last_ready_->next_ready_ = &task;
    else
        first_ready_ = &task;
    last_ready_ = &task;
}

namespace {
std::atomic<never_awaited_hook> on_never_awaited = nullptr;
} // namespace

void set_never_awaited_hook(never_awaited_hook hook) noexcept {
    on_never_awaited = hook;
}

void note_never_awaited(const promise_base& dropped) noexcept {
    if (const never_awaited_hook hook = on_never_awaited.load(std::memory_order_relaxed)) hook(dropped);
}

std::size_t scheduler::run_turn() {
    turn_ = std::exchange(first_ready_, nullptr);
    last_ready_ = nullptr;
    if (shuffle_) shuffle_turn();
    std::size_t steps = 0;
    while (turn_) {
        promise_base& task = *turn_;
        turn_ = task.next_ready_; // before the step, which may destroy the coroutine
        run_step(task);
        ++steps;
    }
    return steps;
}

void scheduler::run_watched_step(promise_base& task) {
    // Taken off, so that the steps that this one runs inside are a part of it.
    step_watch* const watch = std::exchange(watch_, nullptr);
    watch->step_begins(task);
    run_step(task);
    watch->step_ends();
    watch_ = watch;
}

void scheduler::run_step(promise_base& task) {
    if (watch_) [[unlikely]]
        return run_watched_step(task);
    ++steps_;
    awaits_left_ = awaits_a_step;
    next_ = &task;
    while (next_) {
        current_ = std::exchange(next_, nullptr);
        current_->handle_.resume();
    }
    current_ = nullptr;
    settle_timers();
}

std::size_t scheduler::ready_length() const noexcept {
    std::size_t length = 0;
    for (const promise_base* list : {first_ready_, turn_})
        for (; list; list = list->next_ready_)
            ++length;
    return length;
}

promise_base* scheduler::take_inside(const cancel_scope& scope, promise_base*& first,
                                     promise_base** last) noexcept {
    promise_base* before = nullptr;
    for (promise_base* at = first; at; before = std::exchange(at, at->next_ready_)) {
        if (!scope.contains(at->scope())) continue;
        (before ? before->next_ready_ : first) = at->next_ready_;
        if (last && *last == at) *last = before;
        return at;
    }
    return nullptr;
}

void scheduler::run_inside(const cancel_scope& scope) {
    promise_base* const outer = current_;
    promise_base* const outer_next = next_;
    const int outer_depth = std::exchange(depth_, 0);
    const int outer_awaits = awaits_left_;
    for (;;) {
        promise_base* task = take_inside(scope, turn_, nullptr);
        if (!task) task = take_inside(scope, first_ready_, &last_ready_);
        if (!task) break;
        run_step(*task);
    }
    current_ = outer;
    next_ = outer_next;
    depth_ = outer_depth;
    awaits_left_ = outer_awaits;
}

void scheduler::shuffle_turn() {
    order_.clear();
    for (promise_base* at = turn_; at; at = at->next_ready_)
        order_.push_back(at);
    // splitmix64, and Fisher–Yates from the end: the same order for the same seed on every machine.
    for (std::size_t left = order_.size(); left > 1; --left) {
        std::uint64_t draw = (*shuffle_ += 0x9e3779b97f4a7c15u);
        draw = (draw ^ (draw >> 30)) * 0xbf58476d1ce4e5b9u;
        draw = (draw ^ (draw >> 27)) * 0x94d049bb133111ebu;
        draw ^= draw >> 31;
        std::swap(order_[left - 1], order_[draw % left]);
    }
    turn_ = nullptr;
    for (std::size_t at = order_.size(); at-- > 0;) {
        order_[at]->next_ready_ = turn_;
        turn_ = order_[at];
    }
}

} // namespace tandem::detail
