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
    explicit kept_children(promise_base& parent, bool keeps_going = false) noexcept
        : child_set(parent)
        , keeps_going_(keeps_going) {}

  private:
    void ended(promise_base& child) noexcept override;
    bool keeps_going_;
};

/// The outcome of a child that has ended; a cancellation is not an outcome, and is thrown.
template <class T> result<T> outcome_of(const task<T>& done) {
    const std::exception_ptr& error = done.promise().error();
    if (error && !is_cancellation(error)) return result<T>::failure(error);
    if constexpr (std::is_void_v<T>) {
        done.promise().take();
        return result<>::success();
    } else {
        return result<T>::success(done.promise().take());
    }
}

template <class... T> task<std::tuple<result<T>...>> gather_outcomes(task<T>... work) {
    kept_children children(co_await this_task(), true);
    (children.start(work.promise()), ...);
    co_await children.join();
    children.rethrow();
    co_return std::tuple<result<T>...>(outcome_of(work)...);
}

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

/// Runs all of `work` to its end and returns every outcome: a tuple of result<T>. No error is thrown and none
/// cancels the others; only cancellation from outside is thrown.
template <awaitable... Work> auto gather(keep_going_t, Work... work) {
    return detail::gather_outcomes(detail::to_task(std::move(work))...);
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

/// The outcomes of any number of tasks of one type, in the order of `work`.
template <class T> task<std::vector<result<T>>> gather(keep_going_t, std::vector<task<T>> work) {
    detail::kept_children children(co_await detail::this_task(), true);
    for (auto& one : work)
        children.start(one.promise());
    co_await children.join();
    children.rethrow();
    std::vector<result<T>> outcomes;
    outcomes.reserve(work.size());
    for (auto& one : work)
        outcomes.push_back(detail::outcome_of(one));
    co_return outcomes;
}

} // namespace tandem
