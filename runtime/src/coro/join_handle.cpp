#include <tandem/coro/join_handle.hpp>

#include <tandem/base/error.hpp>
#include <tandem/coro/child_set.hpp>

namespace tandem::detail {

void throw_if_joined_was_cancelled(const promise_base& joined, const cancel_scope& scope) {
    if (!is_cancellation(joined.error())) return;
    if (scope.is_cancelled()) scope.throw_cancelled();
    throw task_cancelled(joined.name() ? "the task '" + *joined.name() + "' was cancelled"
                                       : std::string("the task was cancelled"));
}

} // namespace tandem::detail
