#include "download/steps/step_runner.hpp"

#include <algorithm>
#include <thread>

using tandem::task;

step_runner::step_runner(display& shown, std::vector<step> steps, tandem::process_pool* cpu,
                         std::size_t most_files)
    : shown_(shown)
    , steps_(std::move(steps))
    , cpu_(cpu)
    , places_(most_files) {}

std::size_t step_runner::default_most_files() {
    return std::size_t{2} * std::max(1U, std::thread::hardware_concurrency());
}

task<> step_runner::take(tandem::task_group& group, file_id file, tandem::http::downloaded what) {
    if (steps_.empty() || what.was_kept) {
        shown_.done(file, what);
        co_return;
    }
    auto place = co_await places_.acquire();
    group.spawn(work_on(file, std::move(what), std::move(place)));
}

task<> step_runner::work_on(file_id file, tandem::http::downloaded what, tandem::semaphore::permit) {
    co_await finish_file(shown_, steps_, file, std::move(what), cpu_);
}

task<> finish_file(display& shown, const std::vector<step>& steps, file_id file,
                   tandem::http::downloaded what, tandem::process_pool* cpu) {
    std::string failure;
    try {
        for (const auto& each : steps) {
            if (what.was_kept) break;
            shown.step(file, each.name);
            const auto outcome = co_await run_step(each, what.path.string(), cpu);
            if (!outcome.notes.empty()) shown.message(outcome.notes);
            if (!outcome.result.empty()) shown.result(outcome.result);
        }
    } catch (const std::exception& error) {
        failure = shown.url(file) + ": " + error.what();
    }
    if (failure.empty())
        shown.done(file, what);
    else
        shown.failed(file, failure);
}
