// What a run of bench-pool was asked for.
#pragma once
#include <optional>
#include <regex>
#include <string>

namespace bench {

struct options {
    std::string json_file;
    /// Only the cases whose names match; all where it is empty.
    std::string filter;
    std::string python;
    /// Shows that everything works, and measures nothing.
    bool quick = false;

    bool wants(const std::string& name) const {
        return filter.empty() || std::regex_search(name, std::regex(filter));
    }
    /// How often to do something that is `count` times in earnest.
    int times(int count) const {
        return quick ? (count < 20 ? 1 : count / 20 < 10 ? count / 20 : 10) : count;
    }
};

} // namespace bench
