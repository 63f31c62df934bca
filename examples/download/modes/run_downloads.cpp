#include "download/modes/run_downloads.hpp"

#include "common/concurrency.hpp"
#include "download/fetcher.hpp"
#include "download/modes/process_downloads.hpp"
#include "download/steps/step_runner.hpp"
#include <tandem/coro/for_each.hpp>
#include <tandem/coro/task_group.hpp>

using tandem::task;

namespace {

std::size_t jobs_of(const get_options& chosen) {
    return static_cast<std::size_t>(chosen.limits.jobs);
}

/// One file with all that belongs to it, in this thread.
task<> do_all(fetcher& files, const get_options& chosen, display& shown, std::string link) {
    if (auto got = co_await files.fetch(std::move(link)))
        co_await finish_file(shown, chosen.steps.steps, got->file, std::move(got->what), nullptr);
}

task<> run_sequential(const get_options& chosen, link_source& links, display& shown) {
    fetcher files(chosen, shown);
    while (auto link = links.next())
        co_await do_all(files, chosen, shown, std::move(*link));
}

task<> take_from_queue(work_queue& queue, const get_options& chosen, display& shown) {
    fetcher files(chosen, shown);
    while (auto link = queue.pop())
        co_await do_all(files, chosen, shown, std::move(*link));
}

task<> run_threads(const get_options& chosen, link_source& links, display& shown) {
    work_queue queue([&] { return links.next(); });
    co_await run_in_threads(jobs_of(chosen), [&] { return take_from_queue(queue, chosen, shown); });
}

/// With a pool or without: the loop that downloads is the same.
task<> run_in_loop(const get_options& chosen, link_source& links, display& shown, tandem::process_pool* cpu) {
    fetcher files(chosen, shown);
    step_runner steps(shown, chosen.steps.steps, cpu);
    co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
        auto one = [&](std::string link) -> task<> {
            if (auto got = co_await files.fetch(std::move(link)))
                co_await steps.take(group, got->file, std::move(got->what));
        };
        co_await tandem::for_each(links, tandem::at_most(jobs_of(chosen)), one);
    });
}

task<> run_hybrid(const get_options& chosen, link_source& links, display& shown) {
    tandem::process_pool cpu;
    co_await run_in_loop(chosen, links, shown, &cpu);
}

} // namespace

task<> run_downloads(const get_options& chosen, link_source& links, display& shown) {
    const auto otherwise = chosen.steps.steps.empty() ? run_mode::coroutines : run_mode::hybrid;
    switch (chosen.limits.mode.value_or(otherwise)) {
    case run_mode::sequential:
        return run_sequential(chosen, links, shown);
    case run_mode::threads:
        return run_threads(chosen, links, shown);
    case run_mode::processes:
        return run_processes(chosen, links, shown);
    case run_mode::coroutines:
        return run_in_loop(chosen, links, shown, nullptr);
    case run_mode::hybrid:
        break;
    }
    return run_hybrid(chosen, links, shown);
}
