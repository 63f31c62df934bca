// What a thread_pool has done so far.
#pragma once
#include <cstddef>
#include <cstdint>

#include <tandem/threads/time_percentiles.hpp>

namespace tandem {

/// A snapshot. Every call is in exactly one of `queued`, `running`, `done`, `failed` and `cancelled`.
struct thread_pool_statistics {
    std::uint64_t submitted = 0;
    /// Returned a value.
    std::uint64_t done = 0;
    /// Threw an exception.
    std::uint64_t failed = 0;
    /// Taken out of the queue, or ended by throwing `cancelled`.
    std::uint64_t cancelled = 0;
    std::size_t queued = 0;
    std::size_t running = 0;
    /// Those alive: for a while more than `size()` after the pool has shrunk.
    std::size_t threads = 0;
    /// From when a call was made until a thread had it.
    time_percentiles wait;
    time_percentiles run;
    /// For how much of their lives, from 0 to 1, threads ran calls; those now alive, and those that were.
    double utilisation = 0;
};

} // namespace tandem
