// The one handler that a process has for all the signals somebody in it waits for.
#pragma once
#include <atomic>
#include <cstdint>

#include "io/unique_fd.hpp"

namespace tandem::detail {

/// Signals as bits: number n is bit n - 1.
using signal_mask = std::uint64_t;

constexpr signal_mask signal_bit(int number) noexcept {
    return signal_mask{1} << (number - 1);
}

/// Where the handler leaves the signals that one reader asked for. While it lives, each of them comes here,
/// and to every other inbox that wants it; once none does, the disposition from before is back.
///
/// Made and destroyed on any thread. Signals of one number that come before they are taken count as one.
class signal_inbox {
  public:
    /// `event` is an eventfd that does not block and that outlives the inbox: it becomes readable when
    /// something has come, and stays so until `take` finds nothing. Throws std::system_error, for numbers
    /// that cannot be caught too.
    signal_inbox(signal_mask wanted, int event);
    signal_inbox(const signal_inbox&) = delete;
    signal_inbox& operator=(const signal_inbox&) = delete;
    ~signal_inbox();

    /// The lowest number that has come since it was last taken; 0 if none has.
    int take() noexcept;

    /// For the handler.
    signal_mask wanted() const noexcept { return wanted_; }
    void put(int number) noexcept;
    std::atomic<signal_inbox*>& next() noexcept { return next_; }

  private:
    int event_;
    signal_mask wanted_;
    std::atomic<signal_mask> pending_ = 0;
    std::atomic<signal_inbox*> next_ = nullptr;
};

/// An eventfd for an inbox or for the handler. Throws std::system_error.
unique_fd make_signal_event();

/// Makes it readable; async-signal-safe.
void raise_signal_event(int event) noexcept;

/// What becomes of a signal that no inbox wants: `action` is called in the handler, and may do only what is
/// async-signal-safe. One at a time for each number; the way for `run` to take SIGINT, and for a task dump on
/// SIGUSR1. A signal_inbox that wants the signal goes before it.
class signal_default {
  public:
    using action = void (*)(int number) noexcept;

    /// Throws std::system_error, and usage_error where the number has one already.
    signal_default(int number, action what);
    signal_default(const signal_default&) = delete;
    signal_default& operator=(const signal_default&) = delete;
    /// Once it returns, `action` runs nowhere.
    ~signal_default();

  private:
    int number_;
};

/// Lets a process end as the signal would have ended it, once the handler that calls this has returned.
void take_default_action(int number) noexcept;

} // namespace tandem::detail
