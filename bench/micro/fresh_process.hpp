// Measurements that what ran before would disturb.
#pragma once
#include <functional>
#include <vector>

namespace bench {

/// Runs `measure` in a fork of this process, whose heap has seen nothing yet, and returns what it returned.
/// Call it before anything else allocates much, and with one thread. Throws std::runtime_error if the fork
/// fails.
std::vector<double> in_fresh_process(const std::function<std::vector<double>()>& measure);

/// Bytes that this process has on the heap, the allocator's own included; resident ones under a sanitizer,
/// whose allocator does not tell.
double heap_bytes();

/// The resident memory of this process, in MiB.
double resident_mib();

/// The most that it has been, in MiB.
double peak_resident_mib();

} // namespace bench
