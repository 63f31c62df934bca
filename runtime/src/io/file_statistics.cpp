#include <tandem/io/file_statistics.hpp>

#include <tandem/base/metrics.hpp>

#include "io/file_counters.hpp"

namespace tandem {

namespace {

void write_metrics(metric_list& into) {
    const file_counts counts = file_statistics();
    const auto operations = [&](const char* way, std::uint64_t value) {
        into.counter("tandem_file_operations_total", "Operations on files, by the way they were done.",
                     static_cast<double>(value), {{"way", way}});
    };
    operations("inline_read", counts.inline_reads);
    operations("inline_write", counts.inline_writes);
    operations("io_uring", counts.ring);
    operations("thread", counts.threads);
    into.counter("tandem_file_slow_total",
                 "Files that take no more writes on the spot, because one was slow.",
                 static_cast<double>(counts.slow_files));
    into.gauge("tandem_file_operations_in_flight", "Operations that are with an io_uring or a thread.",
               static_cast<double>(counts.in_flight));
}

} // namespace

void detail::publish_file_metrics() {
    // Never destroyed: at exit a thread may still take a snapshot.
    static const auto& published = *new metric_registration(write_metrics);
    (void)published;
}

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
