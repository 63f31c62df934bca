// Fetchers at work, each in a process of its own.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "download/numbered_links.hpp"
#include "download/programs.hpp"
#include "download/scratch.hpp"
#include "support/child_program.hpp"

namespace bench {

/// What has to be there in the end.
struct expected_files {
    std::size_t count;
    std::uint64_t size; ///< of each
};

/// Lets each fetch `links`, `jobs` at once, in turn and `rounds` times over. Returns by name the median of
/// each figure. Says on stderr who failed or left something out; that one is not in it.
std::map<std::string, usage> measure(const std::vector<fetcher>& all, const numbered_links& links,
                                     const expected_files& expected, int jobs, int rounds, const scratch& at);

} // namespace bench
