// The clock that time-outs, sleeps and deadlines are measured on.
#pragma once
#include <chrono>

#include <tandem/base/config.hpp>

namespace tandem {

using clock = std::chrono::steady_clock;
using duration = clock::duration;
using time_point = clock::time_point;

/// Where a loop reads the time. A loop without one uses the system's monotonic clock; a test gives its own,
/// so that an hour of time-outs passes in milliseconds. Used by the loop's thread only.
class TANDEM_API time_source {
  public:
    virtual ~time_source() = default;
    virtual time_point now() noexcept = 0;
    /// Asked when nothing is ready to run and the next timer is due at `next`. Returns true when it has moved
    /// its time there, false when the loop has to wait for that moment.
    virtual bool advance_to(time_point next) noexcept = 0;
};

} // namespace tandem
