// The cases that are timed: Google Benchmark runs them.
#pragma once
#include <string>

#include "support/report.hpp"

namespace bench {

/// Runs every registered benchmark "case/who" whose name matches the regular expression `filter`, and notes
/// the median over its repetitions of the time of one operation: processor time of the thread, or wall time
/// for the cases that say so, which register with UseRealTime().
void run_timed_cases(report& into, const std::string& filter, bool quick);

} // namespace bench
