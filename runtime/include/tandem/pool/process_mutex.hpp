// One at a time, in whichever process.
#pragma once
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include <tandem/base/clock.hpp>
#include <tandem/base/intrusive_list.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/waiter.hpp>
#include <tandem/pool/codec.hpp>

namespace tandem {

namespace detail {

class mutex_core;
struct mutex_wait_tag;

} // namespace detail

/// A mutex in memory that this process shares with the workers of its pools. It travels as a shared_value
/// does, by reference and to the same places:
///
///     void append(std::string file, std::string line, tandem::process_mutex access) {
///         const auto held = access.blocking_lock();                // in a worker, or a thread_pool
///         …
///     }
///     const auto held = co_await access.lock();                   // in a loop, which goes on meanwhile
///
/// Copying it copies a reference. All members may be called by any thread of any process. A process that ends
/// while it holds the mutex, whatever killed it, does not take it along: the next owner has it at once, and
/// is told by `abandoned_by()`, so that it can look after what the other has left half done.
///
/// Not fair: who comes while it is free has it. Tasks of one process that wait for it have it in the order in
/// which they came. Not reentrant.
class TANDEM_API process_mutex {
  public:
    class scoped_lock;
    class [[nodiscard]] lock_operation;

    /// Throws std::system_error where there is no shared memory to have.
    process_mutex();

    /// `const auto held = co_await access.lock();` waits its turn without keeping its loop, for which a
    /// thread of this process waits. Cancellation ends the wait; a lock that was given already is delivered.
    lock_operation lock() const noexcept;

    /// Locks it if nobody holds it; else the result is empty.
    [[nodiscard]] scoped_lock try_lock() const;

    /// Blocks the calling thread until it has the mutex, or until `stop` is requested: then it throws
    /// job_cancelled, within 20 ms. Throws usage_error on a thread that runs a loop, or has the mutex
    /// already.
    [[nodiscard]] scoped_lock blocking_lock(std::stop_token stop = {}) const;
    /// The same, and throws timed_out after `limit`.
    [[nodiscard]] scoped_lock blocking_lock(duration limit, std::stop_token stop = {}) const;

  private:
    friend codec<process_mutex>;
    explicit process_mutex(detail::region_pointer region);
    scoped_lock lock_until(time_point limit, const std::stop_token& stop) const;

    std::shared_ptr<detail::mutex_core> core_;
};

/// The right to do what a process_mutex guards; unlocks it when destroyed. May move between tasks of a loop,
/// and is to be unlocked by the thread that locked it.
class [[nodiscard]] process_mutex::scoped_lock {
  public:
    scoped_lock() noexcept = default;
    scoped_lock(scoped_lock&& other) noexcept
        : held_(std::move(other.held_))
        , by_keeper_(other.by_keeper_)
        , abandoned_by_(other.abandoned_by_) {}
    scoped_lock& operator=(scoped_lock&& other) noexcept {
        scoped_lock(std::move(other)).swap(*this);
        return *this;
    }
    ~scoped_lock() { unlock(); }
    void swap(scoped_lock& other) noexcept {
        std::swap(held_, other.held_);
        std::swap(by_keeper_, other.by_keeper_);
        std::swap(abandoned_by_, other.abandoned_by_);
    }
    /// Unlocks it now: whoever tries after that finds it free. Where a task had to wait for the mutex, this
    /// waits for the thread that has it on the task's behalf to wake.
    void unlock() noexcept;
    explicit operator bool() const noexcept { return held_ != nullptr; }

    /// The process that held the mutex before and ended, or whose thread did, without unlocking it: what it
    /// was about to do may be half done. 0 where the mutex was unlocked properly. Only the next owner is
    /// told.
    int abandoned_by() const noexcept { return abandoned_by_; }

  private:
    friend process_mutex;
    scoped_lock(std::shared_ptr<detail::mutex_core> held, bool by_keeper, int abandoned_by) noexcept
        : held_(std::move(held))
        , by_keeper_(by_keeper)
        , abandoned_by_(abandoned_by) {}

    std::shared_ptr<detail::mutex_core> held_;
    /// The thread that waits for the tasks of this process has locked it, and not this one.
    bool by_keeper_ = false;
    int abandoned_by_ = 0;
};

class process_mutex::lock_operation final : public detail::waiting_operation<lock_operation>,
                                            public detail::list_hook<detail::mutex_wait_tag> {
  public:
    explicit lock_operation(std::shared_ptr<detail::mutex_core> wanted) noexcept
        : wanted_(std::move(wanted)) {}
    lock_operation(lock_operation&& other) noexcept
        : waiting_operation(std::move(other))
        , wanted_(std::move(other.wanted_)) {}
    /// A lock whose task never came to take it is unlocked.
    ~lock_operation();
    scoped_lock await_resume();

  private:
    friend waiting_operation;
    friend detail::mutex_core;
    bool try_now();
    void enqueue();
    bool withdraw() noexcept override;

    std::shared_ptr<detail::mutex_core> wanted_;
    std::optional<loop_handle> home_;
    detail::external_wait in_flight_;
    bool by_keeper_ = false;
    int abandoned_by_ = 0;
};

template <> struct TANDEM_API codec<process_mutex> {
    static void encode(encoder& out, const process_mutex& value);
    static process_mutex decode(decoder& in);
};

} // namespace tandem
