// Several tasks at once, and all their values.
#pragma once
#include <tuple>
#include <variant>
#include <vector>

#include <tandem/coro/child_set.hpp>

namespace tandem {

namespace detail {

/// Children whose frames belong to the tasks that the combinator holds.
class TANDEM_API kept_children final : public child_set {
  public:
    using child_set::child_set;

  private:
    void ended(promise_base& child) noexcept override;
};

template <class T> using value_or_monostate = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T> value_or_monostate<T> take_value(const task<T>& done) {
    if constexpr (std::is_void_v<T>) {
        done.promise().take();
        return {};
    } else {
        return done.promise().take();
    }
}

template <class... T> task<std::tuple<value_or_monostate<T>...>> gather_tasks(task<T>... work) {
    kept_children children(co_await this_task());
    (children.start(work.promise()), ...);
    co_await children.join();
    children.rethrow();
    co_return std::tuple<value_or_monostate<T>...>(take_value(work)...);
}

} // namespace detail

/// Runs all of `work` beside each other and returns their values as a tuple, std::monostate for void:
/// `auto [a, b] = co_await gather(first(), second());`
///
/// The first error cancels the others and is rethrown as itself once they have ended; later ones are logged.
/// Cancelling the task that awaits it cancels them all.
template <awaitable... Work> auto gather(Work... work) {
    return detail::gather_tasks(detail::to_task(std::move(work))...);
}

/// The same for any number of tasks of one type; the values are in the order of `work`.
template <class T>
auto gather(std::vector<task<T>> work) -> task<std::conditional_t<std::is_void_v<T>, void, std::vector<T>>> {
    detail::kept_children children(co_await detail::this_task());
    for (auto& one : work)
        children.start(one.promise());
    co_await children.join();
    children.rethrow();
    if constexpr (!std::is_void_v<T>) {
        std::vector<T> values;
        values.reserve(work.size());
        for (auto& one : work)
            values.push_back(one.promise().take());
        co_return values;
    }
}

} // namespace tandem
