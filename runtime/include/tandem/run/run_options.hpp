// How a program is run beyond its async_main.
#pragma once
#include <tandem/observe/observer.hpp>

namespace tandem {

/// Options of `run`. The defaults are what an application wants in production; the environment of the program
/// goes before them: TANDEM_DEBUG=1 and TANDEM_OBSERVE=1 switch on what `debug` and `observable` do, and 0
/// switches it off.
class run_options {
  public:
    /// Reports slow steps, stuck loops, tasks that are dropped unused and scopes left open, as warnings of
    /// the log; see observer_options::debug.
    run_options& debug(bool wanted = true) noexcept {
        observing_.debug(wanted);
        return *this;
    }
    /// How long a step may take before `debug` reports it; 100 ms at first.
    run_options& slow_step(duration limit) noexcept {
        observing_.slow_step(limit);
        return *this;
    }
    /// Lets `tandem-ps` look into the program, for its own user and root.
    run_options& observable(bool wanted = true) noexcept {
        observing_.observable(wanted);
        return *this;
    }

    /// Prints nothing when a signal ends the program: neither that it was interrupted nor, at the second one,
    /// its tasks. For a program that says in its own words what has become of its work.
    run_options& silent_stop(bool wanted = true) noexcept {
        stops_silently_ = wanted;
        return *this;
    }

    const observer_options& observing() const noexcept { return observing_; }
    bool stops_silently() const noexcept { return stops_silently_; }

  private:
    observer_options observing_;
    bool stops_silently_ = false;
};

} // namespace tandem
