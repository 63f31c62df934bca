#include "download/cases.hpp"

#include "support/goal.hpp"

namespace bench {
namespace {

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;
constexpr int delay = 20;

workload make(std::string name, std::size_t count, std::uint64_t size, int jobs, int milliseconds,
              floor_kind floor) {
    workload made{name, count, size, jobs, milliseconds, floor, name, name + "_cpu", name + "_rss"};
    return made;
}

/// No more than 3 % behind the best of all, four times ahead of aiohttp where that has much to do.
std::vector<goal> goals_beside_peers(bool is_heavy) {
    return {at_most_times(1.03, "curl"), at_most_times(1.03, "aria2"), at_most_times(1.03, "wget2"),
            at_most_times(is_heavy ? 0.25 : 1.03, "aiohttp")};
}

/// And not far from the floor.
std::vector<goal> time_goals(bool is_heavy) {
    auto all = goals_beside_peers(is_heavy);
    all.push_back(at_most_times(1.3, "floor"));
    return all;
}

struct description {
    std::string name, what;
    std::vector<goal> time, cpu, memory;
};

std::vector<description> descriptions() {
    const auto light = time_goals(false);
    const auto heavy = time_goals(true);
    const std::vector<goal> large = {at_most_times(0.75, "read_write"), at_most(2.8)};
    return {
        {"files_4KiB", "10,000 files of 4 KiB, 64 at once", heavy, {}, {at_most(12)}},
        {"files_1MiB", "200 files of 1 MiB, 64 at once", light, {}, {}},
        {"file_2GiB", "one file of 2 GiB", goals_beside_peers(false), large, {}},
        {"latency_1", "50 files of 4 KiB, 20 ms before each reply, one at once", light, {}, {}},
        {"latency_8", "the same with 400 files, 8 at once", light, {}, {}},
        {"latency_64", "3200 files, 64 at once", light, {}, {at_most(12)}},
        {"latency_512", "20,000 files, 512 at once", heavy, {}, {}},
    };
}

} // namespace

std::vector<workload> workloads(bool quick) {
    const auto some = [quick](std::size_t count, std::size_t few) { return quick ? few : count; };
    const std::uint64_t large = quick ? 8 * mib : 2048 * mib;
    std::vector<workload> all = {
        make("files_4KiB", some(10'000, 100), 4 * kib, 64, 0, floor_kind::whole_files),
        make("files_1MiB", some(200, 5), mib, 64, 0, floor_kind::pieces),
        make("file_2GiB", 1, large, 1, 0, floor_kind::large_file),
        make("latency_1", some(50, 2), 4 * kib, 1, delay, floor_kind::whole_files),
        make("latency_8", some(400, 16), 4 * kib, 8, delay, floor_kind::whole_files),
        make("latency_64", some(3200, 64), 4 * kib, 64, delay, floor_kind::whole_files),
        make("latency_512", some(20'000, 512), 4 * kib, 512, delay, floor_kind::whole_files),
    };
    return all;
}

std::vector<reported_case> download_cases() {
    std::vector<reported_case> all;
    for (description& each : descriptions()) {
        all.push_back(make_case(each.name, "s", each.what + "; on the wall", std::move(each.time)));
        all.push_back(make_case(each.name + "_cpu", "s", "the same: processor time", std::move(each.cpu)));
        all.push_back(
            make_case(each.name + "_rss", "MB", "the same: peak of resident memory", std::move(each.memory)));
    }
    all.push_back(make_case("rss_512", "MB", "peak of resident memory with 512 at once", {at_most(20)}));
    all.push_back(
        make_case("rss_512_each", "KiB", "what each of the 512 adds to that of one at once", {at_most(16)}));
    all.push_back(make_case("list_1M_rss", "MB", "peak of resident memory with a million URLs from a file",
                            {at_most_above("list_10k", 1)}));
    return all;
}

} // namespace bench
