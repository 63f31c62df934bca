// How a call is to be done by an executor, beside what it calls.
#pragma once
#include <cstddef>
#include <optional>

#include <tandem/base/clock.hpp>
#include <tandem/coro/map_concurrent.hpp>

namespace tandem {

/// Calls of a higher priority leave the queue before those of a lower one, however long these have waited;
/// calls of one priority in their order. 0 unless told.
class priority {
  public:
    explicit constexpr priority(int value) noexcept
        : value_(value) {}
    constexpr int value() const noexcept { return value_; }

  private:
    int value_;
};

/// When a call, or a whole map, is to be over; beside the deadlines of the scopes around it. The call is
/// stopped then, as by cancellation, and fails with timed_out.
class with_deadline {
  public:
    explicit constexpr with_deadline(time_point moment) noexcept
        : moment_(moment) {}
    /// So long after the call: for `run`, after it is awaited.
    explicit constexpr with_deadline(duration limit) noexcept
        : limit_(limit) {}
    constexpr std::optional<time_point> moment() const noexcept { return moment_; }
    constexpr std::optional<duration> limit() const noexcept { return limit_; }

  private:
    std::optional<time_point> moment_;
    std::optional<duration> limit_;
};

/// For `map`: so many items make one call. Short calls are worth sharing a trip to a worker. 1 unless told.
class chunk {
  public:
    explicit constexpr chunk(std::size_t count) noexcept
        : count_(count ? count : 1) {}
    constexpr std::size_t count() const noexcept { return count_; }

  private:
    std::size_t count_;
};

/// For `map`: at most so many chunks queued, running or waiting to be consumed at a time, beside the one that
/// is being consumed. Twice the number of workers unless told.
class in_flight {
  public:
    explicit constexpr in_flight(std::size_t count) noexcept
        : count_(count ? count : 1) {}
    constexpr std::size_t count() const noexcept { return count_; }

  private:
    std::size_t count_;
};

/// For `map`: chunks in the order in which they are done, instead of that of their items.
inline constexpr as_they_complete_t unordered{};

/// How long the function is going to run, each time that it is called: for each item of a chunk, too. A
/// process_pool learns that from earlier calls of the same function; this says it where they tell little, as
/// it depends on the arguments. It decides only whether a short job may already wait in a worker behind
/// another: calls of one priority begin in their order, whatever they cost.
class cost {
  public:
    explicit constexpr cost(duration time) noexcept
        : time_(time) {}
    constexpr duration time() const noexcept { return time_; }

  private:
    duration time_;
};

/// In a process_pool: a call that kills its worker is run again, so often; 0 unless told. Only for functions
/// of which half a call does no harm. The pool's poison_limit may end it earlier, then with poisoned_job;
/// else the last death fails it with worker_died. Has no meaning in a thread_pool, where a crash ends the
/// program.
class crash_retries {
  public:
    explicit constexpr crash_retries(unsigned count) noexcept
        : count_(count) {}
    constexpr unsigned count() const noexcept { return count_; }

  private:
    unsigned count_;
};

namespace detail {

class call_options {
  public:
    void set(tandem::priority value) noexcept { priority_ = value.value(); }
    void set(const with_deadline& value) noexcept {
        if (value.moment()) moment_ = value.moment();
        if (value.limit()) limit_ = value.limit();
    }
    void set(tandem::cost value) noexcept { cost_ = value.time(); }
    void set(tandem::crash_retries value) noexcept { crash_retries_ = value.count(); }
    int priority() const noexcept { return priority_; }
    const std::optional<duration>& cost() const noexcept { return cost_; }
    unsigned crash_retries() const noexcept { return crash_retries_; }
    const std::optional<time_point>& moment() const noexcept { return moment_; }
    const std::optional<duration>& limit() const noexcept { return limit_; }

  private:
    int priority_ = 0;
    unsigned crash_retries_ = 0;
    std::optional<duration> cost_;
    std::optional<time_point> moment_;
    std::optional<duration> limit_;
};

class map_options : public call_options {
  public:
    map_options(const call_options& call, std::size_t workers) noexcept
        : call_options(call)
        , in_flight_(2 * workers) {}
    using call_options::set;
    void set(tandem::chunk value) noexcept { chunk_ = value.count(); }
    void set(tandem::in_flight value) noexcept { in_flight_ = value.count(); }
    void set(as_they_complete_t) noexcept { in_order_ = false; }
    void set(keep_going_t) noexcept { keeps_going_ = true; }
    std::size_t chunk() const noexcept { return chunk_; }
    std::size_t in_flight() const noexcept { return in_flight_; }
    bool in_order() const noexcept { return in_order_; }
    bool keeps_going() const noexcept { return keeps_going_; }

  private:
    std::size_t chunk_ = 1;
    std::size_t in_flight_;
    bool in_order_ = true;
    bool keeps_going_ = false;
};

} // namespace detail

} // namespace tandem
