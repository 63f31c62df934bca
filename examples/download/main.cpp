// tandem-get: URLs in, files out, and what else is asked for made of them.
#include "download/continuation.hpp"
#include "download/exit_code.hpp"
#include "download/item_source.hpp"
#include "download/modes/run_downloads.hpp"
#include "download/options.hpp"
#include "download/progress/display.hpp"

#include <iostream>
#include <tandem/coro/task_group.hpp>
#include <tandem/run.hpp>

using tandem::task;

namespace {

/// Says how many files there will be, while they are downloaded.
task<> tell_total(const item_source& items, display& shown) {
    if (const auto total = co_await items.count()) shown.expect(*total);
}

task<> download_all(const get_options& chosen, item_source& items, display& shown) {
    auto work = [&](tandem::task_group& group) -> task<> {
        if (chosen.display.form() == progress_form::bars) group.spawn(tell_total(items, shown), "count");
        co_await run_downloads(chosen, items, shown);
        group.cancel();
    };
    co_await tandem::with_group(work);
    shown.expect(0); // what has begun was all, equal URLs aside
}

task<int> async_main(std::vector<std::string> arguments) {
    get_options chosen;
    if (auto status = read_options(chosen, std::move(arguments))) co_return *status;
    const auto shown = make_display(chosen.display.form());
    const log_on_display log(*shown);
    auto status = exit_code::done;
    try {
        item_source items(chosen.source.links, !chosen.source.literal, chosen.source.input_file,
                          chosen.output.names);
        co_await show_while(*shown, download_all(chosen, items, *shown));
    } catch (const tandem::cancelled&) {
        shown->finish();
        if (!chosen.display.hides_errors())
            std::cerr << "To go on where it has stopped: " << command_to_continue(chosen)
                      << "\ntandem-get: interrupted\n";
        throw;
    } catch (const std::exception& trouble) { // of what the options name
        shown->message("tandem-get: " + std::string(trouble.what()));
        status = exit_code::usage;
    }
    shown->finish();
    co_return status == exit_code::done ? shown->exit_code() : static_cast<int>(status);
}

} // namespace

int main(int argc, char** argv) {
    return tandem::run(argc, argv, tandem::run_options().silent_stop(), async_main);
}
