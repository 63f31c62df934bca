// How a process_pool is made.
#pragma once
#include <tandem/base/clock.hpp>

namespace tandem {

/// The defaults are what an application wants.
class process_pool_options {
  public:
    /// At most so many worker processes; 0, the default, means one for each core this process may use.
    process_pool_options& workers(unsigned count) noexcept {
        workers_ = count;
        return *this;
    }
    /// How long a job that is cancelled, and a worker that is told to exit, may take before stronger means
    /// are used: SIGTERM after its stop_token, SIGKILL after SIGTERM. 2 s by default.
    process_pool_options& grace(duration time) noexcept {
        grace_ = time;
        return *this;
    }
    /// How long a new worker may take to report for work before the pool is held to be broken. 10 s by
    /// default.
    process_pool_options& hello_within(duration time) noexcept {
        hello_within_ = time;
        return *this;
    }

    unsigned workers() const noexcept { return workers_; }
    duration grace() const noexcept { return grace_; }
    duration hello_within() const noexcept { return hello_within_; }

  private:
    unsigned workers_ = 0;
    duration grace_ = std::chrono::seconds(2);
    duration hello_within_ = std::chrono::seconds(10);
};

} // namespace tandem
