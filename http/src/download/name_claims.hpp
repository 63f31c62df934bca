// Which files a run of many downloads writes.
#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "download/fingerprint_set.hpp"

namespace tandem::http::detail {

/// Keeps downloads of one run from taking each other's names. Those under way and the last ones to come are
/// known with their URLs; of the others no more is kept than fingerprints, and that only on request.
class name_claims {
  public:
    /// A claim, which ends as a failed one unless `came` was called.
    class claim;

    /// Who has the name: a URL, or "an earlier URL"; nothing where it is free.
    std::optional<std::string> holder(const std::string& path) const;
    /// Takes a free name.
    claim take(const std::string& path, std::string url);

  private:
    static constexpr std::size_t remembered = 256;

    /// Their URLs, by path.
    std::unordered_map<std::string, std::string> known_;
    /// Those that have come, the oldest first.
    std::deque<std::string> come_;
    fingerprint_set all_;
};

class [[nodiscard]] name_claims::claim {
  public:
    claim(name_claims& of, std::string path)
        : of_(&of)
        , path_(std::move(path)) {}
    claim(claim&& other) noexcept
        : of_(std::exchange(other.of_, nullptr))
        , path_(std::move(other.path_)) {}
    claim& operator=(claim&&) = delete;
    ~claim() {
        if (of_) of_->known_.erase(path_);
    }

    /// The file is there. `forever`: whatever else will come, it is known that this name is taken.
    void came(bool forever);

  private:
    name_claims* of_;
    std::string path_;
};

} // namespace tandem::http::detail
