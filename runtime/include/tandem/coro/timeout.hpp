// Time limits.
#pragma once
#include <optional>
#include <type_traits>

#include <tandem/coro/task.hpp>

namespace tandem {

namespace detail {

[[noreturn]] TANDEM_API void throw_timed_out(duration limit);

template <class T> task<T> run_within(duration limit, task<T> work) {
    cancel_scope scope(co_await this_task());
    scope.set_time_limit(limit);
    try {
        co_return co_await in_scope(scope, work);
    } catch (const cancelled& stop) {
        if (!scope.owns(stop)) throw;
    }
    throw_timed_out(limit);
}

template <class T> task<T> run_until(time_point moment, task<T> work) {
    cancel_scope scope(co_await this_task());
    scope.set_deadline(moment);
    try {
        co_return co_await in_scope(scope, work);
    } catch (const cancelled& stop) {
        if (!scope.owns(stop)) throw;
    }
    throw timed_out("timed out: the deadline passed");
}

template <class T> using optional_or_bool = std::conditional_t<std::is_void_v<T>, bool, std::optional<T>>;

template <class T> task<optional_or_bool<T>> run_or_move_on(duration limit, task<T> work) {
    cancel_scope scope(co_await this_task());
    scope.set_time_limit(limit);
    try {
        if constexpr (std::is_void_v<T>) {
            co_await in_scope(scope, work);
            co_return true;
        } else {
            co_return co_await in_scope(scope, work);
        }
    } catch (const cancelled& stop) {
        if (!scope.owns(stop)) throw;
    }
    co_return optional_or_bool<T>();
}

} // namespace detail

/// Awaits `work` for at most `limit`, counted from the await; then cancels it and, once it has ended, throws
/// timed_out. A value that arrives all the same is returned, however late: nothing that was received is lost.
/// Deadlines nest: the earliest of those around an await holds.
template <awaitable Work> auto timeout(duration limit, Work work) {
    auto inner = detail::to_task(std::move(work));
    const bool always = inner.promise().always_starts();
    return detail::starting_always(detail::run_within(limit, std::move(inner)), always);
}

/// The same with the moment at which to stop.
template <awaitable Work> auto deadline(time_point moment, Work work) {
    auto inner = detail::to_task(std::move(work));
    const bool always = inner.promise().always_starts();
    return detail::starting_always(detail::run_until(moment, std::move(inner)), always);
}

/// Awaits `work` for at most `limit`, then cancels it and moves on: returns its value in a std::optional,
/// empty where it had none in time; for a task without a value, whether it ended by itself.
template <awaitable Work> auto move_on_after(duration limit, Work work) {
    auto inner = detail::to_task(std::move(work));
    const bool always = inner.promise().always_starts();
    return detail::starting_always(detail::run_or_move_on(limit, std::move(inner)), always);
}

} // namespace tandem
