// Several tasks, of which the first to end wins.
#pragma once
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <tandem/coro/gather.hpp>

namespace tandem {

namespace detail {

/// Children of which the first to end, however it does, cancels the others.
class TANDEM_API racing_children final : public child_set {
  public:
    using child_set::child_set;
    /// Which child ended first. After the join; empty where all were cancelled from outside.
    std::optional<std::size_t> winner() const noexcept { return winner_; }

  private:
    void ended(promise_base& child) noexcept override;
    std::optional<std::size_t> winner_;
};

template <class... T> struct race_value { using type = std::variant<value_or_monostate<T>...>; };
template <class First, class... Rest>
    requires(std::is_same_v<First, Rest>&&...)
struct race_value<First, Rest...> {
    using type = First;
};
template <class... T> using race_value_t = typename race_value<T...>::type;

template <class... T> task<race_value_t<T...>> race_tasks(task<T>... work) {
    using value = race_value_t<T...>;
    racing_children children(co_await this_task());
    (children.start(work.promise()), ...);
    co_await children.join();
    if (!children.winner()) children.rethrow();
    const std::size_t winner = children.winner().value();
    if constexpr (std::is_void_v<value>) {
        co_return;
    } else {
        std::optional<value> first;
        std::size_t index = 0;
        const auto take_if_winner = [&]<std::size_t place>(std::integral_constant<std::size_t, place>,
                                                           auto& one) {
            if (index++ != winner) return;
            if constexpr (std::is_same_v<value, std::variant<value_or_monostate<T>...>>)
                first.emplace(std::in_place_index<place>, take_value(one));
            else
                first.emplace(take_value(one));
        };
        [&]<std::size_t... place>(std::index_sequence<place...>) {
            (take_if_winner(std::integral_constant<std::size_t, place>(), work), ...);
        }
        (std::index_sequence_for<T...>());
        co_return std::move(*first);
    }
}

} // namespace detail

/// Runs all of `work` beside each other until the first ends, with a value or an error; the others are
/// cancelled, and joined before the winner's outcome is returned or thrown. The value is the tasks' common
/// type, or a std::variant (std::monostate for void) whose index tells the winner.
///
/// A loser that had its value all the same when it was told to stop loses that value: what must not be lost
/// (messages of two channels) is for tasks that take one value each and put it somewhere. Errors of losers
/// are logged.
template <awaitable... Work>
    requires(sizeof...(Work) > 0)
auto race(Work... work) {
    return detail::race_tasks(detail::to_task(std::move(work))...);
}

/// The same for any number of tasks of one type; at least one, else usage_error.
template <class T> task<T> race(std::vector<task<T>> work) {
    if (work.empty()) throw usage_error("race: nothing to race");
    detail::racing_children children(co_await detail::this_task());
    for (auto& one : work)
        children.start(one.promise());
    co_await children.join();
    if (!children.winner()) children.rethrow();
    co_return work[children.winner().value()].promise().take();
}

} // namespace tandem
