// The coroutine type of the runtime.
#pragma once
#include <memory>
#include <new>
#include <optional>
#include <type_traits>

#include <tandem/base/result.hpp>
#include <tandem/coro/promise.hpp>

namespace tandem {

template <class T> class task;

namespace detail {

template <class T> class task_promise final : public promise_base {
  public:
    explicit task_promise(std::source_location function = std::source_location::current()) noexcept
        : promise_base(std::coroutine_handle<task_promise>::from_promise(*this), function) {}
    task<T> get_return_object() noexcept;

    template <class U = T>
        requires std::is_convertible_v<U, T>
    void return_value(U&& value) noexcept(std::is_nothrow_constructible_v<T, U>) {
        if constexpr (std::is_reference_v<T>)
            value_ = &value;
        else
            value_.emplace(std::forward<U>(value));
    }
    T take() {
        rethrow_error();
        if constexpr (std::is_reference_v<T>)
            return static_cast<T>(*value_);
        else
            return std::move(*value_);
    }

  private:
    std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, std::optional<T>> value_{};
};

template <> class task_promise<void> final : public promise_base {
  public:
    explicit task_promise(std::source_location function = std::source_location::current()) noexcept
        : promise_base(std::coroutine_handle<task_promise>::from_promise(*this), function) {}
    task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() { rethrow_error(); }
};

/// Awaits a child coroutine in the scope of its parent, or in one that the parent opened for it.
template <class T> class [[nodiscard]] task_awaiter {
  public:
    explicit task_awaiter(task_promise<T>& child, cancel_scope* scope = nullptr) noexcept
        : child_(child)
        , scope_(scope) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise> bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
        promise_base& parent = self.promise();
        if (!scope_) scope_ = &parent.scope();
        is_stopped_ = scope_->is_cancelled() && !child_.always_starts();
        if (is_stopped_) child_.set_awaited(*scope_);
        return !is_stopped_ && child_.run_below(parent, *scope_);
    }
    T await_resume() {
        throw_if_stopped();
        return child_.take();
    }

  protected:
    void throw_if_stopped() const {
        if (is_stopped_) scope_->throw_cancelled();
    }

  private:
    task_promise<T>& child_;
    cancel_scope* scope_;
    /// The scope was cancelled before the child could start.
    bool is_stopped_ = false;
};

} // namespace detail

/// A coroutine that computes a `T`. Lazy: it starts when it is awaited or spawned, and only then; a task that
/// is neither does nothing. It runs inside the scope of whoever awaits it.
///
/// Awaiting rethrows what the coroutine threw. Every await is a checkpoint: in a cancelled scope it throws
/// `cancelled` before the child starts (but for `shield` and `with_cleanup`). Move-only; awaited once, as an
/// rvalue. Belongs to one loop's thread once it has started.
template <class T = void> class [[nodiscard]] task {
  public:
    using promise_type = detail::task_promise<T>;
    using value_type = T;

    task(task&& other) noexcept
        : promise_(std::exchange(other.promise_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        task(std::move(other)).swap(*this);
        return *this;
    }
    ~task() {
        if (!promise_) return;
        if (!promise_->was_awaited()) detail::note_never_awaited(*promise_);
        promise_->handle().destroy();
    }
    void swap(task& other) noexcept { std::swap(promise_, other.promise_); }

    detail::task_awaiter<T> operator co_await() && noexcept { return detail::task_awaiter<T>(*promise_); }

    /// True until the task has been moved from.
    explicit operator bool() const noexcept { return promise_ != nullptr; }

    /// For combinators: the coroutine itself.
    promise_type& promise() const noexcept { return *promise_; }
    promise_type* release() noexcept { return std::exchange(promise_, nullptr); }
    explicit task(promise_type& promise) noexcept
        : promise_(&promise) {}

  private:
    promise_type* promise_;
};

namespace detail {

template <class T> task<T> task_promise<T>::get_return_object() noexcept {
    return task<T>(*this);
}
inline task<void> task_promise<void>::get_return_object() noexcept {
    return task<void>(*this);
}

/// Awaits `work` in `scope`, which the awaiting coroutine opened.
template <class T> task_awaiter<T> in_scope(cancel_scope& scope, const task<T>& work) noexcept {
    return task_awaiter<T>(work.promise(), &scope);
}

/// `co_await this_task()`: the coroutine that asks. Neither suspends nor is a checkpoint.
class this_task {
  public:
    bool await_ready() const noexcept { return false; }
    template <class Promise> bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
        self_ = &self.promise();
        return false;
    }
    promise_base& await_resume() const noexcept { return *self_; }

  private:
    promise_base* self_ = nullptr;
};

template <class T> constexpr bool is_task = false;
template <class T> constexpr bool is_task<task<T>> = true;

} // namespace detail

/// What can be awaited in a coroutine of the runtime: a task, or an operation such as `sleep(1s)`.
template <class T>
concept awaitable = requires(T&& value) {
    std::forward<T>(value).operator co_await();
}
|| requires(T& value) {
    { value.await_ready() } -> std::convertible_to<bool>;
};

namespace detail {

template <class T> struct await_result {};
template <awaitable T> struct await_result<T> {
    using type = decltype(awaiter_of(std::declval<T>()).await_resume());
};
/// What awaiting a `T` gives. No error but no type where a `T` cannot be awaited: clang 16 asks before it has
/// looked at a function's constraints.
template <class T> using await_result_t = typename await_result<T>::type;

/// `work` as a task: itself if it is one, else a coroutine that awaits it.
template <awaitable Work> auto to_task(Work work) -> task<await_result_t<Work>>
    requires(!is_task<Work> && !std::is_convertible_v<Work, task<await_result_t<Work>>>)
{ co_return co_await std::move(work); }
template <awaitable Work> auto to_task(Work work) -> task<await_result_t<Work>>
    requires(!is_task<Work> && std::is_convertible_v<Work, task<await_result_t<Work>>>)
{ return static_cast<task<await_result_t<Work>>>(std::move(work)); }
template <class T> task<T> to_task(task<T> work) noexcept {
    return work;
}

/// `work`, which starts even in a cancelled scope: what has to be done all the same.
template <class T> task<T> starting_always(task<T> work, bool always = true) noexcept {
    work.promise().set_always_starts(always);
    return work;
}

} // namespace detail

} // namespace tandem
