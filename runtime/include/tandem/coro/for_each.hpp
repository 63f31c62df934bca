// One task for each item of a range, a bounded number at a time.
#pragma once
#include <cstddef>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <tandem/coro/child_set.hpp>

namespace tandem {

/// How many run at the same time; at least one.
class at_most {
  public:
    explicit constexpr at_most(std::size_t count) noexcept
        : count_(count ? count : 1) {}
    constexpr std::size_t count() const noexcept { return count_; }

  private:
    std::size_t count_;
};

/// One item that failed: its number in the range, counted from 0, and its error.
class failure {
  public:
    failure(std::size_t index, std::exception_ptr error) noexcept
        : index_(index)
        , error_(std::move(error)) {}
    std::size_t index() const noexcept { return index_; }
    const std::exception_ptr& error() const noexcept { return error_; }
    std::string what() const { return describe(error_); }

  private:
    std::size_t index_;
    std::exception_ptr error_;
};

/// The items that failed, in the order in which they did. A result that is ignored loses errors, hence
/// nodiscard.
class [[nodiscard]] failures : public std::vector<failure> {};

namespace detail {

/// Children whose frames go away as each ends, so that an endless range runs in constant memory.
class TANDEM_API item_children final : public child_set {
  public:
    item_children(promise_base& parent, failures* kept) noexcept
        : child_set(parent)
        , kept_(kept) {}
    /// Notes the failure of an item: keeps it, or lets it cancel the rest.
    void fail_item(std::size_t index, std::exception_ptr error);

  private:
    void ended(promise_base& child) noexcept override;
    failures* kept_;
};

/// A range given as an lvalue is referred to, one given as an rvalue moved in.
template <class Range>
using held_range = std::conditional_t<std::is_lvalue_reference_v<Range>,
                                      std::reference_wrapper<std::remove_reference_t<Range>>, Range>;

template <class Range> Range& range_of(Range& range) {
    return range;
}
template <class Range> Range& range_of(std::reference_wrapper<Range>& range) {
    return range.get();
}

template <class Range, class Function>
task<> run_items(Range held, std::size_t limit, failures* kept, Function function) {
    item_children items(co_await this_task(), kept);
    bool stopped = false;
    try {
        auto& range = range_of(held);
        auto at = std::begin(range);
        const auto end = std::end(range);
        // An item is taken when it can start, and not before.
        for (bool is_first = true;; is_first = false) {
            co_await items.until_running(limit - 1);
            if (!is_first) ++at;
            if (at == end) break;
            stopped = items.scope().is_cancelled();
            if (stopped) break;
            auto&& item = *at;
            const std::size_t index = items.take_index();
            try {
                auto work = to_task(std::invoke(function, std::forward<decltype(item)>(item)));
                items.start(*work.release(), index);
            } catch (...) {
                items.fail_item(index, std::current_exception());
            }
        }
    } catch (...) {
        items.absorb(std::current_exception());
    }
    co_await items.join();
    items.rethrow();
    if (stopped) items.scope().throw_cancelled();
}

template <class Range, class Function>
task<failures> run_all_items(Range held, std::size_t limit, Function function) {
    failures kept;
    co_await run_items(std::move(held), limit, &kept, std::move(function));
    co_return kept;
}

} // namespace detail

/// Awaits `function(item)` for each item, at most `limit.count()` at a time, taking them from the range one
/// by one. The first error cancels the rest and is rethrown. A range given by name has to outlive the await,
/// and `function` gets references into it.
///
///     co_await for_each(links, at_most(64), [&](http::url& link) { return fetch(web, link); });
template <class Range, class Function> task<> for_each(Range&& range, at_most limit, Function&& function) {
    TANDEM_CHECK_AWAITED_CLOSURE(Function);
    return detail::run_items<detail::held_range<Range>, std::decay_t<Function>>(
        std::forward<Range>(range), limit.count(), nullptr, std::forward<Function>(function));
}

/// The same, but every item runs whatever happens to the others; returns those that failed. Cancellation
/// still ends them all and is thrown.
template <class Range, class Function>
task<failures> for_each(Range&& range, at_most limit, keep_going_t, Function&& function) {
    TANDEM_CHECK_AWAITED_CLOSURE(Function);
    return detail::run_all_items<detail::held_range<Range>, std::decay_t<Function>>(
        std::forward<Range>(range), limit.count(), std::forward<Function>(function));
}

} // namespace tandem
