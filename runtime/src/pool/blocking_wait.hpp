// What the blocking calls of shared objects have in common.
#pragma once
#include <stop_token>

#include <tandem/base/clock.hpp>

namespace tandem::detail {

/// Throws usage_error, with the cure, on a thread that runs a loop: it would stand still.
void refuse_in_loop(const char* object, const char* call, const char* cure);

/// The moment after that time; never, where that is too far away.
time_point moment_after(duration limit) noexcept;

/// Throws job_cancelled if `stop` is requested, timed_out if `limit` has passed.
void throw_if_over(const char* object, const char* call, time_point limit, const std::stop_token& stop);

} // namespace tandem::detail
