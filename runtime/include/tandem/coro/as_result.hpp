// Errors as values.
#pragma once
#include <tandem/coro/gather.hpp>

namespace tandem {

namespace detail {

/// Awaits a task and leaves its outcome where it is.
template <class T> class [[nodiscard]] end_of : private task_awaiter<T> {
  public:
    explicit end_of(const task<T>& work) noexcept
        : task_awaiter<T>(work.promise()) {}
    using task_awaiter<T>::await_ready;
    using task_awaiter<T>::await_suspend;
    void await_resume() const { this->throw_if_stopped(); }
};

template <class T> task<result<T>> result_of(task<T> work) {
    co_await end_of<T>(work);
    co_return outcome_of(work);
}

} // namespace detail

/// Awaits `work` and returns its value or its error, without throwing the error on the way. `cancelled` is no
/// error: it is thrown, as everywhere.
template <awaitable Work> auto as_result(Work work) {
    auto inner = detail::to_task(std::move(work));
    const bool always = inner.promise().always_starts();
    return detail::starting_always(detail::result_of(std::move(inner)), always);
}

} // namespace tandem
