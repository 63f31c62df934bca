#include <tandem/coro/retry.hpp>

#include <algorithm>
#include <cmath>
#include <random>

namespace tandem {

retry_policy& retry_policy::attempts(int count) noexcept {
    attempts_ = std::max(1, count);
    return *this;
}
retry_policy& retry_policy::pause(duration first, double factor, duration longest) noexcept {
    first_ = first;
    factor_ = factor;
    longest_ = std::max(first, longest);
    return *this;
}
retry_policy& retry_policy::jitter(double share) noexcept {
    jitter_ = std::clamp(share, 0.0, 1.0);
    return *this;
}
retry_policy& retry_policy::seed(unsigned long long seed) noexcept {
    random_ = seed | 1;
    return *this;
}
retry_policy& retry_policy::when(std::function<bool(const std::exception&)> is_worth_it) {
    is_worth_it_ = std::move(is_worth_it);
    return *this;
}

bool retry_policy::tries_again(int attempts_made, const std::exception& error) const {
    return attempts_made < attempts_ && (!is_worth_it_ || is_worth_it_(error));
}

duration retry_policy::pause_after(int attempts_made) {
    if (random_ == 0) random_ = std::random_device()() | 1u;
    std::minstd_rand generator(static_cast<std::minstd_rand::result_type>(random_));
    const double drawn = std::uniform_real_distribution<double>()(generator);
    random_ = generator();
    const double grown = static_cast<double>(first_.count()) * std::pow(factor_, attempts_made - 1);
    const double capped = std::min(grown, static_cast<double>(longest_.count()));
    const double pause = capped * (1.0 - jitter_ * drawn);
    // The greatest duration is no double: it rounds up to one that is none.
    if (pause >= static_cast<double>(duration::max().count())) return duration::max();
    return duration(static_cast<duration::rep>(pause));
}

} // namespace tandem
