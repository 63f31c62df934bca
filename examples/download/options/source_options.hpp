// What is to be fetched.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

struct source_options {
    /// As they were given: patterns, unless `literal`.
    std::vector<std::string> links;
    bool literal = false;
    /// A file of more; "-" is standard input, empty none.
    std::string input_file;
    /// Leaves "/./" and "/../" in the paths of URLs.
    bool path_as_is = false;
    /// Goes behind the query of each URL, encoded, without a question mark; empty for nothing.
    std::string query;

    void add_to(CLI::App& app);
};
