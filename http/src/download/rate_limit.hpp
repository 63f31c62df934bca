// How fast bytes are taken.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include <tandem/base/clock.hpp>

namespace tandem::http::detail {

/// A token bucket that holds a tenth of a second's worth: reads wait until what was read before is paid for.
class rate_limit {
  public:
    /// 0 is no limit.
    explicit rate_limit(std::uint64_t bytes_a_second) noexcept
        : rate_(bytes_a_second) {}

    bool is_set() const noexcept { return rate_ > 0; }

    /// The most to read at once, so that what comes does not come in bursts.
    std::size_t most() const noexcept {
        if (!is_set()) return std::numeric_limits<std::size_t>::max();
        constexpr std::uint64_t largest = 1024 * 1024;
        return static_cast<std::size_t>(std::clamp<std::uint64_t>(rate_ / 10, 1, largest));
    }

    /// So many bytes were read. Returns when the next may be.
    time_point next_after(std::uint64_t bytes, time_point now) noexcept {
        const std::chrono::duration<double> paid_by(static_cast<double>(bytes) / static_cast<double>(rate_));
        paid_ = std::max(paid_, now - allowance) + std::chrono::duration_cast<duration>(paid_by);
        return paid_;
    }

  private:
    static constexpr duration allowance = std::chrono::milliseconds(100);

    const std::uint64_t rate_;
    /// When all that was read is paid for.
    time_point paid_{};
};

} // namespace tandem::http::detail
