#include "download/options/display_options.hpp"

#include <stdexcept>
#include <utility>

#include "download/options/option_group.hpp"

namespace {

progress_form form_from(const std::string& name) {
    for (auto [known, form] : {std::pair<const char*, progress_form>("bar", progress_form::bars),
                               {"plain", progress_form::plain},
                               {"json", progress_form::json},
                               {"none", progress_form::none}})
        if (name == known) return form;
    throw std::invalid_argument("'" + name + "' is none of bar, plain, json and none");
}

} // namespace

progress_form display_options::form() const {
    if (silent) return show_errors ? progress_form::none : progress_form::silent;
    return progress.value_or(form_for_user());
}

void display_options::add_to(CLI::App& app) {
    option_group group(app, "What is shown");
    group.value(
        "--progress", "FORM", [this](const std::string& name) { progress = form_from(name); },
        "bar (the default on a terminal), plain lines (elsewhere), json, or none, which leaves the errors");
    group.flag("-s,--silent", silent, "show neither progress nor errors");
    group.flag("-S,--show-error", show_errors, "show errors even with --silent");
    group.flag("-v,--verbose", verbose, "show the headers of requests and replies, without secrets");
    group.text(
        "--trace", "FILE", trace_file,
        "write each step of each request to FILE, with its time; - is standard output, % standard error");
}
