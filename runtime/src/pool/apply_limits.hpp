// The limits of a worker, set by itself.
#pragma once
#include <tandem/pool/worker_limits.hpp>

namespace tandem::detail {

/// Sets everything but compute_only for this process; threads that there are already keep their niceness and
/// their cores. `place` tells workers that live at the same time apart: 0, 1, … Throws std::system_error,
/// naming the limit.
void apply_limits(const limit_values& limits, unsigned place);

} // namespace tandem::detail
