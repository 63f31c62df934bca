// What a run of tandem-get is to download.
#pragma once
#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "download/url_pattern.hpp"

/// The links of the command line, then those of the input file, each made or read when it is asked for: a
/// million of them take no more room than one. A range that can be gone through once.
class link_source {
  public:
    /// Patterns where `expand`, else links as they are; a file of `-` is standard input, an empty one none.
    /// Throws pattern_error, and std::runtime_error where the file cannot be read.
    link_source(const std::vector<std::string>& given, bool expand, const std::string& file);
    link_source(const link_source&) = delete;
    link_source& operator=(const link_source&) = delete;

    /// True where there is nothing to come from.
    bool is_empty() const noexcept { return patterns_.empty() && !in_; }

    std::optional<std::string> next();

    class iterator {
      public:
        iterator() noexcept = default;
        explicit iterator(link_source& from)
            : from_(&from)
            , link_(from.next()) {}
        /// By value: the next one must not change what is under way.
        std::string operator*() const { return *link_; }
        iterator& operator++() {
            link_ = from_->next();
            return *this;
        }
        bool operator==(std::default_sentinel_t) const noexcept { return !link_; }

      private:
        link_source* from_ = nullptr;
        std::optional<std::string> link_;
    };
    iterator begin() { return iterator(*this); }
    static std::default_sentinel_t end() noexcept { return std::default_sentinel; }

  private:
    std::optional<std::string> next_line();

    std::vector<url_pattern> patterns_;
    std::size_t at_ = 0;
    std::ifstream file_;
    std::istream* in_ = nullptr;
};
