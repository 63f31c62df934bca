#include "download/options/display_options.hpp"

#include "download/options/option_group.hpp"

void display_options::add_to(CLI::App& app) {
    option_group group(app, "What is shown");
    group.flag("-s,--silent", silent, "show neither progress nor errors");
    group.flag("-S,--show-error", show_errors, "show errors even with --silent");
    group.flag("-v,--verbose", verbose, "show the headers of requests and replies, without secrets");
    group.text(
        "--trace", "FILE", trace_file,
        "write each step of each request to FILE, with its time; - is standard output, % standard error");
}
