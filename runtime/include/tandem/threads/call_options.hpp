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

namespace detail {

class call_options {
  public:
    void set(tandem::priority value) noexcept { priority_ = value.value(); }
    void set(const with_deadline& value) noexcept {
        if (value.moment()) moment_ = value.moment();
        if (value.limit()) limit_ = value.limit();
    }
    int priority() const noexcept { return priority_; }
    const std::optional<time_point>& moment() const noexcept { return moment_; }
    const std::optional<duration>& limit() const noexcept { return limit_; }

  private:
    int priority_ = 0;
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
