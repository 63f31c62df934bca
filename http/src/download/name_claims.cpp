#include "name_claims.hpp"

#include <algorithm>
#include <utility>

namespace tandem::http::detail {

std::optional<std::string> name_claims::holder(const std::string& path) const {
    if (const auto found = known_.find(path); found != known_.end()) return found->second;
    if (all_.contains(path)) return "an earlier URL of this run";
    return std::nullopt;
}

std::optional<std::string> name_claims::claim::take(const std::string& path, const std::string& url) {
    if (name_ && *name_ == path) return std::nullopt;
    if (auto other = of_.holder(path)) return other;
    give_back();
    name_ = &of_.known_.emplace(path, url).first->first;
    return std::nullopt;
}

int name_claims::claim::first_number(const std::string& path) const {
    if (number_ && path == number_->path) return number_->number;
    const auto found = of_.numbers_.find(path);
    return found == of_.numbers_.end() ? 0 : found->second;
}

/// Nothing is remembered of a name that goes without a number, as most do.
void name_claims::claim::take_number(const std::string& path, int number) {
    give_back();
    number_ = numbered{path, number};
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
    number_.reset();
    const auto* const name = std::exchange(name_, nullptr);
    if (!name) return;
    if (forever) of_.all_.insert(*name);
    of_.come_.push_back(name);
    if (of_.come_.size() <= remembered) return;
    of_.known_.erase(of_.known_.find(*of_.come_.front()));
    of_.come_.pop_front();
}

void name_claims::claim::give_back() {
    if (const auto* const name = std::exchange(name_, nullptr)) of_.known_.erase(of_.known_.find(*name));
    if (const auto mine = std::exchange(number_, {})) {
        const auto known = of_.numbers_.find(mine->path);
        if (known != of_.numbers_.end()) known->second = std::min(known->second, mine->number);
    }
}

} // namespace tandem::http::detail
