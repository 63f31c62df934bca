// Many readers, or one writer.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

#include <tandem/sync/wait_queue.hpp>

namespace tandem {

namespace detail {
enum class access : std::uint8_t { shared, exclusive };
}

struct shared_mutex_statistics {
    bool locked;                 ///< a writer holds it
    std::size_t readers;         ///< how many hold it shared
    std::size_t writers_waiting; ///< tasks in `lock`
    std::size_t readers_waiting; ///< tasks in `lock_shared`
};

/// Lets any number of tasks read, or one task write, across several awaits.
///
/// Fair: first come, first served, but neighbouring readers go in together. A reader that comes while a
/// writer waits queues behind it, so that neither starves. Not reentrant, in either way: a task that holds it
/// shared and locks it shared again may wait for a writer that waits for the first. Belongs to its loop's
/// thread.
class TANDEM_API shared_mutex {
    using access = detail::access;
    template <access Kind> class held;
    class contender;
    template <access Kind> class [[nodiscard]] operation;

  public:
    /// What a writer holds; gives the mutex back when destroyed, which it must not outlive.
    using exclusive_lock = held<access::exclusive>;
    /// The same for a reader.
    using shared_lock = held<access::shared>;
    using lock_operation = operation<access::exclusive>;
    using lock_shared_operation = operation<access::shared>;

    shared_mutex() noexcept = default;

    /// `auto held = co_await table.lock();` waits until it is alone. Cancellation ends the wait, and lets
    /// readers go on that waited only for this writer; a lock that was given already is delivered.
    lock_operation lock() noexcept;
    /// `auto held = co_await table.lock_shared();` waits until no writer holds it or came before.
    /// Cancellation as for `lock`.
    lock_shared_operation lock_shared() noexcept;
    /// Without waiting; the result is empty where `lock` would wait.
    [[nodiscard]] exclusive_lock try_lock() noexcept;
    /// Without waiting; the result is empty where `lock_shared` would wait.
    [[nodiscard]] shared_lock try_lock_shared() noexcept;

    shared_mutex_statistics statistics() const noexcept;

  private:
    bool has_room(access kind) const noexcept {
        return !writing_ && (kind == access::shared || readers_ == 0);
    }
    /// Whether somebody who comes now goes in at once; if so, counts them in.
    bool take(access kind) noexcept;
    void enter(access kind) noexcept;
    void leave(access kind) noexcept;
    /// Lets in from the front of the queue whoever fits.
    void admit() noexcept;

    std::size_t readers_ = 0;
    bool writing_ = false;
    detail::wait_queue<contender, shared_mutex> queue_;
};

template <detail::access Kind> class [[nodiscard]] shared_mutex::held {
  public:
    held() noexcept = default;
    held(held&& other) noexcept
        : mutex_(std::exchange(other.mutex_, nullptr)) {}
    held& operator=(held&& other) noexcept {
        held(std::move(other)).swap(*this);
        return *this;
    }
    ~held() { unlock(); }
    void swap(held& other) noexcept { std::swap(mutex_, other.mutex_); }
    /// Gives it back now.
    void unlock() noexcept {
        if (mutex_) std::exchange(mutex_, nullptr)->leave(Kind);
    }
    explicit operator bool() const noexcept { return mutex_ != nullptr; }

  private:
    friend class shared_mutex;
    explicit held(shared_mutex& mutex) noexcept
        : mutex_(&mutex) {}

    shared_mutex* mutex_ = nullptr;
};

/// Readers and writers stand in one queue: that is what makes it fair.
class TANDEM_API shared_mutex::contender : public detail::queued_waiter<shared_mutex> {
  protected:
    friend class shared_mutex;
    contender(shared_mutex& wanted, access kind) noexcept
        : wanted_(wanted)
        , kind_(kind) {}
    contender(contender&& other) noexcept
        : queued_waiter(std::move(other))
        , wanted_(other.wanted_)
        , kind_(other.kind_) {}
    ~contender() = default;
    bool withdraw() noexcept override;

    shared_mutex& wanted_;
    access kind_;
};

template <detail::access Kind>
class shared_mutex::operation final
    : public detail::waiting_operation<shared_mutex::operation<Kind>, shared_mutex::contender> {
    using base = detail::waiting_operation<operation, contender>;

  public:
    explicit operation(shared_mutex& wanted) noexcept
        : base(wanted, Kind) {}
    operation(operation&&) noexcept = default;
    /// Access whose task never came to take it goes back.
    ~operation() {
        if (this->current_state() == base::state::committed && !taken_) this->wanted_.leave(Kind);
    }
    held<Kind> await_resume() {
        this->throw_if_cancelled();
        taken_ = true;
        return held<Kind>(this->wanted_);
    }

  private:
    friend base;
    bool try_now() noexcept { return this->wanted_.take(Kind); }
    void enqueue() noexcept { this->wanted_.queue_.push_back(*this); }

    bool taken_ = false;
};

inline shared_mutex::lock_operation shared_mutex::lock() noexcept {
    return lock_operation(*this);
}
inline shared_mutex::lock_shared_operation shared_mutex::lock_shared() noexcept {
    return lock_shared_operation(*this);
}
inline shared_mutex::exclusive_lock shared_mutex::try_lock() noexcept {
    return take(access::exclusive) ? exclusive_lock(*this) : exclusive_lock();
}
inline shared_mutex::shared_lock shared_mutex::try_lock_shared() noexcept {
    return take(access::shared) ? shared_lock(*this) : shared_lock();
}

} // namespace tandem
