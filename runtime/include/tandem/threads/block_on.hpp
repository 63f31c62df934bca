// From ordinary code into a coroutine.
#pragma once
#include <tandem/coro/loop.hpp>

namespace tandem {

/// Runs `work` to its end on a loop of its own, in this thread, and returns its value or rethrows its error:
/// for plain threads, worker processes and tests. Throws usage_error on a thread that runs a loop already:
/// there, await the task.
template <class T> T block_on(task<T> work) {
    loop here;
    return here.run(std::move(work));
}

} // namespace tandem
