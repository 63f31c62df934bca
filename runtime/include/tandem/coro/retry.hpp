// Trying again.
#pragma once
#include <chrono>
#include <exception>
#include <functional>

#include <tandem/base/awaited_closure.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task.hpp>

namespace tandem {

/// How often and after which pauses `retry` tries again. The default: three attempts, pauses of about 100 ms
/// and 200 ms, after any std::exception.
class TANDEM_API retry_policy {
  public:
    /// How often the work is tried in all; at least once.
    retry_policy& attempts(int count) noexcept;
    /// The pause after the first failure; each further one is `factor` times as long, up to `longest`
    /// (at least `first`).
    retry_policy& pause(duration first, double factor = 2.0,
                        duration longest = std::chrono::seconds(30)) noexcept;
    /// Draws each pause from the part of it above 1 − `share` (0 to 1), so that those who failed together do
    /// not come back together. 1, the default, is the "full jitter" of the AWS Architecture Blog's
    /// "Exponential Backoff And Jitter" (2015).
    retry_policy& jitter(double share) noexcept;
    /// Makes the drawn pauses the same in every run.
    retry_policy& seed(unsigned long long seed) noexcept;
    /// Which errors are worth another attempt.
    retry_policy& when(std::function<bool(const std::exception&)> is_worth_it);

    bool tries_again(int attempts_made, const std::exception& error) const;
    /// The pause after the `attempts_made`th attempt.
    duration pause_after(int attempts_made);

  private:
    int attempts_ = 3;
    duration first_ = std::chrono::milliseconds(100);
    double factor_ = 2.0;
    duration longest_ = std::chrono::seconds(30);
    double jitter_ = 1.0;
    unsigned long long random_ = 0;
    std::function<bool(const std::exception&)> is_worth_it_;
};

namespace detail {

template <class Function>
auto run_with_retries(retry_policy policy, Function function)
    -> task<await_result_t<std::invoke_result_t<Function&>>> {
    for (int attempt = 1;; ++attempt) {
        try {
            co_return co_await function();
        } catch (const std::exception& error) {
            if (!policy.tries_again(attempt, error)) throw;
        }
        co_await sleep(policy.pause_after(attempt));
    }
}

} // namespace detail

/// Awaits `function()`, a task, again and again as `policy` says, until it gives a value; then returns that.
/// Rethrows the last error. Cancellation is no error: it is never tried again, and ends a pause at once.
template <class Function> auto retry(retry_policy policy, Function&& function) {
    TANDEM_CHECK_AWAITED_CLOSURE(Function);
    return detail::run_with_retries<std::decay_t<Function>>(std::move(policy),
                                                            std::forward<Function>(function));
}

} // namespace tandem
