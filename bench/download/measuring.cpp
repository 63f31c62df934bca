#include "download/measuring.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <set>
#include <stdexcept>

namespace bench {
namespace {

namespace fs = std::filesystem;

errand write_errand(const numbered_links& links, int jobs, const scratch& at) {
    const errand made{at.path() / "links", at.path() / "links.curl", jobs, at.path() / "got"};
    std::ofstream list(made.list), curl_list(made.curl_list);
    for (std::size_t i = 0; i < links.count; ++i) {
        list << links[i] << '\n';
        curl_list << "url = \"" << links[i] << "\"\noutput = \"" << links.name(i) << "\"\n";
    }
    return made;
}

void check(const fs::path& folder, const expected_files& expected) {
    std::size_t count = 0;
    for (const auto& file : fs::directory_iterator(folder)) {
        ++count;
        if (file.file_size() != expected.size)
            throw std::runtime_error(file.path().filename().string() + " has " +
                                     std::to_string(file.file_size()) + " bytes");
    }
    if (count != expected.count)
        throw std::runtime_error(std::to_string(count) + " files of " + std::to_string(expected.count));
}

double median_of(const std::vector<usage>& all, double usage::*figure) {
    std::vector<double> values;
    for (const usage& each : all)
        values.push_back(each.*figure);
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

} // namespace

std::map<std::string, usage> measure(const std::vector<fetcher>& all, const numbered_links& links,
                                     const expected_files& expected, int jobs, int rounds,
                                     const scratch& at) {
    const errand what = write_errand(links, jobs, at);
    std::map<std::string, std::vector<usage>> measured;
    std::set<std::string> failed;
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            // Who comes first changes: what one leaves of memory and caches is another's start.
            const fetcher& each = all[(i + static_cast<std::size_t>(round)) % all.size()];
            if (failed.count(each.name)) continue;
            at.fresh("got");
            try {
                const usage used = run_measured(each.command(what), at.path() / "fetcher.log");
                check(what.folder, expected);
                measured[each.name].push_back(used);
            } catch (const std::exception& error) {
                std::cerr << "bench-download: no row for " << each.name << ": " << error.what() << '\n';
                failed.insert(each.name);
            }
        }
    }
    at.fresh("got");
    std::map<std::string, usage> medians;
    for (const auto& [name, runs] : measured)
        if (!failed.count(name))
            medians[name] = {median_of(runs, &usage::seconds), median_of(runs, &usage::cpu_seconds),
                             median_of(runs, &usage::peak_bytes)};
    return medians;
}

} // namespace bench
