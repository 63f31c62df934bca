#include "download/modes/run_downloads.hpp"

#include "common/concurrency.hpp"
#include "download/fetcher.hpp"
#include "download/modes/item_feed.hpp"
#include "download/modes/item_queue.hpp"
#include "download/modes/process_downloads.hpp"
#include "download/steps/step_runner.hpp"
#include <tandem/coro/task_group.hpp>

using tandem::task;

namespace {

std::size_t jobs_of(const get_options& chosen) {
    return static_cast<std::size_t>(chosen.limits.jobs);
}

/// One file with all that belongs to it, in this thread.
task<> do_all(fetcher& files, const get_options& chosen, display& shown, list_item item) {
    if (auto got = co_await files.fetch(std::move(item)))
        co_await finish_file(shown, chosen.steps.steps, got->file, std::move(got->what), nullptr);
}

task<> run_sequential(const get_options& chosen, item_queue& items, display& shown) {
    fetcher files(chosen, shown);
    while (auto item = co_await items.next())
        co_await do_all(files, chosen, shown, std::move(*item));
}

task<> take_from(item_feed& items, const get_options& chosen, display& shown) {
    fetcher files(chosen, shown);
    while (auto item = items.pop())
        co_await do_all(files, chosen, shown, std::move(*item));
}

task<> run_threads(const get_options& chosen, item_queue& items, display& shown) {
    item_feed feed(jobs_of(chosen));
    auto all = [&](tandem::task_group& group) -> task<> {
        group.spawn(feed.fill(items), "list");
        co_await run_in_threads(jobs_of(chosen), [&] { return take_from(feed, chosen, shown); });
    };
    co_await tandem::with_group(all);
}

/// With a pool or without: the loop that downloads is the same.
task<> run_in_loop(const get_options& chosen, item_queue& items, display& shown, tandem::process_pool* cpu) {
    fetcher files(chosen, shown);
    if (chosen.steps.steps.empty()) co_return co_await files.fetch_all(items);
    step_runner steps(shown, chosen.steps.steps, cpu);
    auto all = [&](tandem::task_group& group) -> task<> {
        auto then = [&](fetched got) { return steps.take(group, got.file, std::move(got.what)); };
        co_await files.fetch_all(items, then);
    };
    co_await tandem::with_group(all);
}

task<> run_hybrid(const get_options& chosen, item_queue& items, display& shown) {
    tandem::process_pool cpu;
    co_await run_in_loop(chosen, items, shown, &cpu);
}

} // namespace

task<> run_downloads(const get_options& chosen, item_source& source, display& shown) {
    item_queue items(source, shown);
    const auto otherwise = chosen.steps.steps.empty() ? run_mode::coroutines : run_mode::hybrid;
    switch (chosen.limits.mode.value_or(otherwise)) {
    case run_mode::sequential:
        co_return co_await run_sequential(chosen, items, shown);
    case run_mode::threads:
        co_return co_await run_threads(chosen, items, shown);
    case run_mode::processes:
        co_return co_await run_processes(chosen, items, shown);
    case run_mode::coroutines:
        co_return co_await run_in_loop(chosen, items, shown, nullptr);
    case run_mode::hybrid:
        break;
    }
    co_await run_hybrid(chosen, items, shown);
}
