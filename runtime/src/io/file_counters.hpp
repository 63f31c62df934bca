// What file_statistics() reads.
#pragma once
#include <atomic>
#include <cstdint>

namespace tandem::detail {

struct file_counters {
    std::atomic<std::uint64_t> inline_reads = 0;
    std::atomic<std::uint64_t> inline_writes = 0;
    std::atomic<std::uint64_t> ring = 0;
    std::atomic<std::uint64_t> threads = 0;
    std::atomic<std::uint64_t> slow_files = 0;
    std::atomic<std::uint64_t> in_flight = 0;
};

inline constinit file_counters file_counter;

inline void count(std::atomic<std::uint64_t>& counter) noexcept {
    counter.fetch_add(1, std::memory_order_relaxed);
}

/// Puts the counts into the registry of metrics, the first time.
void publish_file_metrics();

/// While one lives, an operation is in flight.
class counted_in_flight {
  public:
    counted_in_flight() noexcept { count(file_counter.in_flight); }
    counted_in_flight(const counted_in_flight&) = delete;
    counted_in_flight& operator=(const counted_in_flight&) = delete;
    ~counted_in_flight() { file_counter.in_flight.fetch_sub(1, std::memory_order_relaxed); }
};

} // namespace tandem::detail
