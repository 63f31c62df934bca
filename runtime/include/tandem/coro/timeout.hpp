// Time limits.
#pragma once
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <tandem/coro/task.hpp>

namespace tandem {

namespace detail {

[[noreturn]] TANDEM_API void throw_timed_out(duration limit);

/// Awaits a task in a scope with a time limit, which the awaiter opens below the coroutine that awaits: a
/// coroutine of its own would cost as much as all the rest.
template <class T> class [[nodiscard]] limited_awaiter {
  public:
    limited_awaiter(duration limit, const task<T>& work) noexcept
        : limit_(limit)
        , work_(work.promise()) {}
    limited_awaiter(const limited_awaiter&) = delete;
    limited_awaiter& operator=(const limited_awaiter&) = delete;
    ~limited_awaiter() { close(); }
    bool await_ready() const noexcept { return false; }
    template <class Promise> bool await_suspend(std::coroutine_handle<Promise> self) {
        promise_base& parent = self.promise();
        ::new (&scope_) cancel_scope(parent);
        is_open_ = true;
        scope_.set_time_limit(limit_);
        is_stopped_ = scope_.is_cancelled() && !work_.always_starts();
        if (is_stopped_) work_.set_awaited(scope_);
        return !is_stopped_ && work_.run_below(parent, scope_);
    }
    T await_resume() {
        if (is_stopped_ || is_cancellation(work_.error())) [[unlikely]]
            throw_cause();
        close(); // before the end of the expression that the await is a part of
        return work_.take();
    }

  private:
    void close() noexcept {
        if (std::exchange(is_open_, false)) scope_.~cancel_scope();
    }
    [[noreturn]] void throw_cause() {
        try {
            if (is_stopped_) scope_.throw_cancelled();
            std::rethrow_exception(work_.error());
        } catch (const cancelled& stop) {
            if (!scope_.owns(stop)) throw;
        }
        throw_timed_out(limit_);
    }

    duration limit_;
    task_promise<T>& work_;
    /// Opened by the await.
    union {
        cancel_scope scope_;
    };
    bool is_open_ = false;
    /// The scope was cancelled before the work could start.
    bool is_stopped_ = false;
};

template <class T> task<T> run_within(duration limit, task<T> work) {
    co_return co_await limited_awaiter<T>(limit, work);
}

template <class T> task<T> run_until(time_point moment, task<T> work) {
    cancel_scope scope(co_await this_task());
    scope.set_deadline(moment);
    try {
        co_return co_await in_scope(scope, work);
    } catch (const cancelled& stop) {
        if (!scope.owns(stop)) throw;
    }
    throw timed_out("timed out: the deadline passed");
}

template <class T> using optional_or_bool = std::conditional_t<std::is_void_v<T>, bool, std::optional<T>>;

template <class T> task<optional_or_bool<T>> run_or_move_on(duration limit, task<T> work) {
    cancel_scope scope(co_await this_task());
    scope.set_time_limit(limit);
    try {
        if constexpr (std::is_void_v<T>) {
            co_await in_scope(scope, work);
            co_return true;
        } else {
            co_return co_await in_scope(scope, work);
        }
    } catch (const cancelled& stop) {
        if (!scope.owns(stop)) throw;
    }
    co_return optional_or_bool<T>();
}

} // namespace detail

/// What `timeout` returns: awaited like a task, and turns into one where a task is wanted.
template <class T> class [[nodiscard]] limited_task {
  public:
    limited_task(duration limit, task<T> work) noexcept
        : limit_(limit)
        , work_(std::move(work)) {}
    detail::limited_awaiter<T> operator co_await() && noexcept {
        return detail::limited_awaiter<T>(limit_, work_);
    }
    operator task<T>() && {
        const bool always = work_.promise().always_starts();
        return detail::starting_always(detail::run_within(limit_, std::move(work_)), always);
    }

  private:
    duration limit_;
    task<T> work_;
};

/// Awaits `work` for at most `limit`, counted from the await; then cancels it and, once it has ended, throws
/// timed_out. A value that arrives all the same is returned, however late: nothing that was received is lost.
/// Deadlines nest: the earliest of those around an await holds.
template <awaitable Work> auto timeout(duration limit, Work work) {
    return limited_task<detail::await_result_t<Work>>(limit, detail::to_task(std::move(work)));
}

/// The same with the moment at which to stop.
template <awaitable Work> auto deadline(time_point moment, Work work) {
    auto inner = detail::to_task(std::move(work));
    const bool always = inner.promise().always_starts();
    return detail::starting_always(detail::run_until(moment, std::move(inner)), always);
}

/// Awaits `work` for at most `limit`, then cancels it and moves on: returns its value in a std::optional,
/// empty where it had none in time; for a task without a value, whether it ended by itself.
template <awaitable Work> auto move_on_after(duration limit, Work work) {
    auto inner = detail::to_task(std::move(work));
    const bool always = inner.promise().always_starts();
    return detail::starting_always(detail::run_or_move_on(limit, std::move(inner)), always);
}

} // namespace tandem
