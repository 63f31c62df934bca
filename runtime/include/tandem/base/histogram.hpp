// How a quantity is distributed, in a fixed number of counters.
#pragma once
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <tandem/base/config.hpp>

namespace tandem {

/// What a histogram held at one moment.
class TANDEM_API histogram_snapshot {
  public:
    /// Those of the values recorded that were above `over` and at most `up_to`.
    struct bucket {
        std::uint64_t over;
        std::uint64_t up_to;
        std::uint64_t count;
    };

    histogram_snapshot() = default;
    /// `buckets` in rising order and disjoint; `sum` of the values as recorded; `per_unit` of them make one
    /// unit of what the snapshot tells.
    histogram_snapshot(std::vector<bucket> buckets, std::uint64_t sum, double per_unit);

    std::uint64_t count() const noexcept { return count_; }
    double sum() const noexcept { return static_cast<double>(sum_) / per_unit_; }
    /// 0 where nothing was recorded.
    double mean() const noexcept { return count_ ? sum() / static_cast<double>(count_) : 0; }
    /// The value that `percent` of 100 of those recorded do not exceed, to within 3.2 %; 0 where nothing was
    /// recorded. percentile(100) is the largest.
    double percentile(double percent) const noexcept;
    /// How many values were at most `bound`, as recorded. Exact for a power of two, else to within a bucket.
    std::uint64_t count_up_to(std::uint64_t bound) const noexcept;

    double per_unit() const noexcept { return per_unit_; }
    const std::vector<bucket>& buckets() const noexcept { return buckets_; }

    /// Adds what another histogram of the same unit held.
    void merge(const histogram_snapshot& other);

  private:
    std::vector<bucket> buckets_;
    std::uint64_t count_ = 0;
    std::uint64_t sum_ = 0;
    double per_unit_ = 1;
};

/// Counts values from 0 to 2^43 (nanoseconds: over two hours; larger ones count as that) in buckets that are
/// at most a 32nd of their values wide: log-linear, as in HdrHistogram. Recording is a handful of
/// instructions, takes no lock and allocates nothing; reading does not stop it. 10 KiB.
class TANDEM_API histogram {
  public:
    histogram() noexcept = default;
    histogram(const histogram&) = delete;
    histogram& operator=(const histogram&) = delete;

    /// Any thread.
    void record(std::uint64_t value) noexcept {
        counts_[place_of(value)].fetch_add(1, std::memory_order_relaxed);
        sum_.fetch_add(value, std::memory_order_relaxed);
    }
    /// The same at a fraction of the cost, for a histogram that only one thread records in.
    void record_alone(std::uint64_t value) noexcept {
        auto& count = counts_[place_of(value)];
        count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
    }

    /// Any thread. Values recorded meanwhile may be in the sum and not in the count, or the reverse.
    histogram_snapshot snapshot(double per_unit = 1) const;

  private:
    static constexpr int linear_bits = 5;
    static constexpr int value_bits = 43;
    static constexpr std::size_t linear = std::size_t{1} << linear_bits;
    static constexpr std::size_t places = (value_bits - linear_bits + 1) * linear;

    /// Buckets end with their bounds: a value of 2^n is in the last bucket below 2^n, not in the first above.
    static std::size_t place_of(std::uint64_t value) noexcept {
        const std::uint64_t below = value - (value > 0);
        if (below < linear) return static_cast<std::size_t>(below);
        if (below >> value_bits) return places - 1;
        const int shift = std::bit_width(below) - 1 - linear_bits;
        return static_cast<std::size_t>(shift) * linear + static_cast<std::size_t>(below >> shift);
    }
    static std::uint64_t end_of(std::size_t place) noexcept;

    std::array<std::atomic<std::uint64_t>, places> counts_{};
    std::atomic<std::uint64_t> sum_ = 0;
};

} // namespace tandem
