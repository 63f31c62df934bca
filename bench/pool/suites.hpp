// The measurements of bench-pool, a file each.
#pragma once
#include "pool/options.hpp"
#include "support/report.hpp"

namespace bench {

/// One no-op job at a time: how long it takes there and back. Beside it, two bare processes that pass a
/// message through a socket pair ("floor"), or wake each other by a futex ("futex").
void measure_round_trips(report& into, const options& chosen);

/// Many no-op jobs at a time: how many are done in a second. Beside it, bare frames through a socket pair.
void measure_pipelines(report& into, const options& chosen);

/// The items of a map, which share a trip to a worker by the chunk.
void measure_map(report& into, const options& chosen);

/// Large arguments and results by value. Beside it, a copy into warm shared memory and the string made of it.
void measure_payloads(report& into, const options& chosen);

/// How long a pool takes to begin, beside bare processes.
void measure_start(report& into, const options& chosen);

/// How soon a worker is ready again when its job has to be killed, beside a bare process killed and replaced.
void measure_cancellation(report& into, const options& chosen);

/// Work for all processors, beside one process.
void measure_prime_counts(report& into, const options& chosen);

/// Values to bytes and back, beside the same written by hand.
void measure_codec(report& into, const options& chosen);

} // namespace bench
