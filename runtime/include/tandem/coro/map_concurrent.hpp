// Results of many tasks, a bounded number at a time, as a stream.
#pragma once
#include <deque>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include <tandem/coro/for_each.hpp>

namespace tandem {

/// Asks for results in the order in which they come, not in that of the items.
struct as_they_complete_t {};
inline constexpr as_they_complete_t as_they_complete{};

namespace detail {

/// The tasks behind a result_stream: started as there is room, kept until their results are taken.
class TANDEM_API stream_children : public child_set, public std::enable_shared_from_this<stream_children> {
  public:
    stream_children(promise_base& creator, std::size_t limit, bool in_order) noexcept
        : child_set(creator, cancel_scope::kind::floating)
        , limit_(limit)
        , in_order_(in_order) {}

    /// Starts tasks while there is room and there are items.
    void fill();
    /// The task whose result is next, and which is the caller's to destroy; null where all have been taken.
    promise_base* take() noexcept;
    bool has_next() const noexcept;
    /// Everything was taken, or something failed: no result comes any more.
    bool is_over() const noexcept { return (has_ended_ && in_flight_ == 0) || has_failed_; }

    /// Cancels what runs and lets it end; what cannot end at once (I/O, a running job) keeps this object
    /// until it has.
    void abandon() noexcept;

    /// Waits until there is a result or none will come.
    class [[nodiscard]] wait_operation final : public waiting_operation<wait_operation> {
      public:
        explicit wait_operation(stream_children& children) noexcept
            : children_(children) {}
        void await_resume() const { throw_if_cancelled(); }

      private:
        friend waiting_operation;
        bool try_now() const noexcept { return children_.has_next() || children_.is_over(); }
        void enqueue();
        bool withdraw() noexcept override {
            children_.consumer_ = nullptr;
            return true;
        }
        stream_children& children_;
    };
    wait_operation wait() noexcept { return wait_operation(*this); }

  protected:
    virtual ~stream_children();
    /// The next item's task, null after the last item.
    virtual promise_base* start_next() = 0;

  private:
    void ended(promise_base& child) noexcept override;
    void all_ended() noexcept override;
    void drop_results() noexcept;

    std::size_t limit_;
    bool in_order_;
    bool has_ended_ = false;
    bool has_failed_ = false;
    bool is_abandoned_ = false;
    /// Started, and not yet taken.
    std::size_t in_flight_ = 0;
    /// In order: everything in flight; otherwise: what has ended, as it did.
    std::deque<promise_base*> results_;
    waiter* consumer_ = nullptr;
    std::shared_ptr<stream_children> self_;
};

template <class T> class stream_of_tasks : public stream_children {
  public:
    using value_type = T;
    using stream_children::stream_children;
};

template <class T, class Range, class Function> class mapped_children final : public stream_of_tasks<T> {
  public:
    mapped_children(promise_base& creator, std::size_t limit, bool in_order, Range range, Function function)
        : stream_of_tasks<T>(creator, limit, in_order)
        , held_(std::move(range))
        , function_(std::move(function)) {}

  private:
    promise_base* start_next() override {
        if (!next_) {
            next_.emplace(std::begin(range_of(held_)));
            end_.emplace(std::end(range_of(held_)));
        } else {
            ++*next_;
        }
        if (*next_ == *end_) return nullptr;
        return to_task(std::invoke(function_, **next_)).release();
    }

    Range held_;
    Function function_;
    std::optional<decltype(std::begin(range_of(held_)))> next_;
    std::optional<decltype(std::end(range_of(held_)))> end_;
};

TANDEM_API promise_base& creating_task();

} // namespace detail

/// The results of tasks that run ahead of their consumer, at most so many at a time and no further than that
/// many results ahead: `while (auto value = co_await results.next()) …`.
///
/// The tasks run in the scope in which the stream was made. The first error cancels the rest and is thrown by
/// `next`. A stream that is dropped or closed early cancels its tasks, and lets them end before its
/// destructor returns; one that cannot end at once (it waits for I/O to stop, or for a job) ends by itself,
/// before the loop does: declare the stream after what its tasks refer to, and where they do such things,
/// `co_await close()`. Move-only; one consumer at a time; belongs to its loop's thread.
template <class T> class [[nodiscard]] result_stream {
  public:
    using value_type = T;

    explicit result_stream(std::shared_ptr<detail::stream_of_tasks<T>> source) noexcept
        : children_(std::move(source)) {}
    result_stream(result_stream&&) noexcept = default;
    result_stream& operator=(result_stream&& other) noexcept {
        std::swap(children_, other.children_);
        return *this;
    }
    ~result_stream() {
        if (children_) children_->abandon();
    }

    /// The next result, empty after the last one. Cancelling this await loses nothing: the tasks run on, and
    /// the next call gives what this one would have given.
    task<std::optional<T>> next() { return next_of(children_); }

    /// Cancels the tasks and waits for their end. Later calls of `next` give nothing.
    task<> close() { return close_all(std::move(children_)); }

  private:
    using children = std::shared_ptr<detail::stream_of_tasks<T>>;

    static task<std::optional<T>> next_of(children from) {
        if (!from) co_return std::nullopt;
        from->fill();
        co_await from->wait();
        if (detail::promise_base* done = from->take()) {
            task<T> ended(static_cast<detail::task_promise<T>&>(*done));
            from->fill();
            co_return ended.promise().take();
        }
        co_await from->join();
        from->rethrow();
        co_return std::nullopt;
    }
    static task<> close_all(children from) {
        if (!from) co_return;
        from->abandon();
        co_await from->join();
    }

    children children_;
};

namespace detail {

template <class Range, class Function>
auto map_tasks(Range&& range, std::size_t limit, bool in_order, Function&& function) {
    using function_type = std::decay_t<Function>;
    using item = decltype(*std::begin(range));
    using value = await_result_t<std::invoke_result_t<function_type&, item>>;
    static_assert(!std::is_void_v<value>, "a stream gives values: for tasks without one there is for_each");
    using children = mapped_children<value, held_range<Range>, function_type>;
    return result_stream<value>(std::make_shared<children>(
        creating_task(), limit, in_order, std::forward<Range>(range), std::forward<Function>(function)));
}

} // namespace detail

/// `function(item)` for each item as a stream of the tasks' values, in the order of the items, at most
/// `limit.count()` running or waiting to be taken at a time. Items are taken from the range one by one as
/// there is room: an endless range works. A range given by name has to outlive the stream.
///
///     auto pages = map_concurrent(links, at_most(8), [&](http::url& link) { return web.get(link).text(); });
///     while (auto page = co_await pages.next()) index(*page);
///
/// Called from a coroutine; throws usage_error elsewhere.
template <class Range, class Function>
auto map_concurrent(Range&& range, at_most limit, Function&& function) {
    return detail::map_tasks(std::forward<Range>(range), limit.count(), true,
                             std::forward<Function>(function));
}

/// The same with each value as soon as it is there.
template <class Range, class Function>
auto map_concurrent(Range&& range, at_most limit, as_they_complete_t, Function&& function) {
    return detail::map_tasks(std::forward<Range>(range), limit.count(), false,
                             std::forward<Function>(function));
}

/// Runs all of `work` and gives their values in the order in which they end.
template <class T> result_stream<T> as_completed(std::vector<task<T>> work) {
    auto start = [](task<T>& one) { return std::move(one); };
    return detail::map_tasks(std::move(work), std::numeric_limits<std::size_t>::max(), false, start);
}

} // namespace tandem
