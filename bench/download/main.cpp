// bench-download: what it costs to fetch files, held against a bare Beast loop, bare system calls and the
// tools that people use, in one run.
#include <CLI/CLI.hpp>

#include <sys/resource.h>

#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "download/cases.hpp"
#include "download/measuring.hpp"
#include "download/options.hpp"
#include "download/origin.hpp"
#include "download/programs.hpp"
#include "download/scratch.hpp"
#include "support/python_peer.hpp"
#include "support/report.hpp"

namespace {

using bench::usage;

/// Everybody gets as many descriptors as the system allows.
void allow_descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

class run {
  public:
    explicit run(const bench::download_options& chosen)
        : chosen_(chosen)
        , results_("bench-download", bench::download_cases())
        , late_(at_) {
        if (chosen.nginx == "none") return;
        try {
            files_.emplace(chosen.nginx, at_);
        } catch (const std::runtime_error& error) {
            std::cerr << "bench-download: " << error.what() << ": bench-latency-server serves the files\n";
        }
    }

    void measure(const bench::workload& work) {
        if (!chosen_.wants(work.seconds) && !chosen_.wants(work.cpu) && !chosen_.wants(work.memory)) return;
        if (!has_room(2 * work.count * work.size, work.name)) return;
        const auto all = bench::fetchers(chosen_, work.floor);
        for (const auto& [name, used] : measured(all, work)) {
            results_.add(work.seconds, name, used.seconds);
            results_.add(work.cpu, name, used.cpu_seconds);
            results_.add(work.memory, name, used.peak_bytes / 1e6);
        }
        if (files_) files_->clear();
    }

    /// What a connection needs: the same files, 512 at once and one at once.
    void measure_memory() {
        constexpr int many = 512;
        if (!chosen_.wants("rss_512") && !chosen_.wants("rss_512_each")) return;
        const std::size_t count = chosen_.quick ? many : 4096;
        const std::uint64_t size = 4096;
        const auto all = bench::fetchers(chosen_, bench::floor_kind::whole_files);
        const bench::expected_files expected{count, size};
        const auto together =
            bench::measure(all, late_.links(20, size, count), expected, many, rounds(), at_);
        const auto alone = bench::measure(all, late_.links(0, size, count), expected, 1, 1, at_);
        for (const auto& [name, used] : together) {
            results_.add("rss_512", name, used.peak_bytes / 1e6);
            if (!alone.count(name)) continue;
            const double more = used.peak_bytes - alone.at(name).peak_bytes;
            results_.add("rss_512_each", name, more / 1024 / (many - 1));
        }
    }

    /// What each URL of a list needs: a file with very many, and one with few. Only our own: others read it
    /// all at once.
    void measure_long_list() {
        if (!chosen_.wants("list_1M_rss")) return;
        const std::size_t many = chosen_.quick ? 5'000 : 1'000'000;
        const std::size_t few = chosen_.quick ? 500 : 10'000;
        constexpr std::uint64_t page = 8192; // of memory that a file of one byte takes, and its name
        if (!has_room(many * page, "list_1M_rss")) return;
        const std::vector<bench::fetcher> own = {bench::tandem()};
        for (const auto& [name, count] : {std::pair("list_10k", few), std::pair(bench::own_name, many)}) {
            const auto used = bench::measure(own, late_.links(0, 1, count), {count, 1}, 64, 1, at_);
            if (used.empty()) { // it has been said why
                std::cerr << "bench-download: no rows for list_1M_rss: the list of " << count
                          << " has failed\n";
                return;
            }
            results_.add("list_1M_rss", name, used.at(bench::own_name).peak_bytes / 1e6);
        }
    }

    const bench::report& results() const { return results_; }

  private:
    int rounds() const { return chosen_.quick ? 1 : chosen_.rounds; }

    bool has_room(std::uint64_t needed, const std::string& name) const {
        if (at_.has_room(needed)) return true;
        std::cerr << "bench-download: no rows for " << name << ": it needs " << needed / (1024 * 1024)
                  << " MiB in " << at_.path().string() << '\n';
        return false;
    }

    std::map<std::string, usage> measured(const std::vector<bench::fetcher>& all,
                                          const bench::workload& work) {
        const auto links = files_ && !work.has_delay() ? files_->links(work.size, work.count)
                                                       : late_.links(work.delay, work.size, work.count);
        return bench::measure(all, links, {work.count, work.size}, work.jobs, rounds(), at_);
    }

    const bench::download_options& chosen_;
    bench::report results_;
    bench::scratch at_;
    bench::latency_server late_;
    /// Empty where there is no nginx.
    std::optional<bench::file_server> files_;
};

void measure(const bench::download_options& chosen) {
    allow_descriptors();
    run all(chosen);
    for (const bench::workload& work : bench::workloads(chosen.quick))
        all.measure(work);
    all.measure_memory();
    all.measure_long_list();
    all.results().print(std::cout);
    if (!chosen.json_file.empty()) all.results().write_json(chosen.json_file);
}

} // namespace

int main(int argc, char** argv) {
    bench::download_options chosen;
    chosen.python = bench::default_python();
    CLI::App app("Measures what it costs to fetch files.", "bench-download");
    app.add_option("--json", chosen.json_file, "write the rows to this file as well");
    app.add_option("--filter", chosen.filter, "only the cases that match this regular expression");
    app.add_option("--against", chosen.against, "only the references that match this one");
    app.add_option("--python", chosen.python, "the Python to compare with, or none")->capture_default_str();
    app.add_option("--nginx", chosen.nginx, "what serves the files, or none for our own server")
        ->capture_default_str();
    app.add_option("--rounds", chosen.rounds, "how often each is measured; the median counts")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_flag("--quick", chosen.quick, "a moment for each case: shows that it works, measures nothing");
    CLI11_PARSE(app, argc, argv);
    try {
        measure(chosen);
    } catch (const std::exception& error) {
        std::cerr << "bench-download: " << error.what() << '\n';
        return 1;
    }
}
