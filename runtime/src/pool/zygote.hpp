// The process that workers are forked from, where a pool has something to preload.
#pragma once
#include "pool/worker_mark.hpp"

namespace tandem::detail {

/// Runs the preload and serves the pool until that is gone; then waits for its workers, which end by
/// themselves, and exits. It never has a second thread: only so is what fork copies whole.
[[noreturn]] void be_zygote(const worker_mark& mark);

} // namespace tandem::detail
