#include <tandem/coro/cancel_scope.hpp>

#include <tandem/coro/promise.hpp>
#include <tandem/coro/waiter.hpp>

#include <algorithm>
#include <cassert>

namespace tandem {

cancel_scope::cancel_scope(detail::scheduler& scheduler) noexcept
    : scheduler_(&scheduler)
    , id_(scheduler.next_scope_id()) {}

void cancel_scope::float_children_up() noexcept {
    while (first_child_)
        first_child_->float_up();
}

/// Moves below the grandparent, because the parent ends. Below a root that ends it stands alone: nobody
/// cancels it any more, and it has to go before its loop does.
void cancel_scope::float_up() noexcept {
    assert(kind_ == kind::floating && "a scope ends after the scopes below it");
    cancel_scope& ending = *parent_;
    opener_ = nullptr; // it may end before this scope does
    unlink();
    parent_ = next_sibling_ = previous_sibling_ = nullptr;
    if (ending.parent_) link_below(*ending.parent_);
    if (cause_ != &ending) return;
    // The cancellation stays, but has to be told under a name that lives on.
    if (!reason_) reason_ = ending.reason_;
    for (cancel_scope* at = this; at; at = at->next_below(*this, true))
        if (at->cause_ == &ending) at->cause_ = this;
}

bool cancel_scope::contains(const cancel_scope& other) const noexcept {
    const cancel_scope* at = &other;
    while (at && at != this)
        at = at->parent_;
    return at != nullptr;
}

void cancel_scope::cancel(cancel_reason reason) noexcept {
    scheduler_->check_thread();
    if (reason_) return;
    reason_ = reason;
    if (cause_) return; // a scope around this one was cancelled before, and all below it with it
    for (cancel_scope* at = this; at;) {
        at->cause_ = this;
        at->stop_waiters();
        at = at->next_below(*this, true);
        while (at && at->kind_ == kind::shielded)
            at = at->next_below(*this, false);
    }
}

/// The next scope of the tree below `top`, parents first; with `descend` false what stands below this one is
/// left out. A loop instead of recursion: scopes may nest deeply.
cancel_scope* cancel_scope::next_below(const cancel_scope& top, bool descend) noexcept {
    if (descend && first_child_) return first_child_;
    for (cancel_scope* at = this; at != &top; at = at->parent_)
        if (at->next_sibling_) return at->next_sibling_;
    return nullptr;
}

void cancel_scope::stop_waiters() noexcept {
    while (!waiters_.empty())
        waiters_.pop_front().cancel();
}

void cancel_scope::set_deadline(time_point when) {
    set_deadline(when, when <= scheduler_->now());
}

void cancel_scope::set_deadline(time_point when, bool has_passed) {
    scheduler_->timers().disarm(*this);
    deadline_ = when;
    if (has_passed)
        cancel(cancel_reason::deadline);
    else if (when < time_point::max())
        scheduler_->timers().arm(*this, when);
}

std::optional<time_point> cancel_scope::deadline() const noexcept {
    scheduler_->settle_timers();
    std::optional<time_point> earliest;
    for (const cancel_scope* at = this; at; at = at->kind_ == kind::shielded ? nullptr : at->parent_)
        if (at->deadline_ && (!earliest || *at->deadline_ < *earliest)) earliest = at->deadline_;
    return earliest;
}

const void* cancel_scope::find_local(const void* key) const noexcept {
    for (const cancel_scope* at = this; at; at = at->parent_)
        if (at->local_key_ == key) return at->local_value_;
    return nullptr;
}

namespace detail {

void waiter::begin_waiting() noexcept {
    state_ = state::waiting;
    task_->note_wait();
    task_->scope().waiters_.push_back(*this);
}

void waiter::cancel() noexcept {
    if (!withdraw()) return;
    state_ = state::cancelled;
    task_->scheduler().make_ready(*task_);
}

} // namespace detail

} // namespace tandem
