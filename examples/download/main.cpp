// tandem-get: URLs in, files out, and what else is asked for made of them.
#include "download/link_source.hpp"
#include "download/modes/run_downloads.hpp"
#include "download/options.hpp"
#include "download/progress/display.hpp"

#include <iostream>
#include <optional>
#include <tandem/run.hpp>

using tandem::task;

namespace {

task<int> async_main(std::vector<std::string> arguments) {
    get_options chosen;
    if (auto status = read_options(chosen, std::move(arguments))) co_return *status;
    std::optional<link_source> links;
    try {
        links.emplace(chosen.source.links, !chosen.source.literal, chosen.source.input_file);
    } catch (const std::runtime_error& error) {
        std::cerr << error.what() << '\n';
        co_return 2;
    }
    const auto shown = make_display(chosen.display.form());
    const log_on_display log(*shown);
    try {
        co_await show_while(*shown, run_downloads(chosen, *links, *shown));
    } catch (const tandem::cancelled&) {
        shown->finish();
        throw;
    }
    shown->finish();
    co_return shown->exit_code();
}

} // namespace

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
