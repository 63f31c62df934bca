// How the work on files was done.
#pragma once
#include <cstdint>

#include <tandem/base/config.hpp>

namespace tandem {

/// Counts of the whole process since it began, but for `in_flight`.
struct file_counts {
    /// Reads that the page cache answered on the spot.
    std::uint64_t inline_reads = 0;
    /// Writes to the page cache that were made on the spot.
    std::uint64_t inline_writes = 0;
    /// Operations that went to an io_uring.
    std::uint64_t ring = 0;
    /// Operations that went to a thread.
    std::uint64_t threads = 0;
    /// Files that take no more writes on the spot, because one took more than a millisecond.
    std::uint64_t slow_files = 0;
    /// Operations that are with an io_uring or a thread now.
    std::uint64_t in_flight = 0;
};

/// Thread safe. The counts are read one after the other, not as of one moment.
TANDEM_API file_counts file_statistics() noexcept;

} // namespace tandem
