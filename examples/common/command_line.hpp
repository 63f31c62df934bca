#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

/// Fills what `app`'s options are bound to from `arguments` (without the program's name). Returns the status
/// to exit with when the program's work is done: 0 after --help, 2 after a usage error, which is printed.
std::optional<int> parse_command_line(CLI::App& app, std::vector<std::string> arguments);
