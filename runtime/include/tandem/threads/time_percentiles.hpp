// How long something took, most of the time and at worst.
#pragma once
#include <tandem/base/clock.hpp>
#include <tandem/base/histogram.hpp>

namespace tandem {

/// The times that 50, 90 and 99 of 100 did not exceed, each to within 3.2 %; zero where nothing was timed.
struct time_percentiles {
    duration p50{};
    duration p90{};
    duration p99{};
};

namespace detail {

/// Of a histogram of nanoseconds, whatever unit its snapshot tells.
inline time_percentiles percentiles_of(const histogram_snapshot& times) noexcept {
    const auto at = [&](double percent) {
        return std::chrono::duration_cast<duration>(
            std::chrono::duration<double, std::nano>(times.percentile(percent) * times.per_unit()));
    };
    return {at(50), at(90), at(99)};
}

} // namespace detail

} // namespace tandem
