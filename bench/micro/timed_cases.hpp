// The cases that are timed: Google Benchmark runs them.
#pragma once
#include <string>

#include "micro/report.hpp"

namespace bench {

/// Runs every registered benchmark "case/who" whose name matches the regular expression `filter`, and notes
/// the median over its repetitions of the processor time of one operation: the threads of other programs do
/// not count.
void run_timed_cases(report& into, const std::string& filter, bool quick);

} // namespace bench
