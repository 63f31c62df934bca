#include "observe/slow_step_watch.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include "coro/task_name.hpp"
#include "coro/task_text.hpp"
#include <tandem/base/log.hpp>

namespace tandem::detail {
namespace {

/// Bounds the walk to a task's outermost coroutine.
constexpr int deepest = 1000;

std::string seconds(duration length) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f s", std::chrono::duration<double>(length).count());
    return text;
}

std::string text_of(const task_tree_reader::place& at) {
    return at.file + ':' + std::to_string(at.line) + " in " + at.function;
}

/// The innermost place that is not the library's own.
template <class Step> std::string text_of_start(const Step& step) {
    for (std::size_t i = 0; i < step.depth; ++i) {
        const task_tree_reader::place at = task_tree_reader::place_of(step.from[i]);
        if (!is_librarys_own(at.file)) return text_of(at);
    }
    return text_of(task_tree_reader::place_of(step.from[0]));
}

template <class Step> std::string_view name_of_task(const Step& step) {
    return std::string_view(step.name.data(), step.name_length);
}

} // namespace

void slow_step_watch::step_begins(promise_base& task) noexcept {
    const std::lock_guard lock(access_);
    step_.depth = 0;
    const promise_base* at = &task;
    for (int i = 0; i < deepest; ++i, at = at->parent()) {
        if (step_.depth < step_.from.size()) step_.from[step_.depth++] = at->location();
        if (!at->parent()) break;
    }
    step_.task = {at, &at->scope(), at->index()};
    const std::string_view name = nearest_name(task);
    step_.name_length = std::min(name.size(), step_.name.size());
    std::copy_n(name.begin(), step_.name_length, step_.name.begin());
    runs_ = true;
    told_ = false;
    step_.began = clock::now();
}

void slow_step_watch::step_ends() noexcept {
    const time_point now = clock::now();
    {
        const std::lock_guard lock(access_);
        runs_ = false;
    }
    // Nobody else writes the rest.
    const duration length = now - step_.began;
    if (length >= limit_) report(step_, length);
}

void slow_step_watch::report(const step& slow, duration length) noexcept {
    try {
        std::string text = "a step held the loop for " + seconds(length) + ": it went on from " +
                           text_of_start(slow) + " and ";
        task_tree_reader reader(memory_access::own);
        if (const auto reached = reader.standing_of(loop_, slow.task))
            text += "stands at " + text_of(*reached);
        else
            text += "has ended";
        log(log_record(log_level::warning, text).task(name_of_task(slow)));
    } catch (...) {
        log(log_level::warning, "a step held the loop for too long");
    }
}

void slow_step_watch::look_for_stuck_step(duration limit) noexcept {
    step stuck;
    duration length;
    {
        const std::lock_guard lock(access_);
        if (!runs_ || told_) return;
        length = clock::now() - step_.began;
        if (length < limit) return;
        told_ = true;
        stuck = step_;
    }
    try {
        const std::string text = "the loop on thread " + std::to_string(thread_) + " is stuck: for " +
                                 seconds(length) + " a step has held it that went on from " +
                                 text_of_start(stuck);
        log(log_record(log_level::warning, text).task(name_of_task(stuck)));
    } catch (...) {
        log(log_level::warning, "a loop is stuck in a step");
    }
}

} // namespace tandem::detail
