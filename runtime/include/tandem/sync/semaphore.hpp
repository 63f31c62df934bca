// A bounded number of permits.
#pragma once
#include <cstddef>
#include <utility>

#include <tandem/coro/waiter.hpp>

namespace tandem {

struct semaphore_statistics {
    std::size_t capacity;      ///< permits in all
    std::size_t held;          ///< permits that somebody holds, or has been given and takes next
    std::size_t tasks_waiting; ///< tasks in `acquire`
};

/// Lets a bounded number of tasks do something at a time. Fair: permits go to those that wait in the order in
/// which they came, and nobody overtakes them. Belongs to its loop's thread.
class TANDEM_API semaphore {
  public:
    class permit;
    class [[nodiscard]] acquire_operation;

    explicit semaphore(std::size_t permits) noexcept
        : capacity_(permits)
        , free_(permits) {}

    /// How many permits nobody holds.
    std::size_t available() const noexcept { return free_; }
    /// How many tasks wait for one.
    std::size_t waiting() const noexcept { return waiting_; }

    /// `semaphore::permit held = co_await limit.acquire();` waits for a permit, which goes back when `held`
    /// is destroyed. Cancellation ends the wait; a permit that was given already is delivered.
    acquire_operation acquire() noexcept;
    /// A permit if one is free; else the result is empty.
    [[nodiscard]] permit try_acquire() noexcept;

    semaphore_statistics statistics() const noexcept { return {capacity_, capacity_ - free_, waiting_}; }

  private:
    struct queue_tag;
    bool take() noexcept {
        if (free_ == 0) return false;
        --free_;
        return true;
    }
    void release() noexcept;

    std::size_t capacity_;
    /// Above zero only while nobody waits: a permit that comes back goes to the first that does.
    std::size_t free_;
    std::size_t waiting_ = 0;
    detail::intrusive_list<acquire_operation, queue_tag> waiters_;
};

/// The right to do what a semaphore guards; gives it back when destroyed. Must not outlive the semaphore.
class [[nodiscard]] semaphore::permit {
  public:
    permit() noexcept = default;
    permit(permit&& other) noexcept
        : from_(std::exchange(other.from_, nullptr)) {}
    permit& operator=(permit&& other) noexcept {
        permit(std::move(other)).swap(*this); // what was held before goes back now
        return *this;
    }
    ~permit() { release(); }
    void swap(permit& other) noexcept { std::swap(from_, other.from_); }
    /// Gives it back now.
    void release() noexcept {
        if (from_) std::exchange(from_, nullptr)->release();
    }
    explicit operator bool() const noexcept { return from_ != nullptr; }

  private:
    friend semaphore;
    friend acquire_operation;
    explicit permit(semaphore& from) noexcept
        : from_(&from) {}
    semaphore* from_ = nullptr;
};

class semaphore::acquire_operation final : public detail::waiting_operation<acquire_operation>,
                                           public detail::list_hook<queue_tag> {
  public:
    explicit acquire_operation(semaphore& from) noexcept
        : from_(from) {}
    acquire_operation(acquire_operation&& other) noexcept
        : waiting_operation(std::move(other))
        , from_(other.from_) {}
    /// A permit whose task never came to take it goes back.
    ~acquire_operation() {
        if (held_) from_.release();
    }
    permit await_resume() {
        throw_if_cancelled();
        held_ = false;
        return permit(from_);
    }

  private:
    friend waiting_operation;
    friend semaphore;
    bool try_now() noexcept {
        held_ = from_.take();
        return held_;
    }
    void enqueue() noexcept {
        ++from_.waiting_;
        from_.waiters_.push_back(*this);
    }
    bool withdraw() noexcept override {
        --from_.waiting_;
        list_hook<queue_tag>::unlink();
        return true;
    }

    semaphore& from_;
    bool held_ = false;
};

inline semaphore::acquire_operation semaphore::acquire() noexcept {
    return acquire_operation(*this);
}

inline semaphore::permit semaphore::try_acquire() noexcept {
    return take() ? permit(*this) : permit();
}

inline void semaphore::release() noexcept {
    if (waiters_.empty()) {
        ++free_;
        return;
    }
    acquire_operation& next = waiters_.pop_front();
    --waiting_;
    next.held_ = true;
    next.commit();
}

} // namespace tandem
