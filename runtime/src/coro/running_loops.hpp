// The loops of this process that run now, for those who look at them from outside.
#pragma once
#include <functional>

#include <tandem/coro/loop.hpp>

namespace tandem::detail {

struct running_loops {
    static void enter(loop& which);
    static void leave(loop& which) noexcept;

    /// Calls `visit(loop, kernel thread id)` for each; none ends before it returns. Thread safe. The loops go
    /// on meanwhile: only what is thread safe of them may be used, and a task_tree_reader.
    static void for_each(const std::function<void(loop& which, int thread)>& visit);
};

} // namespace tandem::detail
