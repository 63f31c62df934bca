#include "coro/task_name.hpp"

#include <tandem/coro/loop.hpp>

namespace tandem::detail {
namespace {

/// A record about a recursion a million deep has to come before it is out of interest.
constexpr int farthest = 1000;

} // namespace

std::string_view nearest_name(const promise_base& task) noexcept {
    const promise_base* at = &task;
    for (int steps = 0; at && steps < farthest; ++steps) {
        if (at->name()) return *at->name();
        at = at->parent() ? at->parent() : at->was_awaited() ? at->scope().opener() : nullptr;
    }
    return {};
}

std::string_view running_task_name() noexcept {
    loop* const here = loop::current_or_null();
    const promise_base* const task = here ? here->current_task_or_null() : nullptr;
    return task ? nearest_name(*task) : std::string_view();
}

} // namespace tandem::detail
