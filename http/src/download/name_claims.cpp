#include "name_claims.hpp"

#include <algorithm>
#include <utility>

namespace tandem::http::detail {

std::optional<std::string> name_claims::holder(const std::string& path) const {
    if (const auto found = known_.find(path); found != known_.end()) return found->second;
    if (all_.contains(path)) return "an earlier URL of this run";
    return std::nullopt;
}

std::optional<std::string> name_claims::claim::take(const std::string& path, std::string url) {
    if (path == path_ && !number_) return std::nullopt;
    if (auto other = of_.holder(path)) return other;
    give_back();
    of_.known_.emplace(path, std::move(url));
    path_ = path;
    return std::nullopt;
}

int name_claims::claim::first_number(const std::string& path) const {
    if (number_ && path == path_) return *number_;
    const auto found = of_.numbers_.find(path);
    return found == of_.numbers_.end() ? 0 : found->second;
}

/// Nothing is remembered of a name that goes without a number, as most do.
void name_claims::claim::take_number(const std::string& path, int number) {
    give_back();
    path_ = path;
    number_ = number;
    if (number > 0 && of_.numbers_.try_emplace(path).second) {
        of_.numbered_.push_back(path);
        if (of_.numbered_.size() > remembered) {
            of_.numbers_.erase(of_.numbered_.front());
            of_.numbered_.pop_front();
        }
    }
    if (const auto known = of_.numbers_.find(path); known != of_.numbers_.end()) known->second = number + 1;
}

void name_claims::claim::came(bool forever) {
    const auto path = std::exchange(path_, {});
    if (path.empty() || std::exchange(number_, {})) return;
    if (forever) of_.all_.insert(path);
    of_.come_.push_back(path);
    if (of_.come_.size() <= remembered) return;
    of_.known_.erase(of_.come_.front());
    of_.come_.pop_front();
}

void name_claims::claim::give_back() {
    const auto path = std::exchange(path_, {});
    const auto number = std::exchange(number_, {});
    if (path.empty()) return;
    if (!number) {
        of_.known_.erase(path);
    } else if (const auto known = of_.numbers_.find(path); known != of_.numbers_.end()) {
        known->second = std::min(known->second, *number);
    }
}

} // namespace tandem::http::detail
