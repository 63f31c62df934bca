// What every coroutine of the runtime has in its frame: who awaits it, where it stands, in which scope it
// runs.
#pragma once
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <utility>

#include <tandem/base/intrusive_list.hpp>
#include <tandem/coro/cancel_scope.hpp>
#include <tandem/coro/scheduler.hpp>

namespace tandem::detail {

class promise_base;

/// True if `error` is a `cancelled`; does not throw it.
TANDEM_API bool is_cancellation(const std::exception_ptr& error) noexcept;

/// Where a coroutine that runs beside others, not below one, reports its end.
class child_owner {
  public:
    /// The coroutine is suspended at its end; the owner may destroy it.
    virtual void child_done(promise_base& child) noexcept = 0;

  protected:
    ~child_owner() = default;
};

TANDEM_API void* allocate_frame(std::size_t bytes);
TANDEM_API void free_frame(void* frame, std::size_t bytes) noexcept;

/// Called, if set, with each task that is dropped without ever having been awaited or spawned; by whichever
/// thread drops it.
using never_awaited_hook = void (*)(const promise_base& dropped) noexcept;
TANDEM_API void set_never_awaited_hook(never_awaited_hook hook) noexcept;
TANDEM_API void note_never_awaited(const promise_base& dropped) noexcept;

/// An awaiter that stays where it is: its address is known to others while it waits. (g++ 12 copies an
/// awaiter that await_transform returns by reference.)
template <class Awaiter> class awaiter_in_place {
  public:
    explicit awaiter_in_place(Awaiter& awaiter) noexcept
        : awaiter_(awaiter) {}
    decltype(auto) await_ready() { return awaiter_.await_ready(); }
    template <class Promise> decltype(auto) await_suspend(std::coroutine_handle<Promise> self) {
        return awaiter_.await_suspend(self);
    }
    decltype(auto) await_resume() { return awaiter_.await_resume(); }

  private:
    Awaiter& awaiter_;
};

/// What the await of `awaitable` asks: its operator co_await's answer, else itself.
template <class T> auto awaiter_of(T&& awaitable) noexcept {
    if constexpr (requires { std::forward<T>(awaitable).operator co_await(); })
        return std::forward<T>(awaitable).operator co_await();
    else
        return awaiter_in_place<std::remove_reference_t<T>>(awaitable);
}

struct child_tag;

class promise_base : public list_hook<child_tag> {
  public:
    static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
    static void operator delete(void* frame, std::size_t bytes) noexcept { free_frame(frame, bytes); }

    struct at_end {
        bool await_ready() const noexcept { return false; }
        template <class Promise> void await_suspend(std::coroutine_handle<Promise> self) const noexcept {
            self.promise().finish();
        }
        void await_resume() const noexcept {}
    };

    std::suspend_always initial_suspend() const noexcept { return {}; }
    at_end final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { error_ = std::current_exception(); }

    /// Notes where the coroutine waits, for task dumps and slow-step reports.
    template <class Awaitable>
    auto await_transform(Awaitable&& awaitable,
                         std::source_location here = std::source_location::current()) noexcept {
        location_ = here;
        return awaiter_of(std::forward<Awaitable>(awaitable));
    }

    cancel_scope& scope() const noexcept { return *scope_; }
    detail::scheduler& scheduler() const noexcept { return scope_->scheduler(); }
    std::coroutine_handle<> handle() const noexcept { return handle_; }
    /// The coroutine that awaits this one; null for one that was spawned.
    promise_base* parent() const noexcept { return parent_; }
    /// The await at which it stands or last stood; before its first, the coroutine's function.
    const std::source_location& location() const noexcept { return location_; }
    const std::string* name() const noexcept { return name_.get(); }
    void set_name(std::string name) { name_ = std::make_unique<std::string>(std::move(name)); }
    const std::exception_ptr& error() const noexcept { return error_; }
    bool is_done() const noexcept { return done_; }
    /// False for a coroutine that nobody has awaited or spawned.
    bool was_awaited() const noexcept { return scope_ != nullptr; }
    /// For an await that ends before it starts, because its scope has been cancelled.
    void set_awaited(cancel_scope& scope) noexcept { scope_ = &scope; }

    /// Notes that a wait begins, so that a dump can tell how long it has lasted.
    void note_wait() noexcept { since_ = scheduler().coarse_now(); }

    /// Runs as the child of `parent`, in `scope`, until it next has something for it: its end or, in a
    /// stream, a value. Returns true if the parent has to suspend, false if that came at once: the answer of
    /// a bool await_suspend.
    bool run_below(promise_base& parent, cancel_scope& scope) noexcept {
        parent_ = &parent;
        scope_ = &scope;
        has_reported_ = false;
        detail::scheduler& run = scope.scheduler();
        if (!run.may_continue()) {
            parent_waits_ = true;
            run.make_ready(*this);
            return true;
        }
        if (run.at_depth_limit()) {
            parent_waits_ = true;
            run.continue_with(*this);
            return true;
        }
        parent_waits_ = false;
        run.enter();
        run.set_current(this);
        handle_.resume();
        run.set_current(&parent);
        run.leave();
        parent_waits_ = !has_reported_;
        return parent_waits_;
    }

    /// Where true, the coroutine starts even in a cancelled scope: its await is no checkpoint.
    bool always_starts() const noexcept { return always_starts_; }
    void set_always_starts(bool always) noexcept { always_starts_ = always; }

    /// It runs below an await that it has nothing for yet.
    bool is_below_await() const noexcept { return parent_ && !has_reported_; }

    /// A handle to a spawned coroutine keeps its frame beyond its end, and may wait for that.
    void set_held(bool held) noexcept { is_held_ = held; }
    bool is_held() const noexcept { return is_held_; }
    void set_joiner(waiter* joiner) noexcept { joiner_ = joiner; }
    waiter* joiner() const noexcept { return joiner_; }

    /// Its number among the children of its owner.
    std::size_t index() const noexcept { return index_; }

    /// Runs beside its owner's other children from the next turn on.
    void start_beside(child_owner& owner, cancel_scope& scope, std::size_t index) noexcept {
        owner_ = &owner;
        index_ = index;
        scope_ = &scope;
        ++scope.scheduler().tasks_alive_;
        scope.scheduler().make_ready(*this);
    }

  protected:
    promise_base(std::coroutine_handle<> self, const std::source_location& function) noexcept
        : handle_(self)
        , location_(function) {}
    promise_base(const promise_base&) = delete;
    promise_base& operator=(const promise_base&) = delete;
    ~promise_base() = default;

    void rethrow_error() {
        if (error_) std::rethrow_exception(std::move(error_));
    }

    /// Lets the parent go on: there is something for it.
    void report() noexcept {
        has_reported_ = true;
        if (parent_waits_) scheduler().continue_with(*parent_);
    }

  private:
    friend class scheduler;
    friend class task_tree_reader;

    void finish() noexcept {
        done_ = true;
        if (owner_) {
            --scheduler().tasks_alive_;
            owner_->child_done(*this);
        } else {
            report();
        }
    }

    promise_base* next_ready_ = nullptr;
    promise_base* parent_ = nullptr;
    child_owner* owner_ = nullptr;
    cancel_scope* scope_ = nullptr;
    waiter* joiner_ = nullptr;
    std::size_t index_ = 0;
    std::coroutine_handle<> handle_;
    std::source_location location_;
    std::unique_ptr<std::string> name_;
    std::exception_ptr error_;
    /// When its last wait began, in the scheduler's coarse time.
    std::uint32_t since_ = 0;
    bool done_ = false;
    /// The parent is suspended; otherwise it is still on the stack, about to look whether it has to suspend.
    bool parent_waits_ = false;
    bool has_reported_ = false;
    bool is_held_ : 1 = false;
    bool always_starts_ : 1 = false;
};

} // namespace tandem::detail

namespace tandem {

inline cancel_scope::cancel_scope(detail::promise_base& task, kind which) noexcept
    : scheduler_(&task.scheduler())
    , opener_(&task)
    , opened_at_(task.location())
    , id_(scheduler_->next_scope_id())
    , kind_(which) {
    link_below(task.scope());
    if (kind_ != kind::shielded) cause_ = parent_->cause_;
}

} // namespace tandem
