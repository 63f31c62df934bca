// What bench-pool measures: the names that its rows carry, and the goals.
#pragma once
#include <string>
#include <vector>

#include "support/report.hpp"

namespace bench {

/// All of them, in the order in which they are reported.
std::vector<reported_case> pool_cases();

/// The name of the prime count with so many workers.
std::string prime_count_with(std::size_t workers);

} // namespace bench
