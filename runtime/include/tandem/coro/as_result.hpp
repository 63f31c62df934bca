// Errors as values.
#pragma once
#include <tandem/coro/child_set.hpp>

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
    const std::exception_ptr& error = work.promise().error();
    if (error && !is_cancellation(error)) co_return result<T>::failure(error);
    if constexpr (std::is_void_v<T>) {
        work.promise().take();
        co_return result<>::success();
    } else {
        co_return result<T>::success(work.promise().take());
    }
}

} // namespace detail

/// Awaits `work` and returns its value or its error, without throwing the error on the way. `cancelled` is no
/// error: it is thrown, as everywhere.
template <awaitable Work> auto as_result(Work work) {
    return detail::result_of(detail::to_task(std::move(work)));
}

} // namespace tandem
