// The value of a task that was spawned.
#pragma once
#include <utility>

#include <tandem/coro/task.hpp>
#include <tandem/coro/waiter.hpp>

namespace tandem {

namespace detail {
/// Throws what an await in `scope` gives whose task, `joined`, was cancelled; nothing where it was not.
TANDEM_API void throw_if_joined_was_cancelled(const promise_base& joined, const cancel_scope& scope);
} // namespace detail

/// What `task_group::spawn` returns: a way to await one task of a group. Dropping it changes nothing; the
/// group waits for the task, and gets its error, with or without a handle. Move-only; it may outlive the
/// group.
template <class T> class join_handle {
  public:
    class join_operation;

    explicit join_handle(detail::task_promise<T>& promise) noexcept
        : promise_(&promise) {
        promise.set_held(true);
    }
    join_handle(join_handle&& other) noexcept
        : promise_(std::exchange(other.promise_, nullptr)) {}
    join_handle& operator=(join_handle&& other) noexcept {
        std::swap(promise_, other.promise_);
        return *this;
    }
    ~join_handle() {
        if (!promise_) return;
        if (promise_->is_done())
            promise_->handle().destroy();
        else
            promise_->set_held(false);
    }

    bool is_done() const noexcept { return promise_->is_done(); }

    /// Waits for the task's end; gives its value, once, or rethrows its error. Throws task_cancelled where
    /// the task was cancelled and the scope of this await was not. Cancelling this await does not cancel the
    /// task. One await at a time.
    join_operation operator co_await() const noexcept { return join_operation(*promise_); }

  private:
    detail::task_promise<T>* promise_;
};

template <class T>
class [[nodiscard]] join_handle<T>::join_operation final
    : public detail::waiting_operation<typename join_handle<T>::join_operation> {
  public:
    explicit join_operation(detail::task_promise<T>& promise) noexcept
        : promise_(promise) {}
    T await_resume() {
        this->throw_if_cancelled();
        detail::throw_if_joined_was_cancelled(promise_, this->waiting_task().scope());
        return promise_.take();
    }

  private:
    friend detail::waiting_operation<join_operation>;
    bool try_now() const noexcept { return promise_.is_done(); }
    void enqueue() {
        if (promise_.joiner()) throw usage_error("join_handle: awaited by two tasks at a time");
        promise_.set_joiner(this);
    }
    bool withdraw() noexcept override {
        promise_.set_joiner(nullptr);
        return true;
    }

    detail::task_promise<T>& promise_;
};

} // namespace tandem
