// bench-runtime: what the core of the runtime costs, held against asio::awaitable, asyncio and uvloop in one
// run.
#include <CLI/CLI.hpp>

#include <unistd.h>

#include <iostream>

#include "micro/many_tasks.hpp"
#include "micro/python_peer.hpp"
#include "micro/report.hpp"
#include "micro/timed_cases.hpp"

namespace {

struct options {
    std::string json_file;
    std::string filter = ".";
    /// The system's Python comes first: uvloop is installed for that one.
    std::string python = ::access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3" : "python3";
    bool quick = false;
};

void measure(const options& chosen) {
    bench::report results;
    // A filter asks for timed cases: those of memory and Python have no part in it. Memory comes first, while
    // the heap that its processes start with is small.
    const bool all = chosen.filter == ".";
    if (all) bench::run_many_tasks(results, chosen.quick);
    bench::run_timed_cases(results, chosen.filter, chosen.quick);
    if (all && chosen.python != "none") bench::run_python_peer(results, chosen.python, chosen.quick);
    results.print(std::cout);
    if (!chosen.json_file.empty()) results.write_json(chosen.json_file);
}

} // namespace

int main(int argc, char** argv) {
    options chosen;
    CLI::App app("Measures what the core of the runtime costs: processor time of one operation, and memory.",
                 "bench-runtime");
    app.add_option("--json", chosen.json_file, "write the rows to this file as well");
    app.add_option("--filter", chosen.filter, "only the timed cases that match this regular expression");
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
