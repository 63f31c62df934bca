#include "pool/cases.hpp"

#include "pool/processors.hpp"
#include "support/goal.hpp"

namespace bench {
namespace {

void add_round_trips(std::vector<reported_case>& all) {
    constexpr std::string_view peer = "ProcessPoolExecutor";
    const std::vector<goal> same = {at_most_times(1.5, "floor"), at_most_times(1 / 8.0, peer)};
    const std::vector<goal> across = {at_most_times(1.8, "floor"), at_most_times(1 / 2.5, peer)};
    all.push_back(
        make_case("roundtrip_same_cpu", "us", "a no-op job there and back, median; one processor", same));
    all.push_back(make_case("roundtrip_same_cpu_p99", "us", "the same, 99th percentile"));
    all.push_back(
        make_case("roundtrip_two_cpus", "us", "the same with the worker on another processor", across));
    all.push_back(make_case("roundtrip_two_cpus_p99", "us", "the same, 99th percentile"));
    all.push_back(make_case("roundtrip_two_cpus_spin", "us", "both sides look for 200 us before they sleep",
                            {at_most_times(1.0, "floor")}));
    all.push_back(make_case("roundtrip_two_cpus_spin_p99", "us", "the same, 99th percentile"));
    all.push_back(
        make_case("roundtrip_many", "us", "two workers a processor, a caller for each, not pinned"));
    all.push_back(make_case("roundtrip_many_p99", "us", "the same, 99th percentile"));
}

void add_pipelines(std::vector<reported_case>& all) {
    const std::vector<goal> raw = {at_least_times(0.4, "floor")};
    all.push_back(make_case("pipelined", "/s", "no-op jobs, 32 at a time, one worker, two processors", raw));
    all.push_back(make_case("pipelined_same_cpu", "/s", "the same on one processor", raw));
    all.push_back(make_case("pipelined_8", "/s", "8 at a time, two processors", raw));
    all.push_back(make_case("pipelined_8_same_cpu", "/s", "8 at a time, one processor", raw));
    all.push_back(make_case("map_chunk256", "/s",
                            "items of a map in chunks of 256, a worker for each processor",
                            {at_least(10e6)}));
}

void add_payloads(std::vector<reported_case>& all) {
    const std::vector<goal> by_value = {at_most_times(1.3, "floor")};
    all.push_back(make_case("argument_1MiB", "ms", "a string of 1 MiB as argument", by_value));
    all.push_back(make_case("argument_64MiB", "ms", "64 MiB", by_value));
    all.push_back(make_case("result_1MiB", "ms", "a string of 1 MiB as result", by_value));
    all.push_back(make_case("result_64MiB", "ms", "64 MiB", by_value));
    all.push_back(make_case("shared_buffer_64MiB", "us", "64 MiB in a shared_buffer as argument",
                            {at_most_above("no_op", 50)}));
}

void add_prime_counts(std::vector<reported_case>& all) {
    all.push_back(make_case("prime_count", "ms", "primes below 2,000,000, a worker for each processor"));
    for (std::size_t workers = 1; workers <= processors().size(); ++workers)
        all.push_back(make_case(prime_count_with(workers), "ms", "the same, so many workers"));
    all.push_back(
        make_case("prime_speedup", "x", "how much sooner than in one process of the same language"));
}

} // namespace

std::string prime_count_with(std::size_t workers) {
    return "prime_count_" + std::to_string(workers);
}

std::vector<reported_case> pool_cases() {
    std::vector<reported_case> all;
    add_round_trips(all);
    add_pipelines(all);
    add_payloads(all);
    all.push_back(make_case("pool_start", "ms", "a new pool until a worker for each processor has answered"));
    all.push_back(make_case("cancel_to_ready", "ms",
                            "from cancelling a job that is deaf to the next job's answer", {at_most(10)}));
    add_prime_counts(all);
    all.push_back(make_case("codec_encode", "ns", "a small struct to bytes", {at_most(50)}));
    all.push_back(make_case("codec_decode", "ns", "and back", {at_most(50)}));
    return all;
}

} // namespace bench
