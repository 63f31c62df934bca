// The options as a man page has them.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

/// Headings in the order in which they came, each with its options.
using option_groups = std::vector<std::pair<std::string, std::vector<const CLI::Option*>>>;
option_groups grouped_options(const CLI::App& app);

/// `-o, --output FILE`, or what an argument without a name is called.
std::string option_usage(const CLI::Option& option);

/// Prints them to standard output as sections of a page (man(7)).
void print_roff(const option_groups& groups);
