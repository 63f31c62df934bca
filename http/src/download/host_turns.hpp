// How many downloads each host gets at once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <tandem/base/clock.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/sync/event.hpp>

#include "text_hash.hpp"

namespace tandem::http::detail {

/// Gives turns at origins, first come, first served, and fewer at a time to one that says it has too much to
/// do: additive increase, multiplicative decrease (Chiu and Jain, "Analysis of the increase and decrease
/// algorithms for congestion avoidance in computer networks", 1989).
class host_turns {
  public:
    class turn;

    /// An origin gets `most` at a time, or fewer if `backs_off`.
    host_turns(std::size_t most, bool backs_off) noexcept
        : most_(most)
        , backs_off_(backs_off) {}
    host_turns(const host_turns&) = delete;
    host_turns& operator=(const host_turns&) = delete;

    /// A turn where nobody has to wait for one, else nothing.
    std::optional<turn> try_take(std::string_view origin);
    /// Waits for a turn. Cancellation ends the wait. The text has to be there as long.
    task<turn> take(std::string_view origin);

    /// Whether the origin gets only one at a time.
    bool is_alone(const turn& of) const noexcept;
    /// The one with this turn was told that it is too much, and to come back after `pause`, which holds for
    /// all.
    void note_overload(const turn& of, duration pause);
    /// The one with this turn got an answer.
    void note_answer(const turn& of) noexcept;

    /// How many turns an origin has at a time.
    std::size_t at_once(std::string_view origin) const;
    /// How many wait for theirs.
    std::size_t waiting() const noexcept { return waiting_; }

  private:
    class place;
    struct host {
        explicit host(std::size_t most) noexcept
            : limit(static_cast<double>(most)) {}
        /// With the shares of one more that have been earned.
        double limit;
        std::size_t running = 0;
        /// Turns up to this one were taken before the limit was last lowered.
        std::uint64_t lowered_at = 0;
        /// It wants to be left alone until then.
        time_point closed_until{};
        std::deque<place*> queue;
    };
    using hosts = std::unordered_map<std::string, host, text_hash, std::equal_to<>>;

    hosts::value_type& host_of(std::string_view origin);
    bool has_room(const host& at) const noexcept;
    static bool is_closed(const host& at) noexcept;
    void admit(host& at) noexcept;
    void leave(hosts::value_type& at) noexcept;
    void forget_if_idle(hosts::value_type& at) noexcept;

    const std::size_t most_;
    const bool backs_off_;
    hosts hosts_;
    std::size_t waiting_ = 0;
    /// Turns that were taken so far.
    std::uint64_t taken_ = 0;
};

/// The right to ask an origin; goes back when destroyed. Must not outlive what gave it.
class [[nodiscard]] host_turns::turn {
  public:
    turn(turn&& other) noexcept
        : of_(std::exchange(other.of_, nullptr))
        , at_(other.at_)
        , number_(other.number_) {}
    turn& operator=(turn&&) = delete;
    ~turn() {
        if (of_) of_->leave(*at_);
    }

  private:
    friend host_turns;
    turn(host_turns& of, hosts::value_type& at, std::uint64_t number) noexcept
        : of_(&of)
        , at_(&at)
        , number_(number) {}

    host_turns* of_;
    hosts::value_type* at_;
    std::uint64_t number_;
};

} // namespace tandem::http::detail
