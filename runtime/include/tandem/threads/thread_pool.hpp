// Ordinary functions, run by threads.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

#include <tandem/base/awaited_closure.hpp>
#include <tandem/base/result.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/waiter.hpp>
#include <tandem/threads/executor.hpp>
#include <tandem/threads/signature.hpp>

namespace tandem {

namespace detail {

struct thread_queue_tag;
class thread_queue;

/// One call's stay with the pool's threads; lives in the frame of the coroutine that waits for it.
class TANDEM_API thread_job : public waiting_operation<thread_job>, public list_hook<thread_queue_tag> {
  public:
    explicit thread_job(thread_queue& queue) noexcept
        : queue_(queue) {}

  protected:
    ~thread_job() = default;
    std::stop_token stop_token() const noexcept { return stop_.get_token(); }

  private:
    friend waiting_operation;
    friend thread_queue;
    /// Calls the function and keeps its outcome; on a thread of the pool.
    virtual void execute() noexcept = 0;
    void enqueue();
    bool withdraw() noexcept final;

    thread_queue& queue_;
    std::stop_source stop_;
    external_wait in_flight_;
    std::optional<loop_handle> home_;
};

template <class Function, class... Arguments> class thread_call final : public thread_job {
    using value = call_result_t<Function, Arguments...>;

  public:
    thread_call(thread_queue& queue, Function& function, std::tuple<Arguments...>& arguments) noexcept
        : thread_job(queue)
        , function_(function)
        , arguments_(arguments) {}
    value await_resume() {
        throw_if_cancelled();
        return std::move(outcome_).value();
    }

  private:
    void execute() noexcept override {
        try {
            auto call = [this](auto&... arguments) {
                constexpr stop_place stop = signature_of<Function, Arguments...>::stop;
                if constexpr (stop == stop_place::first)
                    return std::invoke(function_, stop_token(), std::move(arguments)...);
                else if constexpr (stop == stop_place::last)
                    return std::invoke(function_, std::move(arguments)..., stop_token());
                else
                    return std::invoke(function_, std::move(arguments)...);
            };
            if constexpr (std::is_void_v<value>) {
                std::apply(call, arguments_);
                outcome_ = result<>::success();
            } else {
                outcome_ = result<value>::success(std::apply(call, arguments_));
            }
        } catch (...) {
            outcome_ = result<value>::failure(std::current_exception());
        }
    }

    Function& function_;
    std::tuple<Arguments...>& arguments_;
    result<value> outcome_;
};

template <class Function, class... Arguments>
task<call_result_t<Function, Arguments...>> call_in_thread(thread_queue& queue, Function function,
                                                           Arguments... arguments) {
    std::tuple<Arguments...> held(std::move(arguments)...);
    thread_call<Function, Arguments...> call(queue, function, held);
    co_return co_await call;
}

} // namespace detail

/// A fixed number of threads that run functions from one queue, first come, first served. For work that
/// blocks; work that computes is safer in a process_pool, where it can be stopped and cannot take the program
/// with it. The pool may be used from several loops at once. It must outlive the tasks that use it.
class TANDEM_API thread_pool {
  public:
    /// `threads` of 0 means one for each core.
    explicit thread_pool(std::size_t threads = 0);
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;
    /// Waits for the functions that are running.
    ~thread_pool();

    std::size_t size() const noexcept;

    /// Calls `function(arguments...)` on a thread of the pool and gives its value or its exception. The
    /// arguments are copied or moved into the call, unless wrapped by std::ref.
    ///
    /// Cancellation takes a call that has not begun out of the queue. A function that runs can only be asked:
    /// if its first or last parameter is a std::stop_token, that is told; in either case the await ends when
    /// the function has, with its value if it has one.
    template <class Function, class... Arguments> auto run(Function&& function, Arguments&&... arguments) {
        TANDEM_CHECK_AWAITED_CLOSURE(Function);
        return detail::call_in_thread<std::decay_t<Function>, std::decay_t<Arguments>...>(
            *queue_, std::forward<Function>(function), std::forward<Arguments>(arguments)...);
    }

  private:
    std::unique_ptr<detail::thread_queue> queue_;
};

} // namespace tandem
