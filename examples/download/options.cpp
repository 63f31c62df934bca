#include "download/options.hpp"

#include "download/options/help.hpp"

#include <algorithm>
#include <iostream>

namespace {

/// Throws CLI::Error for options that do not go together.
void check(const get_options& chosen) {
    if (chosen.source.links.empty() && chosen.source.input_file.empty())
        throw CLI::RequiredError("a URL or --input-file");
    chosen.body.check();
    chosen.request.check();
    chosen.identity.check();
    chosen.proxy.check();
    chosen.tls.check();
    chosen.network.check();
    chosen.output.check();
    const bool is_one = chosen.source.links.size() == 1 && chosen.source.input_file.empty();
    if (!chosen.request.etag_save.empty() && !is_one)
        throw CLI::ValidationError("--etag-save", "there has to be one URL whose ETag it is");
    const auto mode = chosen.limits.mode;
    const bool has_many_jars = mode == run_mode::threads || mode == run_mode::processes;
    if (!chosen.identity.cookie_jar.empty() && has_many_jars)
        throw CLI::ValidationError("--cookie-jar",
                                   "threads and processes have a jar each; use another --mode");
}

} // namespace

std::optional<int> read_options(get_options& chosen, std::vector<std::string> arguments) {
    CLI::App app("Downloads files over HTTP and HTTPS, many at once.", "tandem-get");
    app.set_help_flag();
    chosen.source.add_to(app);
    chosen.output.add_to(app);
    chosen.steps.add_to(app);
    chosen.limits.add_to(app);
    chosen.request.add_to(app);
    chosen.body.add_to(app);
    chosen.identity.add_to(app);
    chosen.network.add_to(app);
    chosen.proxy.add_to(app);
    chosen.tls.add_to(app);
    chosen.display.add_to(app);
    add_help(app);

    chosen.words = arguments;
    std::reverse(arguments.begin(), arguments.end()); // CLI11 takes them from the back
    try {
        app.parse(std::move(arguments));
        check(chosen);
    } catch (const help_asked& what) {
        return print_help(app, what);
    } catch (const CLI::Error& error) {
        std::cerr << "tandem-get: " << error.what() << "\nRun tandem-get --help for what there is.\n";
        return 2;
    }
    return std::nullopt;
}
