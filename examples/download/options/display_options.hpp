// What is shown while it runs.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "download/progress/display.hpp"

struct display_options {
    /// No progress and no summary, and no errors either unless `show_errors`.
    bool silent = false;
    bool show_errors = false;
    /// Nothing for what suits standard error.
    std::optional<progress_form> progress;
    /// The headers of requests and replies.
    bool verbose = false;
    /// A file for each step of each request; "-" is standard output, "%" standard error, empty none.
    std::string trace_file;

    bool hides_errors() const noexcept { return silent && !show_errors; }

    /// What comes of these.
    progress_form form() const;

    void add_to(CLI::App& app);
};
