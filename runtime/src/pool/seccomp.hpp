// The system calls that computing takes.
#pragma once

namespace tandem::detail {

/// Leaves all threads of this process, for ever, what worker_limits::compute_only lists: the rest fails with
/// EPERM. Throws std::system_error.
void leave_compute_only();

} // namespace tandem::detail
