#include <tandem/io/file_statistics.hpp>

#include "io/file_counters.hpp"

namespace tandem {

file_counts file_statistics() noexcept {
    const auto read = [](const std::atomic<std::uint64_t>& counter) {
        return counter.load(std::memory_order_relaxed);
    };
    const detail::file_counters& counters = detail::file_counter;
    file_counts counts;
    counts.inline_reads = read(counters.inline_reads);
    counts.inline_writes = read(counters.inline_writes);
    counts.ring = read(counters.ring);
    counts.threads = read(counters.threads);
    counts.slow_files = read(counters.slow_files);
    counts.in_flight = read(counters.in_flight);
    return counts;
}

} // namespace tandem
