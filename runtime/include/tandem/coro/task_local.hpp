// Values that follow a task into everything it awaits and spawns.
#pragma once
#include <utility>

#include <tandem/coro/task.hpp>

namespace tandem {

/// A variable with a value for each branch of the task tree, such as a request's id: `with` sets it for the
/// work it runs and all below that; everything else keeps what it had.
///
///     task_local<std::string> request_id("none");
///     co_await request_id.with("42", handle(request));      // in handle(), and what that spawns:
///     log(co_await request_id);
///
/// A spawned task inherits from its group, which has what the task that opened it had.
template <class T> class task_local {
  public:
    /// `initial` holds where no `with` is around.
    explicit task_local(T initial = T())
        : initial_(std::move(initial)) {}
    task_local(const task_local&) = delete;
    task_local& operator=(const task_local&) = delete;

    /// Awaits `work` with this variable as `value`.
    template <awaitable Work> auto with(T value, Work work) const {
        auto inner = detail::to_task(std::move(work));
        const bool always = inner.promise().always_starts();
        return detail::starting_always(run(*this, std::move(value), std::move(inner)), always);
    }

    /// `co_await variable`: a reference to the value here, valid within the `with` that set it. Neither
    /// suspends nor is a checkpoint.
    class read_operation {
      public:
        explicit read_operation(const task_local& from) noexcept
            : from_(from) {}
        bool await_ready() const noexcept { return false; }
        template <class Promise> bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
            value_ = static_cast<const T*>(self.promise().scope().find_local(&from_));
            return false;
        }
        const T& await_resume() const noexcept { return value_ ? *value_ : from_.initial_; }

      private:
        const task_local& from_;
        const T* value_ = nullptr;
    };
    read_operation operator co_await() const noexcept { return read_operation(*this); }

  private:
    template <class U> static task<U> run(const task_local& variable, T value, task<U> work) {
        cancel_scope scope(co_await detail::this_task());
        scope.set_local(&variable, &value);
        co_return co_await detail::in_scope(scope, work);
    }

    T initial_;
};

} // namespace tandem
