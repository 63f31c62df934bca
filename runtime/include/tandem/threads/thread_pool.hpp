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
#include <tandem/threads/chunk_outcome.hpp>
#include <tandem/threads/executor.hpp>
#include <tandem/threads/signature.hpp>
#include <tandem/threads/thread_pool_statistics.hpp>

namespace tandem {

namespace detail {

struct thread_queue_tag;
class thread_queue;

/// One call's stay with the pool's threads; lives in the frame of the coroutine that waits for it.
class TANDEM_API thread_job : public waiting_operation<thread_job>, public list_hook<thread_queue_tag> {
  public:
    thread_job(thread_queue& queue, call_context context) noexcept
        : queue_(queue)
        , context_(std::move(context)) {}

  protected:
    ~thread_job() = default;
    std::stop_token stop_token() const noexcept { return stop_.get_token(); }
    /// Throws where the function passed its own cancellation on.
    void throw_if_stopped(const std::exception_ptr& error) const;
    enum class ending { value, error, cancelled };

  private:
    friend waiting_operation;
    friend thread_queue;
    /// Calls the function and keeps its outcome; on a thread of the pool.
    virtual ending execute() noexcept = 0;
    void enqueue();
    bool withdraw() noexcept final;

    thread_queue& queue_;
    call_context context_;
    std::stop_source stop_;
    time_point queued_at_{};
    external_wait in_flight_;
    std::optional<loop_handle> home_;
};

/// What a coroutine waits for at a thread_pool beside its calls.
class TANDEM_API thread_wait final : public waiting_operation<thread_wait>,
                                     public list_hook<thread_queue_tag> {
  public:
    enum class kind {
        room,  ///< in the queue
        quiet, ///< no call waits or runs
    };
    thread_wait(thread_queue& queue, kind what) noexcept
        : queue_(queue)
        , kind_(what) {}
    void await_resume() const { throw_if_cancelled(); }

  private:
    friend waiting_operation;
    friend thread_queue;
    bool try_now() noexcept;
    void enqueue();
    bool withdraw() noexcept override;

    thread_queue& queue_;
    kind kind_;
    external_wait in_flight_;
    std::optional<loop_handle> home_;
};

template <class Function, class... Arguments> class thread_call final : public thread_job {
    using value = call_result_t<Function, Arguments...>;

  public:
    thread_call(thread_queue& queue, call_context context, Function& function,
                std::tuple<Arguments...>& arguments) noexcept
        : thread_job(queue, std::move(context))
        , function_(function)
        , arguments_(arguments) {}
    value await_resume() {
        throw_if_cancelled();
        throw_if_stopped(outcome_.error());
        return std::move(outcome_).value();
    }

  private:
    ending execute() noexcept override {
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
            return ending::value;
        } catch (...) {
            outcome_ = result<value>::failure(std::current_exception());
            return is_cancellation(outcome_.error()) ? ending::cancelled : ending::error;
        }
    }

    Function& function_;
    std::tuple<Arguments...>& arguments_;
    result<value> outcome_;
};

template <class Function, class... Arguments>
task<call_result_t<Function, Arguments...>> call_in_thread(thread_queue& queue, call_context context,
                                                           Function function, Arguments... arguments) {
    std::tuple<Arguments...> held(std::move(arguments)...);
    thread_call<Function, Arguments...> call(queue, std::move(context), function, held);
    co_return co_await call;
}

} // namespace detail

/// How a thread_pool is made. The defaults are what an application wants.
class thread_pool_options {
  public:
    /// So many threads; 0, the default, means one for each core.
    thread_pool_options& threads(std::size_t count) noexcept {
        threads_ = count;
        return *this;
    }
    /// `try_submit` gives nothing, and `room` waits, while so many calls wait for a thread. No limit by
    /// default; at least one.
    thread_pool_options& queue_limit(std::size_t count) noexcept {
        queue_limit_ = count ? count : 1;
        return *this;
    }

    std::size_t threads() const noexcept { return threads_; }
    std::size_t queue_limit() const noexcept { return queue_limit_; }

  private:
    std::size_t threads_ = 0;
    std::size_t queue_limit_ = static_cast<std::size_t>(-1);
};

/// Threads that run functions from one queue: by priority, then first come, first served.
/// For work that blocks; work that computes is safer in a process_pool, where it can be stopped and cannot
/// take the program with it: a thread can only be asked. The pool may be used from several loops at once. It
/// must outlive the tasks that use it.
class TANDEM_API thread_pool : public executor_face<thread_pool> {
  public:
    explicit thread_pool(const thread_pool_options& options);
    /// `threads` of 0 means one for each core.
    explicit thread_pool(std::size_t threads = 0)
        : thread_pool(thread_pool_options().threads(threads)) {}
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;
    /// Waits for the functions that are running.
    ~thread_pool();

    /// So many threads, or as many as are to be there once those too many are done with what they run.
    std::size_t size() const noexcept;
    /// Changes it; 0 means one for each core. New threads start at once, those too many end after what they
    /// run. Any thread. Throws std::system_error where one cannot be started.
    void resize(std::size_t threads);
    /// How many calls wait for a thread.
    std::size_t queued() const noexcept;

    /// Calls `function(arguments...)` on a thread of the pool and gives its value or its exception. The
    /// arguments are copied or moved into the call, unless wrapped by std::ref.
    ///
    /// Cancellation takes a call that has not begun out of the queue. A function that runs can only be asked:
    /// if its first or last parameter is a std::stop_token, that is told; in either case the await ends when
    /// the function has, with its value if it has one. A function that ends by throwing `cancelled`, as
    /// block_on does with the token, has been cancelled.
    template <class Function, class... Arguments> auto run(Function&& function, Arguments&&... arguments) {
        TANDEM_CHECK_AWAITED_CLOSURE(Function);
        return call({}, std::forward<Function>(function), std::forward<Arguments>(arguments)...);
    }

    /// Waits until fewer calls wait for a thread than queue_limit says. Others may be quicker to use the
    /// room: what is submitted then all the same is last in line.
    task<> room();

    /// Waits until no call is queued or running, those of other loops too, and all who awaited them are ready
    /// to go on. Calls made meanwhile are accepted, and waited for. Cancelling it changes nothing.
    task<> drain();

    /// Any thread. For the pool as a whole: a closure has no name that could tell its calls from others'.
    thread_pool_statistics statistics() const;

  private:
    friend detail::executor_access;

    template <class Function, class... Arguments>
    auto call(detail::call_context context, Function&& function, Arguments&&... arguments) {
        return detail::call_in_thread<std::decay_t<Function>, std::decay_t<Arguments>...>(
            *queue_, std::move(context), std::forward<Function>(function),
            std::forward<Arguments>(arguments)...);
    }
    template <class Function, class Item>
    auto call_chunk(detail::call_context context, const Function& function, std::vector<Item> items,
                    bool keeps_going) {
        return call(std::move(context), detail::chunk_call<Function, Item>(function, keeps_going),
                    std::move(items));
    }
    std::optional<std::shared_ptr<const void>> keep_place();
    std::size_t most_workers() const noexcept { return size(); }

    std::unique_ptr<detail::thread_queue> queue_;
};

} // namespace tandem
