#pragma once
#include <optional>
#include <string>
#include <vector>

/// What the demo was asked to do.
struct demo_options {
    /// With any of these, the demo is tandem-get.
    std::vector<std::string> links;
    std::string input_file;

    std::string folder = "images";
    int files = 96;
    /// Milliseconds that the origin waits before each photo.
    int latency = 60;
    /// The modes to run, by their short names.
    std::vector<std::string> modes = {"sequential", "threads", "processes", "coroutines",
                                      "thumbnails", "pool",    "hybrid"};
    /// The number of a photo that the origin shall serve with a wrong byte, to see the demo fail.
    int corrupt = -1;

    bool wants(const std::string& mode) const;
};

/// Fills `chosen` from the command line. Returns the status to exit with if there is nothing to do: 0 after
/// --help, 2 after a usage error, which is printed.
std::optional<int> read_options(demo_options& chosen, std::vector<std::string> arguments);
