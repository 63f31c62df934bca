// Tasks that run beside each other in a scope which ends only when they all have.
#pragma once
#include <functional>
#include <string>

#include <tandem/coro/child_set.hpp>
#include <tandem/coro/join_handle.hpp>

namespace tandem {

namespace detail {

template <class Callable, class... Arguments>
auto keep_and_call(Callable callable, Arguments... arguments)
    -> task<await_result_t<std::invoke_result_t<Callable&, Arguments...>>> {
    co_return co_await std::invoke(callable, std::move(arguments)...);
}

} // namespace detail

/// The tasks that `with_group` waits for. Lives as long as its `with_group`; belongs to its loop's thread.
class TANDEM_API task_group final : private detail::child_set {
  public:
    explicit task_group(detail::promise_base& parent) noexcept
        : child_set(parent) {}

    /// Starts `work` beside the others, from the next turn of the loop on. `name` is for task dumps and
    /// errors. Returns a handle to await its value with, which may be dropped.
    template <awaitable Work>
    auto spawn(Work work, std::string name = {}) -> join_handle<detail::await_result_t<Work>> {
        auto child = detail::to_task(std::move(work));
        if (!name.empty()) child.promise().set_name(std::move(name));
        auto& promise = *child.release();
        start(promise);
        return join_handle<detail::await_result_t<Work>>(promise);
    }

    /// Starts the coroutine `callable(arguments...)`, and keeps the callable and the arguments for as long as
    /// it runs: a lambda that captures is safe here, though its coroutine refers to it.
    template <class Callable, class... Arguments>
        requires(!awaitable<std::decay_t<Callable>> &&
                 std::is_invocable_v<std::decay_t<Callable>&, std::decay_t<Arguments>...>)
    auto spawn(Callable&& callable, Arguments&&... arguments) {
        return spawn(detail::keep_and_call<std::decay_t<Callable>, std::decay_t<Arguments>...>(
            std::forward<Callable>(callable), std::forward<Arguments>(arguments)...));
    }

    /// Cancels everything in the group, its body included. Those that end by it do not count as failed.
    void cancel() noexcept { scope().cancel(); }

    /// How many spawned tasks have not ended.
    std::size_t running() const noexcept { return child_set::running(); }

    /// The errors after the first (which `with_group` throws), in the order they came. They are logged as
    /// well.
    const std::vector<std::exception_ptr>& errors() const noexcept { return later_errors(); }

  private:
    template <class Body> friend auto with_group(Body&& body);
    template <class Body> friend auto with_group(keep_going_t, Body&& body);

    template <class Body>
    static auto run(Body body, bool keeps_going)
        -> task<detail::await_result_t<std::invoke_result_t<Body&, task_group&>>> {
        using value = detail::await_result_t<std::invoke_result_t<Body&, task_group&>>;
        task_group group(co_await detail::this_task());
        group.keeps_going_ = keeps_going;
        result<value> outcome;
        try {
            auto main = detail::to_task(body(group));
            if constexpr (std::is_void_v<value>)
                co_await detail::in_scope(group.scope(), main);
            else
                outcome = result<value>::success(co_await detail::in_scope(group.scope(), main));
        } catch (...) {
            group.note(std::current_exception());
        }
        // Others may spawn between the end of the last task and this coroutine's next step.
        while (group.running() > 0)
            co_await group.join();
        group.rethrow();
        if (!group.kept_.empty()) throw exception_group("tasks of a group failed", std::move(group.kept_));
        if constexpr (!std::is_void_v<value>) {
            if (!outcome)
                throw usage_error("with_group: the group was cancelled before its body had a value");
            co_return std::move(outcome).value();
        }
    }

    /// An error cancels the others, unless they are to keep going.
    void note(std::exception_ptr outcome);
    void ended(detail::promise_base& child) noexcept override;

    std::vector<std::exception_ptr> kept_;
    bool keeps_going_ = false;
};

/// Runs `body(group)` and everything it spawns into `group`; ends when all of them have, with the body's
/// value.
///
/// The first error, of the body or of a task, cancels the others and is rethrown as itself once they have
/// ended; the rest are in `group.errors()` and in the log. Cancelling the task that awaits it cancels them
/// all. After `group.cancel()` a body that was still waiting has no value to give: that is an error for a
/// body with a value.
///
///     co_await with_group([&](task_group& group) -> task<> {
///         for (auto& link : links) group.spawn(fetch(link));
///         co_return;
///     });
template <class Body> auto with_group(Body&& body) {
    TANDEM_CHECK_AWAITED_CLOSURE(Body);
    return task_group::run<std::decay_t<Body>>(std::forward<Body>(body), false);
}

/// The same, but an error cancels nobody: all run to their end, then the errors are thrown as one
/// exception_group.
template <class Body> auto with_group(keep_going_t, Body&& body) {
    TANDEM_CHECK_AWAITED_CLOSURE(Body);
    return task_group::run<std::decay_t<Body>>(std::forward<Body>(body), true);
}

} // namespace tandem
