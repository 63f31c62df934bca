#include <tandem/base/histogram.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace tandem {

histogram_snapshot::histogram_snapshot(std::vector<bucket> buckets, std::uint64_t sum, double per_unit)
    : buckets_(std::move(buckets))
    , sum_(sum)
    , per_unit_(per_unit) {
    for (const bucket& each : buckets_)
        count_ += each.count;
}

double histogram_snapshot::percentile(double percent) const noexcept {
    if (count_ == 0) return 0;
    const double wanted = std::ceil(std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count_));
    std::uint64_t left = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
    for (const bucket& each : buckets_) {
        if (left > each.count) {
            left -= each.count;
            continue;
        }
        // A bucket of one value holds no other; a wider one is taken as evenly filled.
        const double width = static_cast<double>(each.up_to - each.over);
        const double part = (static_cast<double>(left) - 0.5) / static_cast<double>(each.count);
        const double value =
            width <= 1 ? static_cast<double>(each.up_to) : static_cast<double>(each.over) + width * part;
        return value / per_unit_;
    }
    return 0;
}

std::uint64_t histogram_snapshot::count_up_to(std::uint64_t bound) const noexcept {
    std::uint64_t all = 0;
    for (const bucket& each : buckets_)
        if (each.up_to <= bound) all += each.count;
    return all;
}

void histogram_snapshot::merge(const histogram_snapshot& other) {
    if (count_ == 0) per_unit_ = other.per_unit_;
    std::vector<bucket> all;
    all.reserve(buckets_.size() + other.buckets_.size());
    std::merge(buckets_.begin(), buckets_.end(), other.buckets_.begin(), other.buckets_.end(),
               std::back_inserter(all), [](const bucket& a, const bucket& b) { return a.up_to < b.up_to; });
    buckets_.clear();
    for (const bucket& each : all) {
        if (!buckets_.empty() && buckets_.back().up_to == each.up_to)
            buckets_.back().count += each.count;
        else
            buckets_.push_back(each);
    }
    count_ += other.count_;
    sum_ += other.sum_;
}

/// The largest value that belongs in a bucket.
std::uint64_t histogram::end_of(std::size_t place) noexcept {
    if (place < 2 * linear) return place + 1;
    const std::size_t shift = place / linear - 1;
    return static_cast<std::uint64_t>(place % linear + linear + 1) << shift;
}

histogram_snapshot histogram::snapshot(double per_unit) const {
    std::vector<histogram_snapshot::bucket> found;
    for (std::size_t place = 0; place < places; ++place) {
        const std::uint64_t count = counts_[place].load(std::memory_order_relaxed);
        if (count == 0) continue;
        found.push_back({place ? end_of(place - 1) : 0, end_of(place), count});
    }
    return histogram_snapshot(std::move(found), sum_.load(std::memory_order_relaxed), per_unit);
}

} // namespace tandem
