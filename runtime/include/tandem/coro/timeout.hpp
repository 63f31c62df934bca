// Time limits.
#pragma once
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

} // namespace detail

/// Awaits `work` for at most `limit`, counted from the await; then cancels it and, once it has ended, throws
/// timed_out. A value that arrives all the same is returned, however late: nothing that was received is lost.
/// Deadlines nest: the earliest of those around an await holds.
template <awaitable Work> auto timeout(duration limit, Work work) {
    return detail::run_within(limit, detail::to_task(std::move(work)));
}

} // namespace tandem
