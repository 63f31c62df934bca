#include <tandem/coro/scheduler.hpp>

#include <tandem/coro/promise.hpp>

namespace tandem::detail {

void scheduler::make_ready(promise_base& task) noexcept {
    task.next_ready_ = nullptr;
    if (last_ready_)
        last_ready_->next_ready_ = &task;
    else
        first_ready_ = &task;
    last_ready_ = &task;
}

std::size_t scheduler::run_turn() {
    promise_base* next = std::exchange(first_ready_, nullptr);
    last_ready_ = nullptr;
    if (shuffle_) shuffle_turn(next);
    std::size_t steps = 0;
    while (next) {
        promise_base& task = *next;
        next = task.next_ready_; // before the step, which may destroy the coroutine
        run_step(task);
        ++steps;
    }
    return steps;
}

void scheduler::run_step(promise_base& task) {
    ++steps_;
    awaits_left_ = awaits_a_step;
    next_ = &task;
    while (next_)
        std::exchange(next_, nullptr)->handle_.resume();
}

void scheduler::shuffle_turn(promise_base*& first) {
    turn_.clear();
    for (promise_base* at = first; at; at = at->next_ready_)
        turn_.push_back(at);
    // splitmix64, and Fisher–Yates from the end: the same order for the same seed on every machine.
    for (std::size_t left = turn_.size(); left > 1; --left) {
        std::uint64_t draw = (*shuffle_ += 0x9e3779b97f4a7c15u);
        draw = (draw ^ (draw >> 30)) * 0xbf58476d1ce4e5b9u;
        draw = (draw ^ (draw >> 27)) * 0x94d049bb133111ebu;
        draw ^= draw >> 31;
        std::swap(turn_[left - 1], turn_[draw % left]);
    }
    first = nullptr;
    for (std::size_t at = turn_.size(); at-- > 0;) {
        turn_[at]->next_ready_ = first;
        first = turn_[at];
    }
}

} // namespace tandem::detail
