// What bench-download measures: the names that its rows carry, and the goals.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "download/programs.hpp"
#include "support/report.hpp"

namespace bench {

/// What is fetched in a case.
struct workload {
    std::string name;
    std::size_t count;  ///< of files
    std::uint64_t size; ///< of each
    int jobs;           ///< at once
    int delay;          ///< milliseconds before each reply; nginx serves where there is none
    floor_kind floor;
    /// The cases that get time on the wall, of the processor, and the peak of memory.
    std::string seconds, cpu, memory;

    bool has_delay() const { return delay > 0; }
};

/// In the order in which they are run; `quick` makes them small.
std::vector<workload> workloads(bool quick);

/// The cases of those, and of memory: that of connections and of long lists of URLs.
std::vector<reported_case> download_cases();

} // namespace bench
