// The one thing under every operation that waits.
#pragma once
#include <coroutine>
#include <cstdint>

#include <tandem/coro/promise.hpp>

namespace tandem::detail {

struct waiter_tag;

/// A coroutine's stay in the queue of a primitive, and in the list of its cancel scope. It lives in the
/// awaiting coroutine's frame, so waiting allocates nothing. Its state changes once:
///
///     waiting ──> committed   the primitive gave the operation its outcome; cancelling comes too late, and
///        │                    the outcome is delivered
///        └──────> cancelled   the scope was cancelled first; the primitive has forgotten the waiter
class TANDEM_API waiter : public list_hook<waiter_tag> {
  public:
    enum class state : std::uint8_t { idle, waiting, committed, cancelled };

    state current_state() const noexcept { return state_; }

    /// Ends the wait with an outcome and makes the coroutine ready. Only while waiting.
    void commit() noexcept {
        unlink();
        state_ = state::committed;
        task_->scheduler().make_ready(*task_);
    }

  protected:
    waiter() noexcept = default;
    /// An operation moves only before it is awaited, when it is in no list yet.
    waiter(waiter&&) noexcept {}
    ~waiter() = default;

    /// Asks the primitive to forget the waiter, on cancellation. Returns false where the operation has to end
    /// by itself (I/O that was told to stop): then `commit` follows, and `await_resume` looks at how it
    /// ended.
    virtual bool withdraw() noexcept = 0;

    /// True unless the scope is cancelled: the checkpoint at the start of each operation.
    bool checkpoint(promise_base& task) noexcept {
        task_ = &task;
        if (!task.scope().is_cancelled()) return true;
        state_ = state::cancelled;
        return false;
    }
    /// Delivers an outcome that was there already. Returns true if the coroutine still has to suspend because
    /// its step has had its share.
    bool commit_at_once() noexcept {
        state_ = state::committed;
        if (task_->scheduler().may_continue()) return false;
        task_->scheduler().make_ready(*task_);
        return true;
    }
    /// Joins the scope's list; cancellation can come from here on.
    void begin_waiting() noexcept;
    /// As begin_waiting, but no cancellation reaches it: for waiting until what was cancelled has ended.
    void begin_waiting_shielded(promise_base& task) noexcept {
        task_ = &task;
        state_ = state::waiting;
        task.note_wait();
    }

    void throw_if_cancelled() const {
        if (state_ == state::cancelled) task_->scope().throw_cancelled();
    }
    promise_base& waiting_task() const noexcept { return *task_; }

  private:
    friend class tandem::cancel_scope;
    friend class task_tree_reader;
    /// Called by the scope, which has unlinked the waiter already.
    void cancel() noexcept;

    promise_base* task_ = nullptr;
    state state_ = state::idle;
};

/// The awaiter of an operation. `Operation` derives from it and has `void enqueue()` (join the primitive's
/// queue), `withdraw()`, its own `await_resume()`, which calls `throw_if_cancelled()` first, and, where an
/// outcome can be there already, `bool try_now()`. `Base` is what else in its queue the operation has in
/// common with others.
template <class Operation, class Base = waiter> class [[nodiscard]] waiting_operation : public Base {
  public:
    using Base::Base;
    bool await_ready() const noexcept { return false; }
    template <class Promise> bool await_suspend(std::coroutine_handle<Promise> self) {
        if (!this->checkpoint(self.promise())) return false;
        Operation& operation = static_cast<Operation&>(*this);
        if (operation.try_now()) return this->commit_at_once();
        this->begin_waiting();
        operation.enqueue();
        return true;
    }

  protected:
    bool try_now() const noexcept { return false; }
};

} // namespace tandem::detail
