// What the system knows of processes that a program under test has started.
#pragma once
#include <sstream>
#include <string>
#include <vector>

#include "support/temp_folder.hpp"

namespace test {

/// The children of that process's first thread, by number.
inline std::vector<std::string> children_of(int pid) {
    const auto id = std::to_string(pid);
    std::istringstream list(read_file("/proc/" + id + "/task/" + id + "/children"));
    std::vector<std::string> children;
    for (std::string child; list >> child;)
        children.push_back(child);
    return children;
}

/// Whether the process runs; one that has ended but was not reaped does not.
inline bool runs(const std::string& pid) {
    const auto stat = read_file("/proc/" + pid + "/stat");
    return !stat.empty() && stat.find(") Z ") == std::string::npos;
}

} // namespace test
