// How many retries hosts are sent.
#pragma once
#include <string>
#include <unordered_map>

#include <tandem/base/clock.hpp>
#include <tandem/http/retry_policy.hpp>

namespace tandem::http::detail {

/// A token bucket for each origin that retries were sent to lately; one that is full again is forgotten.
class retry_budgets {
  public:
    /// A request is sent to `origin` for the first time.
    void note_request(const std::string& origin, const retry_policy& policy) {
        if (buckets_.empty()) return;
        if (const auto found = buckets_.find(origin); found != buckets_.end())
            found->second.tokens += policy.share();
    }

    /// Takes a retry out of the bucket. Returns false where there is none in it.
    bool take(const std::string& origin, const retry_policy& policy, time_point now);

  private:
    struct bucket {
        double tokens;
        time_point filled;
    };
    void forget_full(time_point now, const retry_policy& policy);

    std::unordered_map<std::string, bucket> buckets_;
    std::size_t looked_at_ = 64;
};

} // namespace tandem::http::detail
