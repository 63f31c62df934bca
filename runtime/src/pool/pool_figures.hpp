// What a process_pool counts, for its statistics and for metrics.
#pragma once
#include <cstddef>
#include <cstdint>

#include <tandem/base/metrics.hpp>
#include <tandem/pool/pool_statistics.hpp>

namespace tandem::detail {

/// The members of pool_statistics, written by the loop's thread and read by any.
struct pool_figures {
    published<std::uint64_t> submitted;
    published<std::uint64_t> done;
    published<std::uint64_t> failed;
    published<std::uint64_t> crashed;
    published<std::uint64_t> cancelled;
    published<std::uint64_t> refused;
    published<std::size_t> queued;
    published<std::size_t> running;
    published<std::size_t> workers;
    published<std::uint64_t> started;
    published<std::uint64_t> died;

    pool_statistics now() const noexcept;

  private:
    void write(metric_list& into) const;

    metric_number number_{"process_pool"};
    metric_registration entry_{[this](metric_list& into) { write(into); }};
};

} // namespace tandem::detail
