// bench-pool: what a process_pool costs, held against what bare processes need to do the same and against
// Python's pools, in one run.
#include <CLI/CLI.hpp>

#include <tandem/pool/worker.hpp>

#include <iostream>
#include <string>
#include <vector>

#include "pool/bare_process.hpp"
#include "pool/cases.hpp"
#include "pool/options.hpp"
#include "pool/processors.hpp"
#include "pool/suites.hpp"
#include "support/python_peer.hpp"
#include "support/report.hpp"

namespace {

void run_python_peer(bench::report& into, const bench::options& chosen) {
    const bench::python_script script{"pool_executors.py", "Python's executors"};
    std::vector<std::string> words;
    if (chosen.quick) words.push_back("--quick");
    if (!chosen.filter.empty()) words.insert(words.end(), {"--filter", chosen.filter});
    bench::run_python_peer(into, chosen.python, script, words);
}

void measure(const bench::options& chosen) {
    if (bench::processors().size() < 2) std::cerr << "bench-pool: one processor only: no rows for two\n";
    bench::report results("bench-pool", bench::pool_cases());
    bench::measure_round_trips(results, chosen);
    bench::measure_pipelines(results, chosen);
    bench::measure_map(results, chosen);
    bench::measure_payloads(results, chosen);
    bench::measure_start(results, chosen);
    bench::measure_cancellation(results, chosen);
    bench::measure_prime_counts(results, chosen);
    bench::measure_codec(results, chosen);
    if (chosen.python != "none") run_python_peer(results, chosen);
    results.print(std::cout);
    if (!chosen.json_file.empty()) results.write_json(chosen.json_file);
}

} // namespace

int main(int argc, char** argv) {
    tandem::worker_entry(argc, argv);
    bench::be_bare_process(argc, argv);
    bench::options chosen;
    chosen.python = bench::default_python();
    CLI::App app("Measures what a process_pool costs.", "bench-pool");
    app.add_option("--json", chosen.json_file, "write the rows to this file as well");
    app.add_option("--filter", chosen.filter, "only the cases that match this regular expression");
    app.add_option("--python", chosen.python, "the Python to compare with, or none")->capture_default_str();
    app.add_flag("--quick", chosen.quick, "a moment for each case: shows that it works, measures nothing");
    CLI11_PARSE(app, argc, argv);
    try {
        measure(chosen);
    } catch (const std::exception& error) {
        std::cerr << "bench-pool: " << error.what() << '\n';
        return 1;
    }
}
