// What is done with each file that has come.
#pragma once
#include <CLI/CLI.hpp>

struct step_options {
    /// The edge of thumbnails in pixels; 0 for none.
    int thumbnail = 0;

    void add_to(CLI::App& app);
};
