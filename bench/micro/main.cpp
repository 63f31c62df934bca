// bench-runtime: what the runtime costs, its core and its I/O, held against asio::awaitable, asyncio and
// uvloop in one run.
#include <CLI/CLI.hpp>

#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "micro/cases.hpp"
#include "micro/connections.hpp"
#include "micro/many_tasks.hpp"
#include "micro/timed_cases.hpp"
#include "support/python_peer.hpp"
#include "support/report.hpp"

namespace {

struct options {
    std::string json_file;
    /// Empty where everything is asked for.
    std::string filter;
    std::vector<bench::part> parts = {bench::part::core, bench::part::io};
    std::string python = bench::default_python();
    bool quick = false;
};

void run_python_peer(bench::report& into, bench::part group, const options& chosen) {
    const bench::python_script script{group == bench::part::core ? "asyncio_runtime.py" : "asyncio_io.py",
                                      "asyncio and uvloop"};
    std::vector<std::string> words;
    if (chosen.quick) words.push_back("--quick");
    bench::run_python_peer(into, chosen.python, script, words);
}

void measure(const options& chosen) {
    bench::report results("bench-runtime", bench::reported_cases());
    if (!chosen.filter.empty()) {
        bench::run_timed_cases(results, chosen.filter, chosen.quick);
    } else {
        // Memory comes first, while the heap that its processes start with is small.
        for (const bench::part group : chosen.parts)
            (group == bench::part::core ? bench::run_many_tasks : bench::run_connections)(results,
                                                                                          chosen.quick);
        bench::run_timed_cases(results, bench::timed_cases_of(chosen.parts), chosen.quick);
        if (chosen.python != "none")
            for (const bench::part group : chosen.parts)
                run_python_peer(results, group, chosen);
    }
    results.print(std::cout);
    if (!chosen.json_file.empty()) results.write_json(chosen.json_file);
}

} // namespace

int main(int argc, char** argv) {
    options chosen;
    CLI::App app("Measures what the runtime costs: the time of one operation, and memory.", "bench-runtime");
    app.add_option("--json", chosen.json_file, "write the rows to this file as well");
    app.add_option("--part", chosen.parts, "core, io, or both as it is by default")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, bench::part>{{"core", bench::part::core}, {"io", bench::part::io}}));
    app.add_option("--filter", chosen.filter,
                   "only the timed cases \"case/who\" that match this regular expression, without Python");
    app.add_option("--python", chosen.python, "the Python to compare with, or none")->capture_default_str();
    app.add_flag("--quick", chosen.quick, "a moment for each case: shows that it works, measures nothing");
    CLI11_PARSE(app, argc, argv);
    try {
        measure(chosen);
    } catch (const std::exception& error) {
        std::cerr << "bench-runtime: " << error.what() << '\n';
        return 1;
    }
}
