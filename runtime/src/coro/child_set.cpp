#include <tandem/coro/child_set.hpp>

#include <tandem/base/log.hpp>
#include <tandem/coro/for_each.hpp>
#include <tandem/coro/gather.hpp>
#include <tandem/coro/race.hpp>
#include <tandem/coro/shield.hpp>
#include <tandem/coro/task_group.hpp>

namespace tandem {

namespace detail {

bool is_cancellation(const std::exception_ptr& error) noexcept {
    return error && *error.__cxa_exception_type() == typeid(cancelled);
}

void child_set::fail(std::exception_ptr error) {
    if (first_error_) {
        log(log_level::warning, "a task failed after a sibling's failure: " + describe(error));
        later_errors_.push_back(std::move(error));
        return;
    }
    first_error_ = std::move(error);
    scope_.cancel(cancel_reason::sibling_failed);
}

void child_set::absorb(std::exception_ptr outcome) {
    if (!is_cancellation(outcome)) return fail(std::move(outcome));
    try {
        std::rethrow_exception(outcome);
    } catch (const cancelled& stop) {
        if (!scope_.owns(stop)) outer_cancellation_ = std::move(outcome);
    }
}

void child_set::rethrow() {
    if (first_error_) std::rethrow_exception(first_error_);
    if (outer_cancellation_) std::rethrow_exception(outer_cancellation_);
}

void child_set::child_done(promise_base& child) noexcept {
    child.unlink();
    --running_;
    ended(child);
    if (joining_ && running_ <= joining_->count_) std::exchange(joining_, nullptr)->commit();
    if (running_ == 0) all_ended();
}

void kept_children::ended(promise_base& child) noexcept {
    if (!child.error()) return;
    if (!keeps_going_ || is_cancellation(child.error())) absorb(child.error());
}

void racing_children::ended(promise_base& child) noexcept {
    const std::exception_ptr& error = child.error();
    const bool was_cancelled = is_cancellation(error);
    if (winner_) {
        if (error && !was_cancelled) log(log_level::warning, "a loser of a race failed: " + describe(error));
    } else if (was_cancelled) {
        absorb(error);
    } else {
        winner_ = child.index();
        scope().cancel();
    }
}

void item_children::fail_item(std::size_t index, std::exception_ptr error) {
    if (kept_ && !is_cancellation(error))
        kept_->emplace_back(index, std::move(error));
    else
        absorb(std::move(error));
}

void item_children::ended(promise_base& child) noexcept {
    if (child.error()) fail_item(child.index(), child.error());
    child.handle().destroy();
}

void report_cleanup_error(const std::exception_ptr& error) noexcept {
    log(log_level::warning, "a clean-up failed as well: " + describe(error));
}

} // namespace detail

void task_group::note(std::exception_ptr outcome) {
    if (keeps_going_ && !detail::is_cancellation(outcome))
        kept_.push_back(std::move(outcome));
    else
        absorb(std::move(outcome));
}

void task_group::ended(detail::promise_base& child) noexcept {
    if (child.error()) note(child.error());
    if (detail::waiter* joiner = child.joiner()) {
        child.set_joiner(nullptr);
        joiner->commit();
    }
    if (!child.is_held()) child.handle().destroy();
}

} // namespace tandem
