// Work that cancellation does not reach.
#pragma once
#include <functional>

#include <tandem/coro/child_set.hpp>

namespace tandem {

namespace detail {

template <class T> task<T> run_shielded(task<T> work) {
    cancel_scope scope(co_await this_task(), cancel_scope::kind::shielded);
    co_return co_await in_scope(scope, work);
}

TANDEM_API void report_cleanup_error(const std::exception_ptr& error) noexcept;

template <class T, class Cleanup> task<T> run_with_cleanup(task<T> body, Cleanup cleanup, duration grace) {
    promise_base& self = co_await this_task();
    result<T> outcome;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(body);
            outcome = result<>::success();
        } else {
            outcome = result<T>::success(co_await std::move(body));
        }
    } catch (...) {
        outcome = result<T>::failure(std::current_exception());
    }
    cancel_scope scope(self, cancel_scope::kind::shielded);
    scope.set_time_limit(grace);
    std::exception_ptr failed;
    try {
        auto last = to_task(cleanup());
        co_await in_scope(scope, last);
    } catch (const cancelled& stop) {
        failed = scope.owns(stop)
                     ? std::make_exception_ptr(timed_out("a clean-up did not end within its grace"))
                     : std::current_exception();
    } catch (...) {
        failed = std::current_exception();
    }
    // The body's own error says more than what its clean-up made of it.
    if (failed && outcome) std::rethrow_exception(failed);
    if (failed) report_cleanup_error(failed);
    co_return std::move(outcome).value();
}

} // namespace detail

/// Awaits `work` out of reach of every cancellation and deadline around it. What waits for it waits as long.
/// It starts even where the scope has been cancelled already, also inside of `as_result` and of a time limit.
template <awaitable Work> auto shield(Work work) {
    return detail::starting_always(detail::run_shielded(detail::to_task(std::move(work))));
}

/// Awaits `body`, then `cleanup()`, a task, however the body ended: with a value, an error or cancelled (C++
/// cannot await in a destructor or a catch). The clean-up runs even where the scope was cancelled before the
/// body could start. It is shielded and has `grace` to end, then it is cancelled and counts as failed with
/// timed_out. Returns or throws what the body did; an error of the clean-up is thrown if the body had none,
/// else logged.
template <awaitable Body, class Cleanup>
auto with_cleanup(Body body, Cleanup&& cleanup, duration grace = std::chrono::seconds(5)) {
    TANDEM_CHECK_AWAITED_CLOSURE(Cleanup);
    return detail::starting_always(detail::run_with_cleanup(
        detail::to_task(std::move(body)), std::decay_t<Cleanup>(std::forward<Cleanup>(cleanup)), grace));
}

} // namespace tandem
