// One task at a time.
#pragma once
#include <cstddef>
#include <utility>

#include <tandem/sync/wait_queue.hpp>

namespace tandem {

struct mutex_statistics {
    bool locked;               ///< somebody holds it, or has been given it and runs next
    std::size_t tasks_waiting; ///< tasks in `lock()`, and in a condition's `wait` on the way back
};

/// Lets one task at a time do something that spans several awaits. (Between two awaits nothing else runs on
/// the loop, and no lock is needed.)
///
/// Fair: who unlocks it hands it to the task that has waited longest, so that nobody overtakes. Not
/// reentrant: a task that locks it twice waits for itself. Whoever holds it may hand the lock object to
/// another task. Belongs to its loop's thread.
class TANDEM_API mutex {
  public:
    class scoped_lock;
    class [[nodiscard]] lock_operation;

    mutex() noexcept = default;

    /// `mutex::scoped_lock held = co_await access.lock();` waits its turn; the mutex is unlocked when `held`
    /// is destroyed. Cancellation ends the wait; a lock that was handed over already is delivered.
    lock_operation lock() noexcept;
    /// Locks it if nobody holds it; else the result is empty: `if (auto held = access.try_lock()) …`
    [[nodiscard]] scoped_lock try_lock() noexcept;

    bool is_locked() const noexcept { return locked_; }
    mutex_statistics statistics() const noexcept { return {locked_, queue_.size()}; }

  private:
    friend class condition;

    /// Who waits for the mutex: a lock operation, or a condition's wait that needs it back.
    using contender = detail::queued_waiter<mutex>;

    bool take() noexcept { return !std::exchange(locked_, true); }
    void unlock() noexcept {
        if (queue_.empty())
            locked_ = false;
        else
            queue_.pop_front().commit();
    }

    detail::wait_queue<contender, mutex> queue_;
    bool locked_ = false;
};

/// The right to do what a mutex guards; unlocks it when destroyed. Must not outlive the mutex.
class [[nodiscard]] mutex::scoped_lock {
  public:
    scoped_lock() noexcept = default;
    scoped_lock(scoped_lock&& other) noexcept
        : held_(std::exchange(other.held_, nullptr)) {}
    scoped_lock& operator=(scoped_lock&& other) noexcept {
        scoped_lock(std::move(other)).swap(*this);
        return *this;
    }
    ~scoped_lock() { unlock(); }
    void swap(scoped_lock& other) noexcept { std::swap(held_, other.held_); }
    /// Unlocks it now.
    void unlock() noexcept {
        if (held_) std::exchange(held_, nullptr)->unlock();
    }
    explicit operator bool() const noexcept { return held_ != nullptr; }

  private:
    friend class mutex;
    friend class condition;
    explicit scoped_lock(mutex& held) noexcept
        : held_(&held) {}

    mutex* held_ = nullptr;
};

class mutex::lock_operation final : public detail::waiting_operation<lock_operation, contender> {
  public:
    explicit lock_operation(mutex& wanted) noexcept
        : wanted_(wanted) {}
    lock_operation(lock_operation&& other) noexcept
        : waiting_operation(std::move(other))
        , wanted_(other.wanted_) {}
    /// A lock whose task never came to take it goes on to the next.
    ~lock_operation() {
        if (current_state() == state::committed && !taken_) wanted_.unlock();
    }
    scoped_lock await_resume() {
        throw_if_cancelled();
        taken_ = true;
        return scoped_lock(wanted_);
    }

  private:
    friend waiting_operation;
    bool try_now() noexcept { return wanted_.take(); }
    void enqueue() noexcept { wanted_.queue_.push_back(*this); }

    mutex& wanted_;
    bool taken_ = false;
};

inline mutex::lock_operation mutex::lock() noexcept {
    return lock_operation(*this);
}

inline mutex::scoped_lock mutex::try_lock() noexcept {
    return take() ? scoped_lock(*this) : scoped_lock();
}

} // namespace tandem
