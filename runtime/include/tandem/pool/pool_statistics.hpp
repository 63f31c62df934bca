// What a pool has done so far.
#pragma once
#include <cstddef>
#include <cstdint>

#include <tandem/threads/time_percentiles.hpp>

namespace tandem {

/// A snapshot. Every job submitted is in exactly one of `queued`, `running`, `done`, `failed`, `crashed`,
/// `cancelled` and `refused`.
struct pool_statistics {
    std::uint64_t submitted = 0;
    /// Returned a value.
    std::uint64_t done = 0;
    /// Threw an exception.
    std::uint64_t failed = 0;
    /// Lost with their worker.
    std::uint64_t crashed = 0;
    std::uint64_t cancelled = 0;
    /// Not run, because the pool was broken, stopped or destroyed.
    std::uint64_t refused = 0;
    std::size_t queued = 0;
    std::size_t running = 0;
    /// Worker processes alive.
    std::size_t workers = 0;
    /// Workers started, and those among them that ended without being told to.
    std::uint64_t started = 0;
    std::uint64_t died = 0;
    /// Workers that gave way to others: they had done their jobs_per_worker, or grown beyond recycle_above.
    std::uint64_t recycled = 0;
    /// Workers that were idle for too long.
    std::uint64_t reaped = 0;
    /// Those of `started` that took the place of a worker that died, was killed or gave way.
    std::uint64_t restarts = 0;
    /// Times that a job was run again because it had killed its worker.
    std::uint64_t retried = 0;
    /// For how much of their lives, from 0 to 1, workers ran jobs; those now alive, and those that were.
    double utilisation = 0;
    /// From when a job was submitted until it was answered, less the time for which it ran.
    time_percentiles wait;
    /// How long jobs ran in their workers.
    time_percentiles run;
    /// Bytes of arguments and of results.
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    /// Bytes of shared memory that large arguments and results take now, and what workers keep of it.
    std::size_t shared_memory = 0;
};

} // namespace tandem
