// What many tasks at once cost.
#pragma once
#include "support/report.hpp"

namespace bench {

/// Measures 100,000 sleeping tasks, and a million of one turn each of which 10,000 are alive at a time (a
/// fiftieth of them when `quick`), each in a process of its own.
void run_many_tasks(report& into, bool quick);

} // namespace bench
