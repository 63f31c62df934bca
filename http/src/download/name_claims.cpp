#include "name_claims.hpp"

#include <utility>

namespace tandem::http::detail {

std::optional<std::string> name_claims::holder(const std::string& path) const {
    if (const auto found = known_.find(path); found != known_.end()) return found->second;
    if (all_.contains(path)) return "an earlier URL of this run";
    return std::nullopt;
}

name_claims::claim name_claims::take(const std::string& path, std::string url) {
    known_.emplace(path, std::move(url));
    return claim(*this, path);
}

void name_claims::claim::came(bool forever) {
    auto& of = *std::exchange(of_, nullptr);
    if (forever) of.all_.insert(path_);
    of.come_.push_back(std::move(path_));
    if (of.come_.size() <= remembered) return;
    of.known_.erase(of.come_.front());
    of.come_.pop_front();
}

} // namespace tandem::http::detail
