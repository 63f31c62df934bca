// From ordinary code into a coroutine.
#pragma once
#include <stop_token>

#include <tandem/coro/loop.hpp>

namespace tandem {

/// Runs `work` to its end on a loop of its own, in this thread, and returns its value or rethrows its error:
/// for plain threads, worker processes and tests. Throws usage_error on a thread that runs a loop already:
/// there, await the task.
template <class T> T block_on(task<T> work) {
    loop here;
    return here.run(std::move(work));
}
template <awaitable Work>
    requires(!detail::is_task<Work>)
decltype(auto) block_on(Work work) {
    return block_on(detail::to_task(std::move(work)));
}

/// The same, and cancels `work` when `stop` is requested, from whichever thread: what a function run by a
/// thread_pool or a process_pool passes its std::stop_token to. Throws `cancelled` where that ended the work.
template <class T> T block_on(std::stop_token stop, task<T> work) {
    loop here;
    // The handle tells the loop that it can be woken from outside.
    const auto cancel = [&, handle = here.handle()] { handle.post([&] { here.root()->cancel(); }); };
    const std::stop_callback when_stopped(stop, cancel);
    return here.run(std::move(work));
}

} // namespace tandem
