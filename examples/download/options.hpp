#pragma once
#include <optional>
#include <string>
#include <vector>

/// What tandem-get was asked to do.
struct get_options {
    /// As they were given: patterns, unless `literal`.
    std::vector<std::string> links;
    bool literal = false;
    std::string input_file;
    std::string folder = "images";
    std::string ca_file;
    int jobs = 16;
    int thumbnail = 0;
};

/// Fills `chosen` from the command line. Returns the status to exit with if
/// there is nothing to do: 0 after --help, 2 after a usage error, which is printed.
std::optional<int> read_options(get_options& chosen, std::vector<std::string> arguments);
