// What with_group, gather, race and for_each have in common: children that run beside each other in one
// scope.
#pragma once
#include <cstddef>
#include <exception>
#include <vector>

#include <tandem/base/awaited_closure.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/coro/waiter.hpp>

namespace tandem {

/// Asks the combinators for every task to run to its end whatever happens to the others.
struct keep_going_t {};
inline constexpr keep_going_t keep_going{};

namespace detail {

/// The running children of one task. Whoever makes one has to `co_await` its `join()` before it goes away,
/// also when its own body failed: nothing outlives its scope.
///
/// A child that fails cancels the others (unless errors are kept), and the first error is the one that
/// `rethrow` throws. A child that was cancelled by this set's own scope has ended as it was told to.
class TANDEM_API child_set : private child_owner {
  public:
    explicit child_set(promise_base& parent, cancel_scope::kind kind = cancel_scope::kind::plain) noexcept
        : scope_(parent, kind) {}
    child_set(const child_set&) = delete;
    child_set& operator=(const child_set&) = delete;

    cancel_scope& scope() noexcept { return scope_; }
    std::size_t running() const noexcept { return running_; }
    /// The next child's number, also for one that fails before it starts.
    std::size_t take_index() noexcept { return next_index_++; }

    /// Starts a child whose frame its caller keeps until after the join.
    void start(promise_base& child) noexcept { start(child, take_index()); }
    void start(promise_base& child, std::size_t index) noexcept {
        ++running_;
        children_.push_back(child);
        child.start_beside(*this, scope_, index);
    }

    /// Notes the error of a child or of the body. Not for `cancelled`, which `absorb` takes.
    void fail(std::exception_ptr error);
    /// Notes whatever ended a child or the body: an error, or a cancellation from inside or outside.
    void absorb(std::exception_ptr outcome);

    /// Waits until at most `count` children run. No cancellation reaches this wait: the children, which it
    /// does reach, end it.
    class [[nodiscard]] wait_for_fewer final : public waiter {
      public:
        wait_for_fewer(child_set& set, std::size_t count) noexcept
            : set_(set)
            , count_(count) {}
        bool await_ready() const noexcept { return false; }
        template <class Promise> bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
            begin_waiting_shielded(self.promise());
            if (set_.running_ <= count_) return commit_at_once();
            set_.joining_ = this;
            return true;
        }
        void await_resume() const noexcept {}

      private:
        friend child_set;
        bool withdraw() noexcept override { return false; }
        child_set& set_;
        std::size_t count_;
    };
    wait_for_fewer until_running(std::size_t count) noexcept { return {*this, count}; }
    wait_for_fewer join() noexcept { return until_running(0); }

    /// Throws the first error, else the cancellation that came from outside, else nothing. After the join.
    void rethrow();

    /// The errors after the first, in the order they came.
    const std::vector<std::exception_ptr>& later_errors() const noexcept { return later_errors_; }

  protected:
    ~child_set() = default;
    /// What to do about a child that has ended.
    virtual void ended(promise_base& child) noexcept = 0;
    /// None runs any more. The last thing that the set does about a child: it may destroy the set.
    virtual void all_ended() noexcept {}

  private:
    void child_done(promise_base& child) noexcept final;

    cancel_scope scope_;
    std::size_t running_ = 0;
    std::size_t next_index_ = 0;
    intrusive_list<promise_base, child_tag> children_;
    wait_for_fewer* joining_ = nullptr;
    std::exception_ptr first_error_;
    std::exception_ptr outer_cancellation_;
    std::vector<std::exception_ptr> later_errors_;
};

} // namespace detail

} // namespace tandem
