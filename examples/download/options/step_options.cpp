#include "download/options/step_options.hpp"

#include "download/options/option_group.hpp"

void step_options::add_to(CLI::App& app) {
    option_group group(app, "What is done with each file");
    group.number("--thumbnail", "EDGE", thumbnail, 1, 10'000,
                 "make a thumbnail that fits EDGE x EDGE pixels of each image, in a pool of processes");
}
