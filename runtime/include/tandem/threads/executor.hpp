// What everything that does work elsewhere has in common.
#pragma once
#include <concepts>
#include <optional>
#include <utility>

#include <tandem/base/awaited_closure.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/threads/call_options.hpp>
#include <tandem/threads/executor_map.hpp>
#include <tandem/threads/job.hpp>
#include <tandem/threads/signature.hpp>

namespace tandem {

/// Does ordinary functions' work outside of the loop's thread: in a thread, a process or on another machine,
/// the calls read the same. `run` gives a function's value, `submit` a handle to a call that has begun, `map`
/// a stream of values; `with` gives the same executor with options.
template <class T>
concept executor = requires(T& where, int (*function)(int), void (*action)(), const std::vector<int>& items) {
    { where.run(function, 1) } -> std::same_as<task<int>>;
    { where.run(action) } -> std::same_as<task<void>>;
    { where.submit(function, 1) } -> std::same_as<job<int>>;
    { where.try_submit(action) } -> std::same_as<std::optional<job<void>>>;
    { where.map(function, items).next().await_resume() } -> std::same_as<std::optional<int>>;
    where.with(priority(1));
};

namespace detail {

/// How the face below gets at an executor's own part, which is these functions:
///
///     task<R> call(call_context, function, arguments...);
///     task<chunk_outcome<V>> call_chunk(call_context, function, std::vector<Item>, bool keeps_going);
///     std::optional<std::shared_ptr<const void>> keep_place();   // empty: the queue is full
///     std::size_t most_workers() const;
class executor_access {
  public:
    template <class Pool, class F, class... A>
    static auto call(Pool& pool, call_context context, F&& function, A&&... arguments) {
        return pool.call(std::move(context), std::forward<F>(function), std::forward<A>(arguments)...);
    }
    template <class Pool, class F, class Item>
    static auto call_chunk(Pool& pool, call_context context, const F& function, std::vector<Item> items,
                           bool keeps_going) {
        return pool.call_chunk(std::move(context), function, std::move(items), keeps_going);
    }
    template <class Pool> static auto keep_place(Pool& pool) { return pool.keep_place(); }
    template <class Pool> static std::size_t most_workers(const Pool& pool) { return pool.most_workers(); }
};

} // namespace detail

/// An executor with options, as `with` returns it: `pool.with(priority(5)).run(function)`. Cheap to copy; the
/// executor has to outlive it and what it runs.
template <class Pool> class executor_view {
  public:
    executor_view(Pool& pool, const detail::call_options& options) noexcept
        : pool_(&pool)
        , options_(options) {}

    /// The same with more options; a later one of a kind replaces an earlier one.
    template <class... Option> executor_view with(const Option&... option) const {
        executor_view changed = *this;
        (changed.options_.set(option), ...);
        return changed;
    }

    template <class F, class... A>
    task<detail::call_result_t<F, A...>> run(F&& function, A&&... arguments) const {
        TANDEM_CHECK_AWAITED_CLOSURE(F);
        return within_limits(detail::executor_access::call(*pool_, context(), std::forward<F>(function),
                                                           std::forward<A>(arguments)...));
    }

    template <class F, class... A>
    job<detail::call_result_t<F, A...>> submit(F&& function, A&&... arguments) const {
        return launch(context(), std::forward<F>(function), std::forward<A>(arguments)...);
    }

    template <class F, class... A>
    std::optional<job<detail::call_result_t<F, A...>>> try_submit(F&& function, A&&... arguments) const {
        auto place = detail::executor_access::keep_place(*pool_);
        if (!place) return std::nullopt;
        detail::call_context with_place = context();
        with_place.place = std::move(*place);
        return launch(std::move(with_place), std::forward<F>(function), std::forward<A>(arguments)...);
    }

    template <class F, class Range, class... Option>
    auto map(F&& function, Range&& range, const Option&... option) const {
        using called = std::decay_t<F>;
        using item = std::decay_t<decltype(*std::begin(range))>;
        using value = detail::value_or_monostate<detail::call_result_t<called, item>>;
        constexpr bool keeps_going = (std::is_same_v<Option, keep_going_t> || ...);
        detail::map_options how(options_, detail::executor_access::most_workers(*pool_));
        (how.set(option), ...);
        auto start = [pool = pool_, called_function = called(std::forward<F>(function)),
                      keeps = how.keeps_going(), place = context()](std::vector<item> items) {
            return detail::executor_access::call_chunk(*pool, place, called_function, std::move(items),
                                                       keeps);
        };
        using given = std::conditional_t<keeps_going, result<value>, value>;
        return detail::map_chunks<given, value>(std::forward<Range>(range), how, std::move(start));
    }

  private:
    detail::call_context context() const {
        detail::call_context made;
        made.priority = options_.priority();
        made.crash_retries = options_.crash_retries();
        made.cost = options_.cost();
        return made;
    }
    template <class T> task<T> within_limits(task<T> work) const {
        if (options_.limit()) work = timeout(*options_.limit(), std::move(work));
        if (options_.moment()) work = deadline(*options_.moment(), std::move(work));
        return work;
    }
    template <class F, class... A>
    job<detail::call_result_t<F, A...>> launch(detail::call_context context, F&& function,
                                               A&&... arguments) const {
        auto core = std::make_shared<detail::job_core>(detail::creating_task());
        context.record = &core->record();
        auto work = within_limits(detail::executor_access::call(
            *pool_, std::move(context), std::forward<F>(function), std::forward<A>(arguments)...));
        core->launch(*work.release());
        return job<detail::call_result_t<F, A...>>(std::move(core));
    }

    Pool* pool_;
    detail::call_options options_;
};

/// The part of an executor's face that is made of its `run`. `Pool` derives from it.
template <class Pool> class executor_face {
  public:
    /// Gives `function(arguments...)` to the executor now, and returns a handle to wait for it with, to ask
    /// about it, to cancel it: see `job`. What `run` documents of functions, arguments, errors and
    /// cancellation holds. Called from a coroutine; throws usage_error elsewhere.
    ///
    /// A bounded queue does not refuse it: it is last in line then. `co_await room()` before it holds a
    /// producer back.
    template <class F, class... A>
    job<detail::call_result_t<F, A...>> submit(F&& function, A&&... arguments) {
        return with().submit(std::forward<F>(function), std::forward<A>(arguments)...);
    }

    /// The same where there is room in a bounded queue (the pool's option queue_limit), else empty, and then
    /// nothing has been taken from the arguments.
    template <class F, class... A>
    std::optional<job<detail::call_result_t<F, A...>>> try_submit(F&& function, A&&... arguments) {
        return with().try_submit(std::forward<F>(function), std::forward<A>(arguments)...);
    }

    /// `function(item)` for each item of `range`, as a stream of the values: see executor_stream.
    ///
    ///     auto primes = processes.map(is_prime, numbers, chunk(256));
    ///     while (auto answer = co_await primes.next()) …
    ///
    /// Values come in the order of the items, unless `unordered` is given: then chunk by chunk as these are
    /// done. Items are copied from the range as there is room for them (in_flight): an endless range works.
    /// `chunk(n)` makes one call of n items: one trip to a worker.
    ///
    /// The first error, in that order, ends the map. With `keep_going` the stream gives a result for each
    /// item instead; an error of a call itself, a worker that died, is that of each of its items then.
    /// with_deadline, as an option here or of `with`, holds for the map as a whole: then `next` throws
    /// timed_out. Called from a coroutine; throws usage_error elsewhere.
    template <class F, class Range, class... Option>
    auto map(F&& function, Range&& range, const Option&... option) {
        return with().map(std::forward<F>(function), std::forward<Range>(range), option...);
    }

    /// This executor with options for each of its calls: `pool.with(priority(5), with_deadline(2s)).run(f)`.
    template <class... Option> executor_view<Pool> with(const Option&... option) {
        detail::call_options options;
        (options.set(option), ...);
        return executor_view<Pool>(static_cast<Pool&>(*this), options);
    }

  protected:
    ~executor_face() = default;
};

} // namespace tandem
