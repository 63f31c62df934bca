// What is shown while it runs.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

struct display_options {
    /// No progress and no summary, and no errors either unless `show_errors`.
    bool silent = false;
    bool show_errors = false;
    /// The headers of requests and replies.
    bool verbose = false;
    /// A file for each step of each request; "-" is standard output, "%" standard error, empty none.
    std::string trace_file;

    bool hides_errors() const noexcept { return silent && !show_errors; }

    void add_to(CLI::App& app);
};
