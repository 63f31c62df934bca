#include "retry/retry_budget.hpp"

#include <algorithm>

namespace tandem::http::detail {

namespace {

double grown(time_point since, time_point now, const retry_policy& policy) {
    return std::chrono::duration<double>(now - since).count() * policy.reserve() / 10;
}

} // namespace

bool retry_budgets::take(const std::string& origin, const retry_policy& policy, time_point now) {
    if (buckets_.size() >= looked_at_) forget_full(now, policy);
    auto& here = buckets_.try_emplace(origin, bucket{policy.reserve(), now}).first->second;
    here.tokens = std::min(policy.reserve(), here.tokens + grown(here.filled, now, policy));
    here.filled = now;
    if (here.tokens < 1) return false;
    here.tokens -= 1;
    return true;
}

void retry_budgets::forget_full(time_point now, const retry_policy& policy) {
    std::erase_if(buckets_, [&](const auto& each) {
        return each.second.tokens + grown(each.second.filled, now, policy) >= policy.reserve();
    });
    looked_at_ = std::max<std::size_t>(64, 2 * buckets_.size());
}

} // namespace tandem::http::detail
