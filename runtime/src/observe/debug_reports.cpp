#include "observe/debug_reports.hpp"

#include <algorithm>
#include <string>

#include "coro/task_tree.hpp"
#include <tandem/base/log.hpp>

namespace tandem::detail {
namespace {

/// A step that lasts so many times as long as a slow one is taken not to end.
constexpr int stuck_after = 10;

void report_never_awaited(const promise_base& dropped) noexcept {
    log(log_level::warning, [&] {
        const task_tree_reader::place made = task_tree_reader::place_of(dropped.location());
        const std::string name = dropped.name() ? ", named " + *dropped.name() + ',' : "";
        return "a task of " + made.function + name +
               " was dropped without having been awaited or spawned: it did nothing (" + made.file + ':' +
               std::to_string(made.line) + ')';
    });
}

void report_open_scopes(loop& which) noexcept {
    try {
        for (const task_tree_reader::place& each : task_tree_reader::scopes_below_root(which))
            log(log_level::warning, "a scope is still open at the end of its loop: it was opened by " +
                                        each.function + ", which stood or had last stood at " + each.file +
                                        ':' + std::to_string(each.line));
    } catch (const std::bad_alloc&) {
        log(log_level::warning, "scopes are still open at the end of their loop");
    }
}

} // namespace

debug_reports::debug_reports(duration slow_step)
    : slow_step_(std::max<duration>(slow_step, std::chrono::milliseconds(1))) {
    set_never_awaited_hook(&report_never_awaited);
    running_loops::set_visitor(this);
}

debug_reports::~debug_reports() {
    running_loops::set_visitor(nullptr);
    set_never_awaited_hook(nullptr);
}

void debug_reports::look_for_stuck_steps() noexcept {
    const std::lock_guard lock(access_);
    for (const auto& each : watches_)
        each->look_for_stuck_step(stuck_after * slow_step_);
}

void debug_reports::loop_begins(loop& which, int thread) noexcept {
    try {
        auto watch = std::make_unique<slow_step_watch>(which, thread, slow_step_);
        slow_step_watch& added = *watch;
        {
            const std::lock_guard lock(access_);
            watches_.push_back(std::move(watch));
        }
        which.root()->scheduler().watch_steps(&added);
    } catch (const std::bad_alloc&) {
        log(log_level::warning, "no memory to watch the steps of a loop");
    }
}

void debug_reports::loop_ends(loop& which) noexcept {
    which.root()->scheduler().watch_steps(nullptr);
    report_open_scopes(which);
    const std::lock_guard lock(access_);
    std::erase_if(watches_, [&](const auto& each) { return &each->watched() == &which; });
}

} // namespace tandem::detail
