#include "common/concurrency.hpp"

#include <tandem/coro/task_group.hpp>
#include <tandem/threads/block_on.hpp>
#include <tandem/threads/thread_pool.hpp>

using tandem::task;

void run_here(std::stop_token stop, task<> work) {
    try {
        tandem::block_on(stop, std::move(work));
    } catch (const tandem::cancelled&) { // as wanted
    }
}

namespace {

/// What a thread of the thread pool runs.
void thread_work(std::stop_token stop, const std::function<task<>()>* work) {
    run_here(stop, (*work)());
}

} // namespace

task<> run_in_threads(std::size_t count, std::function<task<>()> work) {
    tandem::thread_pool threads(count);
    co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
        for (std::size_t i = 0; i < count; ++i)
            group.spawn(threads.run(thread_work, &work));
        co_return;
    });
}
