// What a resolver has been told, and for how long it believes that.
#pragma once
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include <tandem/base/clock.hpp>
#include <tandem/io/resolver_options.hpp>

#include "io/lookup_threads.hpp"

namespace tandem::detail {

class name_cache {
  public:
    explicit name_cache(const resolver_options& options) noexcept
        : options_(options) {}

    /// What is kept of `host` and not too old at `now`; else null. Valid until the next call.
    const lookup_outcome* find(const std::string& host, time_point now);

    /// Keeps what may be kept.
    void store(const std::string& host, const lookup_outcome& outcome, time_point now);

    void clear() noexcept;
    void set_options(const resolver_options& options) noexcept;
    const resolver_options& options() const noexcept { return options_; }
    std::size_t size() const noexcept { return answers_.size(); }

    /// Counted by the resolver.
    std::uint64_t at_once = 0, hits = 0, misses = 0, failures = 0;

  private:
    struct answer {
        std::string host;
        lookup_outcome outcome;
        time_point came;
    };
    duration age_limit(const lookup_outcome& outcome) const noexcept;
    void drop(std::list<answer>::iterator which) noexcept;

    resolver_options options_;
    /// The oldest first.
    std::list<answer> answers_;
    /// The names are those in the list.
    std::unordered_map<std::string_view, std::list<answer>::iterator> by_name_;
};

} // namespace tandem::detail
