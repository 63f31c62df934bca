// What `run` lets others see of a program.
#pragma once
#include <optional>

#include "io/signal_dispatcher.hpp"
#include <tandem/run/run_options.hpp>

namespace tandem::detail {

/// The program's observer, and the signals that ask it for the tasks: SIGUSR1, unless the program has an
/// action for it already, and the second SIGINT or SIGTERM, unless it stops silently. Lives around the loop.
class run_observer {
  public:
    explicit run_observer(const run_options& options);
    run_observer(const run_observer&) = delete;
    run_observer& operator=(const run_observer&) = delete;
    ~run_observer();

  private:
    observer observer_;
    std::optional<signal_default> on_usr1_;
};

} // namespace tandem::detail
