// The loops of this process that run now, for those who look at them from outside.
#pragma once
#include <functional>

#include <tandem/coro/loop.hpp>

namespace tandem::detail {

/// Told of the loops that begin and end, each time on the loop's own thread, while the list is locked.
class loop_visitor {
  public:
    virtual void loop_begins(loop& which, int thread) noexcept = 0;
    /// Its root scope is still open.
    virtual void loop_ends(loop& which) noexcept = 0;

  protected:
    ~loop_visitor() = default;
};

struct running_loops {
    static void enter(loop& which);
    static void leave(loop& which) noexcept;

    /// Null for nobody. One at a time.
    static void set_visitor(loop_visitor* visitor) noexcept;

    /// Calls `visit(loop, kernel thread id)` for each; none ends before it returns. Thread safe. The loops go
    /// on meanwhile: only what is thread safe of them may be used, and a task_tree_reader.
    static void for_each(const std::function<void(loop& which, int thread)>& visit);
};

} // namespace tandem::detail
