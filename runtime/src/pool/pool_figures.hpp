// What a process_pool counts, for its statistics and for metrics.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/level_meter.hpp"
#include "pool/function_figures.hpp"
#include <tandem/pool/pool_statistics.hpp>
#include <tandem/threads/function_statistics.hpp>

namespace tandem::detail {

/// The members of pool_statistics, written by the loop's thread and read by any.
struct pool_figures : job_figures {
    published<std::size_t> queued;
    published<std::size_t> running;
    published<std::size_t> workers;
    published<std::uint64_t> started;
    published<std::uint64_t> died;
    published<std::uint64_t> recycled;
    published<std::uint64_t> reaped;
    published<std::uint64_t> restarts;
    /// Workers that run a job, and those there are.
    level_meter busy;
    level_meter alive;
    function_book functions;

    pool_statistics now() const;
    std::vector<function_statistics> by_function() const;

  private:
    void write(metric_list& into) const;
    void write_functions(metric_list& into) const;

    metric_number number_{"process_pool"};
    metric_registration entry_{[this](metric_list& into) { write(into); }};
};

} // namespace tandem::detail
