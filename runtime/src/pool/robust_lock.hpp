// A lock in shared memory that outlives those who hold it.
#pragma once
#include <pthread.h>

#include <atomic>
#include <cstdint>

#include <tandem/base/clock.hpp>

namespace tandem::detail {

/// Locked by a thread and unlocked by the same. When that ends, or its process, however it is killed, the
/// kernel gives the lock to the next one: PTHREAD_MUTEX_ROBUST.
class robust_lock {
  public:
    enum class outcome {
        taken,
        inherited, ///< taken, from a thread that ended with it
        busy,      ///< not taken: another has it
        own,       ///< not taken: this thread has it already
    };

    /// In memory that several processes map. Throws std::system_error.
    robust_lock();
    robust_lock(const robust_lock&) = delete;
    robust_lock& operator=(const robust_lock&) = delete;
    /// Never destroyed: the memory simply goes.

    outcome try_lock() noexcept;
    /// Waits, and gives up at `limit`.
    outcome lock_until(time_point limit) noexcept;
    /// Waits for as long as it takes.
    outcome lock() noexcept { return lock_until(time_point::max()); }
    /// False where this thread does not have it.
    bool unlock() noexcept;

  private:
    outcome taken(int error) noexcept;

    pthread_mutex_t mutex_;
};

/// Has the lock for as long as a block is entered.
class robust_guard {
  public:
    /// Waits without a limit: for locks that are held for moments only.
    explicit robust_guard(robust_lock& lock) noexcept
        : robust_guard(lock, lock.lock()) {}
    /// What came of an attempt.
    robust_guard(robust_lock& lock, robust_lock::outcome how) noexcept
        : lock_(lock)
        , how_(how) {}
    robust_guard(const robust_guard&) = delete;
    robust_guard& operator=(const robust_guard&) = delete;
    ~robust_guard() {
        if (is_held()) lock_.unlock();
    }
    bool is_held() const noexcept {
        return how_ == robust_lock::outcome::taken || how_ == robust_lock::outcome::inherited;
    }
    bool is_inherited() const noexcept { return how_ == robust_lock::outcome::inherited; }

  private:
    robust_lock& lock_;
    robust_lock::outcome how_;
};

} // namespace tandem::detail
