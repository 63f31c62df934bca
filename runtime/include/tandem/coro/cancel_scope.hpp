// Cancellation: a tree of scopes, each of which can be told to stop everything that runs below it.
#pragma once
#include <cstdint>
#include <optional>
#include <source_location>

#include <tandem/base/clock.hpp>
#include <tandem/base/intrusive_list.hpp>
#include <tandem/coro/scheduler.hpp>
#include <tandem/coro/timer.hpp>

namespace tandem {

namespace detail {
class promise_base;
class task_tree_reader;
class waiter;
struct waiter_tag;
} // namespace detail

enum class cancel_reason : std::uint8_t {
    requested,      ///< somebody called cancel()
    deadline,       ///< the scope's deadline passed
    sibling_failed, ///< another task of the same group failed
    interrupted,    ///< SIGINT or SIGTERM
    deadlock,       ///< nothing could wake any task of the loop any more
};

/// Thrown from an await whose scope has been cancelled. It does not derive from std::exception, so that a
/// `catch (std::exception&)` meant for real errors cannot swallow it; let it pass. Only the scope it belongs
/// to absorbs it.
class TANDEM_API cancelled {
  public:
    cancelled(std::uint64_t scope, cancel_reason reason) noexcept
        : scope_(scope)
        , reason_(reason) {}
    std::uint64_t scope() const noexcept { return scope_; }
    cancel_reason reason() const noexcept { return reason_; }

  private:
    std::uint64_t scope_;
    cancel_reason reason_;
};

/// A region of work that can be cancelled as one. Scopes form a tree along the tasks that opened them:
/// cancelling one cancels all below it, but for what stands behind a shield. Cancellation is level-triggered,
/// as in Trio: once cancelled, every await in the scope throws `cancelled`, not only the one that was
/// waiting.
///
/// The combinators (`timeout`, `with_group`, `gather`, …) open scopes; applications seldom make one
/// themselves. Belongs to one loop and to its thread.
class TANDEM_API cancel_scope final : private detail::timer {
  public:
    enum class kind : std::uint8_t {
        plain,
        shielded, ///< no cancellation or deadline from around it reaches it
        floating, ///< may outlive the scope that it was opened in, and belongs to the next one around then
    };

    /// Opens a scope below that of `task`.
    explicit cancel_scope(detail::promise_base& task, kind which = kind::plain) noexcept; // in promise.hpp
    /// Opens the root of a loop's tree.
    explicit cancel_scope(detail::scheduler& scheduler) noexcept;
    ~cancel_scope() {
        if (first_child_) [[unlikely]]
            float_children_up();
        scheduler_->timers().disarm(*this);
        if (parent_) unlink();
    }

    /// Wakes everything that waits in this scope and below; each await there throws `cancelled` from now on.
    /// The second call does nothing.
    void cancel(cancel_reason reason = cancel_reason::requested) noexcept;

    /// Cancels the scope at `when` with the reason `deadline`; at once if that has passed.
    void set_deadline(time_point when);
    /// The same for `limit` from now; at once if it is zero or less. The clock is read when the step that
    /// sets the limit ends, or asks for the time, with the limit still in force: then the limit counts from
    /// there.
    void set_time_limit(duration limit) {
        scheduler_->timers().disarm(*this);
        deadline_.reset();
        if (limit <= duration::zero())
            set_deadline(scheduler_->now(), true);
        else if (limit < duration::max())
            scheduler_->timers().arm_for(*this, limit);
    }

    /// The earliest deadline that holds here: its own or, up to the nearest shield, an inherited one.
    std::optional<time_point> deadline() const noexcept;

    /// True once awaits in this scope throw, whether this scope was cancelled or one around it.
    bool is_cancelled() const noexcept { return cause_ != nullptr; }
    /// True for this scope and those below it.
    bool contains(const cancel_scope& other) const noexcept;
    /// True where `what` was thrown on behalf of this very scope, whose owner then absorbs it.
    bool owns(const cancelled& what) const noexcept { return what.scope() == id_; }
    /// Why this very scope was cancelled; empty if it was not.
    std::optional<cancel_reason> reason() const noexcept { return reason_; }

    /// The value that this scope, or the nearest around it that has one, gives to the task_local `key`; null
    /// if none does. The value must outlive the scope.
    const void* find_local(const void* key) const noexcept;
    void set_local(const void* key, const void* value) noexcept {
        local_key_ = key;
        local_value_ = value;
    }

    /// The coroutine that opened it; null for the root, and for a floating one, which may outlive it.
    const detail::promise_base* opener() const noexcept {
        return kind_ == kind::floating ? nullptr : opener_;
    }

    [[noreturn]] void throw_cancelled() const { throw cancelled(cause_->id_, *cause_->reason_); }
    detail::scheduler& scheduler() const noexcept { return *scheduler_; }

  private:
    friend class detail::waiter;
    friend class detail::task_tree_reader;

    void expired() noexcept override { cancel(cancel_reason::deadline); }
    void settled(time_point when) noexcept override { deadline_ = when; }
    void set_deadline(time_point when, bool has_passed);
    void link_below(cancel_scope& parent) noexcept {
        parent_ = &parent;
        next_sibling_ = parent.first_child_;
        if (next_sibling_) next_sibling_->previous_sibling_ = this;
        parent.first_child_ = this;
    }
    void unlink() noexcept {
        if (next_sibling_) next_sibling_->previous_sibling_ = previous_sibling_;
        (previous_sibling_ ? previous_sibling_->next_sibling_ : parent_->first_child_) = next_sibling_;
    }
    void float_children_up() noexcept;
    void float_up() noexcept;
    void stop_waiters() noexcept;
    cancel_scope* next_below(const cancel_scope& top, bool descend) noexcept;

    detail::scheduler* scheduler_;
    /// The coroutine that opened it; null for the root.
    detail::promise_base* opener_ = nullptr;
    /// Where that stood, or had last stood.
    std::source_location opened_at_;
    cancel_scope* parent_ = nullptr;
    cancel_scope* first_child_ = nullptr;
    cancel_scope* next_sibling_ = nullptr;
    cancel_scope* previous_sibling_ = nullptr;
    /// What waits directly in this scope.
    detail::intrusive_list<detail::waiter, detail::waiter_tag> waiters_;
    /// The outermost cancelled scope that this one is subject to: itself or one around it.
    const cancel_scope* cause_ = nullptr;
    /// Unlike an address never used again, so that an error in flight cannot match a later scope.
    std::uint64_t id_;
    std::optional<time_point> deadline_;
    std::optional<cancel_reason> reason_;
    /// A task_local that has a value of its own in this scope.
    const void* local_key_ = nullptr;
    const void* local_value_ = nullptr;
    kind kind_ = kind::plain;
};

} // namespace tandem
