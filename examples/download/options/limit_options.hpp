// How much, how long, how often.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>

#include "download/modes/run_mode.hpp"
#include <tandem/base/clock.hpp>

struct limit_options {
    /// Nothing for what suits the steps.
    std::optional<run_mode> mode;
    int jobs = 16;
    /// Connections to one host; 0 for as many as there are jobs.
    int per_host = 0;
    int segments = 1;
    /// Bytes a second.
    std::optional<std::uint64_t> rate;
    std::optional<std::uint64_t> max_filesize;

    bool follows_redirects = true;
    int max_redirects = 50;
    /// Credentials go to whatever a redirect leads to.
    bool location_trusted = false;

    std::optional<tandem::duration> connect_timeout;
    std::optional<tandem::duration> max_time;
    /// Bytes a second over `speed_time`.
    std::optional<std::uint64_t> speed_limit;
    std::optional<tandem::duration> speed_time;

    int retries = 3;
    std::optional<tandem::duration> retry_delay;
    /// Counted from the first attempt.
    std::optional<tandem::duration> retry_max_time;
    bool retries_all_errors = false;

    void add_to(CLI::App& app);
};
