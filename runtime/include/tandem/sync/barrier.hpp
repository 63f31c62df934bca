// A place where tasks wait for each other.
#pragma once
#include <cstddef>
#include <cstdint>

#include <tandem/sync/wait_queue.hpp>

namespace tandem {

struct barrier_statistics {
    std::size_t parties;       ///< how many have to arrive
    std::size_t tasks_waiting; ///< how many have arrived and wait for the rest
    std::uint64_t generation;  ///< how often it has opened
};

/// Holds each task that arrives until `parties` of them have, then lets them all go on, and starts over.
///
/// A task that is cancelled while it waits takes its arrival back, and the others wait on for somebody else
/// to come: in a group, what cancels one party and has to end the rest cancels them as well. (asyncio's
/// barrier breaks instead, and every user has to mend it.) A party that leaves for good says so with
/// `arrive_and_drop`. Belongs to its loop's thread.
class TANDEM_API barrier {
  public:
    class [[nodiscard]] arrive_operation;

    /// Throws usage_error where `parties` is 0.
    explicit barrier(std::size_t parties);

    /// `std::size_t place = co_await meeting.arrive_and_wait();` waits for the others. The places of those
    /// that go on together are 0, 1, … in the order in which they came: the one at 0, say, may do what one
    /// has to do for all. Once the barrier has opened, cancellation comes too late. Throws usage_error where
    /// every party has dropped out.
    arrive_operation arrive_and_wait();

    /// From now on one party fewer has to arrive, which may let those that wait go on. Throws usage_error
    /// where none is left.
    void arrive_and_drop();

    barrier_statistics statistics() const noexcept { return {parties_, arrived_, generation_}; }

  private:
    /// Lets all that wait go on; returns how many.
    std::size_t open() noexcept;

    std::size_t parties_;
    std::size_t arrived_ = 0;
    std::uint64_t generation_ = 0;
    detail::wait_queue<arrive_operation, barrier> waiters_;
};

class TANDEM_API barrier::arrive_operation final
    : public detail::waiting_operation<arrive_operation, detail::queued_waiter<barrier>> {
  public:
    explicit arrive_operation(barrier& awaited) noexcept
        : awaited_(awaited) {}
    arrive_operation(arrive_operation&& other) noexcept
        : waiting_operation(std::move(other))
        , awaited_(other.awaited_) {}
    std::size_t await_resume() const {
        throw_if_cancelled();
        return place_;
    }

  private:
    friend waiting_operation;
    friend barrier;
    bool try_now() noexcept;
    void enqueue() noexcept;
    bool withdraw() noexcept override;

    barrier& awaited_;
    std::size_t place_ = 0;
};

} // namespace tandem
