#include "download/options/step_options.hpp"

#include "download/options/option_group.hpp"

void step_options::add_to(CLI::App& app) {
    option_group group(app, "What is done with each file");
    const auto add = [this](const std::string& text) { steps.push_back(step_from(text)); };
    group.value(
        "--then", "STEP", add,
        "thumbnail:EDGE, sha256, extract[:SIZE] or exec:COMMAND, with $1 or {} for the file; several are "
        "done in their order, in a pool of processes while other files come");
    group.value(
        "--thumbnail", "EDGE", [add](const std::string& edge) { add("thumbnail:" + edge); },
        "the same as --then thumbnail:EDGE");
}
