// How long a resolver believes what it was told.
#pragma once
#include <chrono>
#include <cstddef>

#include <tandem/base/clock.hpp>

namespace tandem {

/// The settings of a resolver's cache. getaddrinfo does not tell how long a name server wants its answer
/// kept, so the limits here are short.
class TANDEM_API resolver_options {
  public:
    /// How long addresses are kept; 30 s by default, 0 keeps none.
    resolver_options& positive_age(duration length) noexcept {
        positive_age_ = length;
        return *this;
    }

    /// How long it is kept that a name does not exist or has no address; 2 s by default, 0 asks anew each
    /// time. Failures that may pass (a name server that does not answer) are never kept.
    resolver_options& negative_age(duration length) noexcept {
        negative_age_ = length;
        return *this;
    }

    /// How many names are kept, 1024 by default; the oldest answer makes room for a new one. 0 keeps none.
    resolver_options& capacity(std::size_t names) noexcept {
        capacity_ = names;
        return *this;
    }

    duration positive_age() const noexcept { return positive_age_; }
    duration negative_age() const noexcept { return negative_age_; }
    std::size_t capacity() const noexcept { return capacity_; }

  private:
    duration positive_age_ = std::chrono::seconds(30);
    duration negative_age_ = std::chrono::seconds(2);
    std::size_t capacity_ = 1024;
};

} // namespace tandem
