// Waiting, under a mutex, until something has changed.
#pragma once
#include <cstddef>

#include <tandem/base/awaited_closure.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/sync/mutex.hpp>

namespace tandem {

struct condition_statistics {
    std::size_t tasks_waiting; ///< tasks that no notify has reached yet
};

/// Where tasks that hold a mutex wait until another task has changed what it guards.
///
/// Fair: a notify reaches those that have waited longest, and they queue for the mutex behind those that wait
/// for it already. A notify is never lost on a task that is being cancelled: whom it reached returns from its
/// wait. Belongs to its loop's thread.
class TANDEM_API condition {
  public:
    class [[nodiscard]] wait_operation;

    condition() noexcept = default;

    /// Unlocks the mutex of `lock`, waits for a notify, and locks it again. Throws usage_error where `lock`
    /// is empty.
    ///
    /// Cancellation ends the wait. Also then the mutex is locked again before `cancelled` is thrown, as in
    /// Trio, so that `lock` says the truth to whoever unwinds; no cancellation reaches that part.
    wait_operation wait(mutex::scoped_lock& lock);

    /// Waits until `predicate()`, which is called with the mutex locked, is true; at once where it is.
    template <class Predicate> task<> wait(mutex::scoped_lock& lock, Predicate&& predicate) {
        TANDEM_CHECK_AWAITED_CLOSURE(Predicate);
        return wait_until<std::decay_t<Predicate>>(lock, std::forward<Predicate>(predicate));
    }

    /// Ends the wait of the task that has waited longest, if any. The caller need not hold the mutex.
    void notify_one() noexcept;
    /// Ends the wait of all that wait now.
    void notify_all() noexcept;

    condition_statistics statistics() const noexcept { return {waiters_.size()}; }

  private:
    template <class Predicate> task<> wait_until(mutex::scoped_lock& lock, Predicate predicate);

    detail::wait_queue<wait_operation, condition> waiters_;
};

class TANDEM_API condition::wait_operation final
    : public detail::waiting_operation<wait_operation, mutex::contender>,
      public detail::list_hook<condition> {
  public:
    wait_operation(condition& awaited, mutex& held) noexcept
        : awaited_(awaited)
        , mutex_(held) {}
    wait_operation(wait_operation&& other) noexcept
        : waiting_operation(std::move(other))
        , awaited_(other.awaited_)
        , mutex_(other.mutex_) {}
    void await_resume() const;

  private:
    friend waiting_operation;
    friend condition;
    void enqueue() noexcept;
    bool withdraw() noexcept override;
    void notified() noexcept;
    void lock_again() noexcept;

    condition& awaited_;
    mutex& mutex_;
    /// Cancelled while it waited for a notify: to be thrown once the mutex is locked.
    bool was_cancelled_ = false;
};

template <class Predicate> task<> condition::wait_until(mutex::scoped_lock& lock, Predicate predicate) {
    while (!predicate())
        co_await wait(lock);
}

} // namespace tandem
