// What everything that does work elsewhere has in common.
#pragma once
#include <concepts>

#include <tandem/coro/task.hpp>

namespace tandem {

/// Does ordinary functions' work outside of the loop's thread: `co_await executor.run(function,
/// arguments...)` gives the function's value or throws its error. Whether a thread, a process or another
/// machine does it, the call reads the same.
template <class T>
concept executor = requires(T& where, int (*function)(int), void (*action)()) {
    { where.run(function, 1) } -> std::same_as<task<int>>;
    { where.run(action) } -> std::same_as<task<void>>;
};

} // namespace tandem
