// What the program says of itself.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

/// Thrown while a command line is read, where it asks for help in place of work.
struct help_asked {
    /// Empty for the short help; else "all", a subject's heading, or "roff" for the options of the man page.
    std::string subject;
    bool is_version = false;
};

/// Adds `--help [SUBJECT]` and `--version`, which throw help_asked.
void add_help(CLI::App& app);

/// Prints it to standard output, made of the options of `app`. Returns the status to exit with: 2 for a
/// subject that there is not.
int print_help(const CLI::App& app, const help_asked& what);
