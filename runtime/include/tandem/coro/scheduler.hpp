// Which coroutine runs next. Knows nothing of I/O: the loop around it does.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <tandem/base/clock.hpp>
#include <tandem/base/intrusive_list.hpp>
#include <tandem/coro/timer.hpp>

namespace tandem {
class cancel_scope;
}

namespace tandem::detail {

class promise_base;
class task_tree_reader;

/// Told of each step, where somebody wants to know: a call for each costs more than a short step itself.
class step_watch {
  public:
    /// `task` goes on from the await at `task.location()`.
    virtual void step_begins(promise_base& task) noexcept = 0;
    /// The task may be gone by now.
    virtual void step_ends() noexcept = 0;

  protected:
    ~step_watch() = default;
};

struct idle_tag;

/// Somebody who waits until all others do. For tests: see testing::until_all_blocked.
class idle_wait : public list_hook<idle_tag> {
  public:
    /// Nothing is ready to run, and no timer or I/O is due. No longer in the scheduler's list.
    virtual void all_blocked() noexcept = 0;

  protected:
    ~idle_wait() = default;
};

/// The ready queue and the timers of one loop, and the account of the step that is running. A step is what
/// runs from one turn at the ready queue to the next suspension: a coroutine, the children it starts, and the
/// parents that go on because a child ended.
class TANDEM_API scheduler {
  public:
    /// How many awaits may go on without suspending before a step has to let others run.
    static constexpr int awaits_a_step = 128;
    /// How many coroutines may start each other on the stack. Deeper ones start when the stack has unwound:
    /// g++ keeps a frame for each at -O0 and under sanitizers, so symmetric transfer is no way out.
    static constexpr int depth_limit = 48;

    scheduler(time_source* source, std::optional<std::uint64_t> shuffle_seed) noexcept
        : source_(source)
        , shuffle_(shuffle_seed) {}

    /// From here on everything of this scheduler belongs to the calling thread.
    void bind_to_this_thread() noexcept;
    /// In builds with assertions, ends the program with a message when another thread than the loop's gets
    /// here.
    void check_thread() const noexcept;

    /// True on the thread that it was bound to.
    bool is_on_this_thread() const noexcept;

    /// Reads the clock; time limits that were set before, without reading it, count from here at the latest.
    time_point now() noexcept {
        const time_point read = source_ ? source_->now() : clock::now();
        if (!timers_.is_settled()) timers_.settle(read);
        coarse_now_ = coarse(read);
        return read;
    }
    /// A moment in units of 2^20 ns, a little over a millisecond: enough to say how long something has
    /// waited, in four bytes. Wraps after 52 days.
    static std::uint32_t coarse(time_point when) noexcept {
        return static_cast<std::uint32_t>(when.time_since_epoch().count() >> 20);
    }
    /// The last time that was read, at the latest when the loop last looked at I/O.
    std::uint32_t coarse_now() const noexcept { return coarse_now_; }
    /// What a difference of two coarse moments amounts to.
    static duration coarse_length(std::uint32_t length) noexcept {
        return std::chrono::nanoseconds(std::int64_t(length) << 20);
    }
    void settle_timers() noexcept {
        if (!timers_.is_settled()) now();
    }
    time_source* source() const noexcept { return source_; }
    timer_queue& timers() noexcept { return timers_; }

    /// Puts a suspended coroutine at the end of the ready queue; it must not be there already.
    void make_ready(promise_base& task) noexcept;
    bool has_ready() const noexcept { return first_ready_ != nullptr; }

    /// Runs what is ready now; what becomes ready meanwhile waits for the next turn. Returns the steps taken.
    std::size_t run_turn();

    /// Accounts for an await that could go on at once; false when the step has had its share.
    bool may_continue() noexcept { return --awaits_left_ > 0; }
    bool at_depth_limit() const noexcept { return depth_ >= depth_limit; }
    void enter() noexcept { ++depth_; }
    void leave() noexcept { --depth_; }
    /// Lets `task` go on in this same step, once the stack has unwound to the scheduler.
    void continue_with(promise_base& task) noexcept { next_ = &task; }

    /// The coroutine whose code runs now; null between steps.
    promise_base* current() const noexcept { return current_; }
    void set_current(promise_base* task) noexcept { current_ = task; }

    /// Runs what is ready inside `scope`, and what becomes ready there by that, before it returns. For the
    /// destructors of those whose tasks were just cancelled: the tasks end while what they refer to still
    /// lives.
    void run_inside(const cancel_scope& scope);

    /// Sets of tasks that were cancelled and left to end by themselves: the loop waits for them.
    void adopt_orphans() noexcept { ++orphans_; }
    void forget_orphans() noexcept { --orphans_; }
    bool has_orphans() const noexcept { return orphans_ > 0; }

    /// Those to tell when nothing is ready or due.
    intrusive_list<idle_wait, idle_tag>& idle_waits() noexcept { return idle_waits_; }

    /// Waits that something outside of the loop ends: see external_wait.
    std::size_t external_waits() const noexcept { return external_waits_; }
    /// Spawned tasks that have not ended; the coroutines that they await do not count.
    std::size_t tasks_alive() const noexcept { return tasks_alive_; }
    /// Counts them one by one.
    std::size_t ready_length() const noexcept;

    std::uint64_t next_scope_id() noexcept { return ++last_scope_id_; }
    std::uint64_t steps() const noexcept { return steps_; }

    /// Tells `watch` of each step from the next on; null for nobody.
    void watch_steps(step_watch* watch) noexcept { watch_ = watch; }

  private:
    friend class external_wait;
    friend class promise_base;
    friend class task_tree_reader;

    void run_step(promise_base& task);
    void run_watched_step(promise_base& task);
    void shuffle_turn();
    /// Takes the first task inside `scope` out of a list; `last` is the list's end where that is kept.
    static promise_base* take_inside(const cancel_scope& scope, promise_base*& first,
                                     promise_base** last) noexcept;

    promise_base* first_ready_ = nullptr;
    promise_base* last_ready_ = nullptr;
    /// What is left of the turn that runs.
    promise_base* turn_ = nullptr;
    promise_base* next_ = nullptr;
    promise_base* current_ = nullptr;
    int awaits_left_ = awaits_a_step;
    int depth_ = 0;
    std::size_t orphans_ = 0;
    std::uint64_t last_scope_id_ = 0;
    /// The loop's thread as pthread_self tells it, 0 before the loop has run.
    std::uintptr_t thread_ = 0;
    std::uint64_t steps_ = 0;
    std::size_t external_waits_ = 0;
    std::size_t tasks_alive_ = 0;
    step_watch* watch_ = nullptr;
    intrusive_list<idle_wait, idle_tag> idle_waits_;
    std::uint32_t coarse_now_ = 0;
    timer_queue timers_;
    time_source* source_;
    /// The state of the generator that shuffles each turn, for tests that shake out order assumptions.
    std::optional<std::uint64_t> shuffle_;
    std::vector<promise_base*> order_;
};

/// A part of each operation that something outside of the loop ends: I/O, a thread, another process, a
/// signal. While there is one, a loop in which all tasks wait is not deadlocked. Moves only before it begins.
class external_wait {
  public:
    external_wait() noexcept = default;
    external_wait(external_wait&&) noexcept {}
    external_wait& operator=(external_wait&&) = delete;
    ~external_wait() { end(); }

    void begin(scheduler& where) noexcept {
        where_ = &where;
        ++where.external_waits_;
    }
    void end() noexcept {
        if (where_) --where_->external_waits_;
        where_ = nullptr;
    }

  private:
    scheduler* where_ = nullptr;
};

} // namespace tandem::detail
