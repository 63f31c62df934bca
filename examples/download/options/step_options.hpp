// What is done with each file that has come.
#pragma once
#include <CLI/CLI.hpp>
#include <vector>

#include "download/steps/step.hpp"

struct step_options {
    /// In the order in which they were given.
    std::vector<step> steps;

    void add_to(CLI::App& app);
};
