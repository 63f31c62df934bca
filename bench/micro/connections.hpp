// What connections that are open cost.
#pragma once
#include "support/report.hpp"

namespace bench {

/// Measures 10,000 connections in one loop (100 when `quick`), each with a task that waits to read from it,
/// in a process of its own; their peers are in another. Says on stderr where the system does not allow as
/// many descriptors.
void run_connections(report& into, bool quick);

} // namespace bench
