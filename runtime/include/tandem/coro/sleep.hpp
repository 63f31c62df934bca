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

/// The operation behind `yield`. No waiter: it is ready again before a cancellation could come.
class [[nodiscard]] yield_operation {
  public:
    bool await_ready() const noexcept { return false; }
    template <class Promise> bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
        detail::promise_base& task = self.promise();
        if (task.scope().is_cancelled()) {
            cancelled_ = &task.scope();
            return false;
        }
        task.note_wait();
        task.scheduler().make_ready(task);
        return true;
    }
    void await_resume() const {
        if (cancelled_) cancelled_->throw_cancelled();
    }

  private:
    const cancel_scope* cancelled_ = nullptr;
};

/// `co_await yield()`: goes to the end of the ready queue, so that the others run first. A checkpoint.
inline yield_operation yield() noexcept {
    return {};
}

} // namespace tandem
