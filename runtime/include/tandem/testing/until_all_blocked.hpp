// Waiting until everybody else waits: how a test gets the others to where it wants them without a sleep.
#pragma once
#include <tandem/coro/waiter.hpp>

namespace tandem::testing {

/// The operation behind `until_all_blocked`.
class TANDEM_API until_all_blocked_operation final
    : public detail::waiting_operation<until_all_blocked_operation>,
      private detail::idle_wait {
  public:
    until_all_blocked_operation() noexcept = default;
    until_all_blocked_operation(until_all_blocked_operation&& other) noexcept
        : waiting_operation(std::move(other)) {}
    void await_resume() const { throw_if_cancelled(); }

  private:
    friend waiting_operation;
    void enqueue() noexcept { waiting_task().scheduler().idle_waits().push_back(*this); }
    bool withdraw() noexcept override {
        idle_wait::unlink();
        return true;
    }
    void all_blocked() noexcept override { commit(); }
};

/// `co_await testing::until_all_blocked()`: goes on once every other task of the loop waits, nothing is
/// ready to run, and no timer, I/O or posted function is due now; time, real or virtual, need not pass for
/// it. Several that wait here are woken together, in the order in which they came. Always suspends; a
/// checkpoint, and cancellation ends it at once.
///
///     group.spawn(consumer());
///     co_await testing::until_all_blocked(); // it stands in its receive() now
///     CHECK(queue.statistics().receivers_waiting == 1);
///
/// What happens outside of the loop cannot be seen from it: a task whose job runs in a thread or a process,
/// or whose peer has not answered yet, waits like any other.
inline until_all_blocked_operation until_all_blocked() noexcept {
    return {};
}

} // namespace tandem::testing
