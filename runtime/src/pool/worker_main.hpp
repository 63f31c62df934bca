// A worker's life.
#pragma once
#include <memory>

#include "pool/worker_setup.hpp"

namespace tandem::detail {

/// Serves the pool as `setup` says, and exits. The descriptors are where worker_mark.hpp says. `place` is as
/// in the mark, and `parent` a pidfd of the pool's process.
[[noreturn]] void be_worker(std::unique_ptr<worker_setup> setup, unsigned place, int parent);

} // namespace tandem::detail
