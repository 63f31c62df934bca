// Waiting for time to pass, and letting others run.
#pragma once
#include <optional>

#include <tandem/coro/waiter.hpp>

namespace tandem {

/// The operation behind `sleep` and `sleep_until`.
class TANDEM_API sleep_operation final : public detail::waiting_operation<sleep_operation>,
                                         private detail::timer {
  public:
    explicit sleep_operation(duration length) noexcept
        : length_(length) {}
    explicit sleep_operation(time_point until) noexcept
        : until_(until)
        , is_until_known_(true) {}
    sleep_operation(sleep_operation&&) noexcept = default;
    ~sleep_operation();
    void await_resume() const { throw_if_cancelled(); }

  private:
    friend waiting_operation;
    void enqueue();
    bool withdraw() noexcept override;
    void expired() noexcept override { commit(); }

    duration length_{};
    time_point until_;
    bool is_until_known_ = false;
    /// A sleep without end waits for somebody to cancel it: that is no deadlock.
    detail::external_wait endless_;
};

/// `co_await sleep(10ms)`: suspends for at least that long, counted from the await. A length of zero or less
/// lets the other ready tasks run once; duration::max() never ends. Cancellation ends it at once.
inline sleep_operation sleep(duration length) noexcept {
    return sleep_operation(length);
}

/// Suspends until `moment` on tandem::clock; as `sleep(0s)` where that has passed.
inline sleep_operation sleep_until(time_point moment) noexcept {
    return sleep_operation(moment);
}

/// The operation behind `yield`.
class yield_operation final : public detail::waiting_operation<yield_operation> {
  public:
    void await_resume() const { throw_if_cancelled(); }

  private:
    friend waiting_operation;
    void enqueue() noexcept { commit(); }
    bool withdraw() noexcept override { return true; }
};

/// `co_await yield()`: goes to the end of the ready queue, so that the others run first. A checkpoint.
inline yield_operation yield() noexcept {
    return {};
}

} // namespace tandem
