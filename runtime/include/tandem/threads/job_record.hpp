// What is known of a job while somebody else does it.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include <tandem/base/clock.hpp>
#include <tandem/base/config.hpp>

namespace tandem {

enum class job_state : std::uint8_t {
    queued,
    running,
    done,      ///< has a value
    failed,    ///< has an error
    cancelled, ///< was stopped before it had either
};

/// When a job was where. By the system's monotonic clock, whatever clock its loop has.
class job_times {
  public:
    job_times(time_point queued, std::optional<time_point> started, std::optional<time_point> ended) noexcept
        : queued_(queued)
        , started_(started)
        , ended_(ended) {}
    time_point queued_at() const noexcept { return queued_; }
    /// When it was last given to a worker; empty for one that never was.
    const std::optional<time_point>& started_at() const noexcept { return started_; }
    const std::optional<time_point>& ended_at() const noexcept { return ended_; }

    /// How long it was, or has been, in the queue.
    duration waited() const noexcept { return (started_ ? *started_ : end_or_now()) - queued_; }
    /// How long it ran, or has been running; zero where it has not begun.
    duration ran() const noexcept { return started_ ? end_or_now() - *started_ : duration::zero(); }

  private:
    time_point end_or_now() const noexcept { return ended_ ? *ended_ : clock::now(); }

    time_point queued_;
    std::optional<time_point> started_;
    std::optional<time_point> ended_;
};

namespace detail {

/// Written by the executor, from a thread of its own where it has some, and read by the job's handle.
class job_record {
  public:
    /// A worker has it.
    void begin() noexcept {
        started_ = clock::now().time_since_epoch().count();
        attempts_.fetch_add(1, std::memory_order_relaxed);
        state_ = job_state::running;
    }
    /// The worker was lost before it took it.
    void give_back() noexcept {
        attempts_.fetch_sub(1, std::memory_order_relaxed);
        started_ = never;
        state_ = job_state::queued;
    }
    /// The worker died of it, and it is to be run again.
    void lost() noexcept {
        started_ = never;
        state_ = job_state::queued;
    }
    /// The function has returned or thrown; not yet the state's business.
    void note_end() noexcept { ended_ = clock::now().time_since_epoch().count(); }
    /// The same where the executor was told how long it ran.
    void note_end(duration ran) noexcept {
        note_end();
        started_ = ended_ - ran.count();
    }
    void end(job_state how) noexcept {
        if (ended_ == never) note_end();
        state_ = how;
    }

    job_state state() const noexcept { return state_; }
    unsigned attempts() const noexcept { return attempts_; }
    job_times times() const noexcept { return {moment(queued_), known(started_), known(ended_)}; }

  private:
    using ticks = time_point::rep;
    static constexpr ticks never = 0;
    static time_point moment(ticks when) noexcept { return time_point(duration(when)); }
    static std::optional<time_point> known(ticks when) noexcept {
        if (when == never) return std::nullopt;
        return moment(when);
    }

    std::atomic<job_state> state_ = job_state::queued;
    std::atomic<unsigned> attempts_ = 0;
    ticks queued_ = clock::now().time_since_epoch().count();
    std::atomic<ticks> started_ = never;
    std::atomic<ticks> ended_ = never;
};

/// What an executor is told of a call beside the function.
struct call_context {
    int priority = 0;
    /// How often it is run again where it killed its worker.
    unsigned crash_retries = 0;
    /// How long the function is said to run each time; empty where nobody says.
    std::optional<duration> cost;
    /// Null where nobody asks; else outlives the call.
    job_record* record = nullptr;
    /// A place in a bounded queue that was kept for the call; given back when this is dropped.
    std::shared_ptr<const void> place;
};

} // namespace detail

} // namespace tandem
