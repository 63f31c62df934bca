#include "io/name_cache.hpp"

#include <netdb.h>

#include <tandem/io/resolver.hpp>

namespace tandem::detail {

duration name_cache::age_limit(const lookup_outcome& outcome) const noexcept {
    if (!outcome.error) return options_.positive_age();
    const bool is_lasting = outcome.error.category() == resolver_category() &&
                            (outcome.error.value() == EAI_NONAME || outcome.error.value() == EAI_NODATA ||
                             outcome.error.value() == EAI_ADDRFAMILY);
    return is_lasting ? options_.negative_age() : duration::zero();
}

const lookup_outcome* name_cache::find(const std::string& host, time_point now) {
    const auto known = by_name_.find(host);
    if (known == by_name_.end()) return nullptr;
    const auto which = known->second;
    if (now - which->came < age_limit(which->outcome)) return &which->outcome;
    drop(which);
    return nullptr;
}

void name_cache::store(const std::string& host, const lookup_outcome& outcome, time_point now) {
    if (const auto known = by_name_.find(host); known != by_name_.end()) drop(known->second);
    if (options_.capacity() == 0 || age_limit(outcome) <= duration::zero()) return;
    while (answers_.size() >= options_.capacity())
        drop(answers_.begin());
    answers_.push_back(answer{host, outcome, now});
    by_name_.emplace(answers_.back().host, std::prev(answers_.end()));
}

void name_cache::clear() noexcept {
    by_name_.clear();
    answers_.clear();
}

void name_cache::set_options(const resolver_options& options) noexcept {
    options_ = options;
    while (answers_.size() > options_.capacity())
        drop(answers_.begin());
}

void name_cache::drop(std::list<answer>::iterator which) noexcept {
    by_name_.erase(which->host);
    answers_.erase(which);
}

} // namespace tandem::detail
