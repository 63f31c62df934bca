// Somebody to look at a process: from inside while it is debugged, from outside while it runs.
#pragma once
#include <memory>

#include <tandem/base/clock.hpp>

namespace tandem {

/// What an observer does beyond writing the tasks when it is asked to.
class observer_options {
  public:
    /// Lets `tandem-ps` look in: the process then listens at a Unix socket that only the same user and root
    /// can use, in $XDG_RUNTIME_DIR/tandem or else in /tmp/tandem-UID.
    observer_options& observable(bool wanted = true) noexcept {
        observable_ = wanted;
        return *this;
    }
    /// Logs, as warnings: steps that take longer than `slow_step`, with the task and the lines of the awaits
    /// before and after; steps that do not end, once each, when they have lasted ten times as long; tasks
    /// that are dropped without having been awaited or spawned, with the function that made them; and scopes
    /// that are open when their loop ends. Costs two readings of the clock for each step; without it,
    /// nothing.
    observer_options& debug(bool wanted = true) noexcept {
        debug_ = wanted;
        return *this;
    }
    /// 100 ms at first.
    observer_options& slow_step(duration limit) noexcept {
        slow_step_ = limit;
        return *this;
    }

    bool is_observable() const noexcept { return observable_; }
    bool wants_debug() const noexcept { return debug_; }
    duration slow_step_limit() const noexcept { return slow_step_; }

  private:
    bool observable_ = false;
    bool debug_ = false;
    duration slow_step_ = std::chrono::milliseconds(100);
};

/// Looks at all loops of its process that start while it lives, from a thread of its own, so that it answers
/// while they are stuck. `run` has one; programs with a main of their own make one before their loops. What
/// cannot be had (a folder that is open to others) is logged, and done without. Must outlive the loops.
class TANDEM_API observer {
  public:
    /// Throws usage_error if there is one already, std::system_error if no thread can be had.
    explicit observer(const observer_options& options = {});
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;
    ~observer();

  private:
    struct state;
    std::unique_ptr<state> state_;
};

namespace detail {

/// Has the observer's thread write the tasks to stderr. Async-signal-safe. Does nothing without an observer.
TANDEM_API void write_tasks_soon() noexcept;
/// The same, and waits until that is done, for two seconds at most.
TANDEM_API void write_tasks_now() noexcept;

} // namespace detail

} // namespace tandem
