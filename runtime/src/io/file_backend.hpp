// Where requests for files go that must not hold up the loop.
#pragma once
#include <cstdint>

#include <tandem/coro/task.hpp>

#include "io/file_request.hpp"

namespace tandem::detail {

/// Makes the call by the loop's io_uring, else by a thread, and gives its result, or the error's number,
/// negative; EINTR is not among them. Cancellation ends it before it has begun, or is passed on and waited
/// for. `request` has to live until the await has ended.
///
/// The environment variable TANDEM_FILE ("io_uring" or "threads") at a loop's first request chooses for that
/// loop; a ring that the kernel refuses is replaced by threads, which the log tells at level debug.
task<std::int64_t> perform(const file_request& request);

} // namespace tandem::detail
