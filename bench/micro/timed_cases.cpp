#include "micro/timed_cases.hpp"

#include <benchmark/benchmark.h>

#include <iostream>
#include <vector>

#include "micro/cases.hpp"

namespace bench {
namespace {

/// Hands Google Benchmark's results on to a report.
class collector final : public benchmark::BenchmarkReporter {
  public:
    explicit collector(report& into)
        : into_(into) {}
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            // A case fails with an exception; this is one that cannot be measured here.
            if (run.error_occurred) {
                std::cerr << "bench-runtime: no row for " << run.run_name.function_name << ": "
                          << run.error_message << '\n';
                continue;
            }
            const bool is_median = run.run_type == Run::RT_Aggregate && run.aggregate_name == "median";
            if (!is_median && run.repetitions > 1) continue;
            const std::string& name = run.run_name.function_name;
            const std::size_t slash = name.find('/');
            const std::string of_case = name.substr(0, slash);
            const bool is_wall = case_named(of_case).measures == quantity::wall_time;
            into_.add(of_case, name.substr(slash + 1),
                      is_wall ? run.GetAdjustedRealTime() : run.GetAdjustedCPUTime());
        }
    }

  private:
    report& into_;
};

} // namespace

void run_timed_cases(report& into, const std::string& filter, bool quick) {
    // Interleaving spreads a disturbance over all cases in place of one case's repetitions.
    std::vector<std::string> words = {"bench-runtime", "--benchmark_filter=" + filter};
    if (quick) {
        words.push_back("--benchmark_min_time=0.0001");
    } else {
        words.insert(words.end(), {"--benchmark_min_time=0.05", "--benchmark_repetitions=5",
                                   "--benchmark_enable_random_interleaving=true"});
    }
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    collector reporter(into);
    benchmark::RunSpecifiedBenchmarks(&reporter);
    benchmark::Shutdown();
}

} // namespace bench
