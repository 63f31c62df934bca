// What a run of bench-download was asked for.
#pragma once
#include <regex>
#include <string>

namespace bench {

struct download_options {
    std::string json_file;
    /// Only the cases whose names match; all where it is empty.
    std::string filter;
    /// Only the references whose names match; all where it is empty.
    std::string against;
    std::string python;
    /// What serves the files; "none" for our own server.
    std::string nginx = "nginx";
    /// How often each side fetches everything; the median counts.
    int rounds = 3;
    /// Shows that everything works, and measures nothing.
    bool quick = false;

    bool wants(const std::string& name) const { return matches(name, filter); }
    bool is_against(const std::string& reference) const { return matches(reference, against); }

  private:
    static bool matches(const std::string& name, const std::string& pattern) {
        return pattern.empty() || std::regex_search(name, std::regex(pattern));
    }
};

} // namespace bench
