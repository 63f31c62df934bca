// What a run of tandem-get is to download.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tandem/coro/task.hpp>

#include "download/item_list.hpp"
#include "download/list_item.hpp"
#include "download/url_pattern.hpp"

/// The links of the command line, then the items of the input file, each made or read when it is asked for: a
/// million of them take no more room than one.
class item_source {
  public:
    /// `links` are patterns where `expand`, else links as they are. `names` are those of their files in turn,
    /// with `#1` for what the first set or range of a pattern had; there may be fewer, and a file without one
    /// has none. A `file` of "-" is standard input, an empty one none. Throws pattern_error, and
    /// std::runtime_error where the file cannot be read.
    item_source(const std::vector<std::string>& links, bool expand, const std::string& file,
                std::vector<std::string> names = {});

    /// True where there is nothing to come from.
    bool is_empty() const noexcept { return patterns_.empty() && !list_; }

    /// The next item; nothing behind the last. Throws list_error for one that cannot be understood, and goes
    /// on behind it when called again; any other error is the end. One task at a time.
    tandem::task<std::optional<list_item>> next();
    /// The next item where that takes no waiting; else nothing, and `next` waits. Throws list_error as that.
    std::optional<list_item> at_hand();

    /// How many items there are in all, wrong and equal ones included; empty where only reading what cannot
    /// be read twice would tell. Does not change what comes next.
    tandem::task<std::optional<std::uint64_t>> count() const;

  private:
    std::optional<list_item> next_given();

    std::vector<url_pattern> patterns_;
    std::vector<std::string> names_;
    std::size_t at_ = 0;
    std::string file_;
    std::optional<item_list> list_;
};
