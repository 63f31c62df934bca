// The event loop of a thread: runs coroutines, timers and I/O in turns.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <tandem/coro/task.hpp>

namespace tandem {

class loop;

/// How a loop is made. The defaults are what an application wants; the rest serves tests.
class TANDEM_API loop_options {
  public:
    /// Time as `source` tells it. It must outlive the loop.
    loop_options& time(time_source& source) noexcept {
        source_ = &source;
        return *this;
    }
    /// Runs what is ready in an order drawn from `seed`, the same order for the same seed, instead of first
    /// come, first served.
    loop_options& shuffle(std::uint64_t seed) noexcept {
        shuffle_ = seed;
        return *this;
    }

  private:
    friend class loop;
    time_source* source_ = nullptr;
    std::optional<std::uint64_t> shuffle_;
};

/// A way into a loop for other threads, which may outlive it. While one exists, the loop takes it that
/// somebody will use it, and reports no deadlock: drop it when nothing more will come.
class TANDEM_API loop_handle {
  public:
    /// Runs `function` on the loop's thread, between two steps. Returns false if the loop is gone, and drops
    /// the function. Thread safe. An error of the function ends the loop's `run`, as one of `main` does.
    bool post(std::function<void()> function) const;

  private:
    friend class loop;
    struct mailbox;
    explicit loop_handle(std::shared_ptr<mailbox> mail) noexcept
        : mail_(std::move(mail)) {}
    std::shared_ptr<mailbox> mail_;
};

/// One loop runs on one thread, and takes no locks. A turn runs what was ready when it began; after at least
/// 64 steps, or when nothing is ready, the loop looks at I/O and timers: no task, however busy, keeps a
/// socket waiting. Everything but `post` and `handle` is for the thread that runs the loop.
class TANDEM_API loop {
  public:
    explicit loop(const loop_options& options = {});
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;
    ~loop();

    /// The loop that runs on this thread. Throws usage_error outside of one.
    static loop& current();
    /// The same, null outside of one.
    static loop* current_or_null() noexcept;

    /// Runs `main` to its end in the root scope and returns its value or rethrows its error, `cancelled`
    /// where the root scope was cancelled. Throws usage_error on a thread that runs a loop already.
    ///
    /// An error of a posted function, which has no task to go to, cancels the root scope and is thrown when
    /// `main` has ended; further ones are logged.
    ///
    /// Throws deadlock_error when every task waits and nothing can wake any of them: no timer, no operation
    /// outside of the loop, and no loop_handle for a thread to post by. The tasks are cancelled before that;
    /// where even that does not wake them, because they wait behind a shield, the process is aborted with the
    /// tree of tasks on stderr.
    template <class T> T run(task<T> main) {
        run_to_end(main.promise());
        return main.promise().take();
    }
    template <awaitable Work>
        requires(!detail::is_task<Work>)
    decltype(auto) run(Work main) { return run(detail::to_task(std::move(main))); }

    /// Runs `function` on the loop's thread, between two steps. Thread safe, while the loop lives; `handle()`
    /// is for those who cannot know, and for those without whom the loop would find itself deadlocked. An
    /// error of the function is thrown by `run`.
    void post(std::function<void()> function) { handle().post(std::move(function)); }
    loop_handle handle() const noexcept;

    /// The scope around all that `run` runs; null when nothing does.
    cancel_scope* root() noexcept;

    /// The coroutine whose code runs now. Throws usage_error outside of one.
    detail::promise_base& current_task();
    /// The same, null outside of one.
    detail::promise_base* current_task_or_null() noexcept { return scheduler_.current(); }

    /// Now, by the loop's clock.
    time_point now() noexcept { return scheduler_.now(); }
    /// Steps taken so far.
    std::uint64_t steps() const noexcept { return scheduler_.steps(); }

    /// For the I/O wing: what its operations run on. `<tandem/io/asio.hpp>` gives it its type.
    struct context;
    context& io() noexcept { return *context_; }

  private:
    friend class detail::task_tree_reader;

    void run_to_end(detail::promise_base& main);
    void turn();
    bool poll_io();
    std::size_t run_handler(bool waits);
    void handler_failed(std::exception_ptr error);
    void wait_for_work();
    void begin_turn(time_point now) noexcept;
    void end_turn(time_point now) noexcept;
    void wake_idle_waits();
    bool can_be_woken() const noexcept;
    void break_deadlock();

    detail::scheduler scheduler_;
    std::unique_ptr<context> context_;
    std::optional<cancel_scope> root_;
    std::uint64_t last_poll_ = 0;
    /// The error of a posted function, or of a handler of Asio, that ends the run.
    std::exception_ptr handler_error_;
    /// The tasks as they stood when nothing could wake them any more; empty as long as something can.
    std::string deadlock_;
};

/// The earliest deadline of the scope it is awaited in, if any: `auto until = co_await current_deadline();`
class current_deadline {
  public:
    bool await_ready() const noexcept { return false; }
    template <class Promise> bool await_suspend(std::coroutine_handle<Promise> self) noexcept {
        scope_ = &self.promise().scope();
        return false;
    }
    std::optional<time_point> await_resume() const noexcept { return scope_->deadline(); }

  private:
    cancel_scope* scope_ = nullptr;
};

} // namespace tandem
