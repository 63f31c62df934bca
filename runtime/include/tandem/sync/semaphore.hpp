// A bounded number of permits.
#pragma once
#include <cstddef>
#include <utility>

#include <tandem/coro/waiter.hpp>

namespace tandem {

/// Lets a bounded number of tasks do something at a time. Fair: permits go to those that wait in the order in
/// which they came, and nobody overtakes them. Belongs to its loop's thread.
class TANDEM_API semaphore {
  public:
    class permit;
    class [[nodiscard]] acquire_operation;

    explicit semaphore(std::size_t permits) noexcept
        : free_(permits) {}

    /// How many permits nobody holds.
    std::size_t available() const noexcept { return free_; }
    /// How many tasks wait for one.
    std::size_t waiting() const noexcept { return waiting_; }

    /// `semaphore::permit held = co_await limit.acquire();` waits for a permit, which goes back when `held`
    /// is destroyed. Cancellation ends the wait; a permit that was given already is delivered.
    acquire_operation acquire() noexcept;

  private:
    struct queue_tag;
    void release() noexcept;

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
        std::swap(from_, other.from_);
        return *this;
    }
    ~permit() { release(); }
    /// Gives it back now.
    void release() noexcept {
        if (from_) std::exchange(from_, nullptr)->release();
    }
    explicit operator bool() const noexcept { return from_ != nullptr; }

  private:
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
        if (from_.free_ == 0 || from_.waiting_ > 0) return false;
        --from_.free_;
        held_ = true;
        return true;
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
