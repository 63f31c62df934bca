// bench-pool in its quick mode: that it measures everything and says so as the design wants it. Never how
// fast.
#include <catch2/catch.hpp>

#include <boost/json.hpp>

#include <sched.h>

#include "bench/rows.hpp"
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

namespace json = boost::json;
using test::cases_against;
using test::contains_all;
using names = test::case_names;
using test::rows_in;

namespace {

/// The names that reports look for, on any machine.
const names stable_cases = {"roundtrip_same_cpu", "pipelined_same_cpu", "map_chunk256",
                            "argument_1MiB",      "argument_64MiB",     "result_1MiB",
                            "result_64MiB",       "pool_start",         "cancel_to_ready",
                            "codec_encode",       "codec_decode",       "shared_buffer_64MiB"};
/// Those that need two processors.
const names apart_cases = {"roundtrip_two_cpus", "roundtrip_two_cpus_p99", "pipelined", "pipelined_8",
                           "roundtrip_two_cpus_spin"};

bool has_two_processors() {
    cpu_set_t usable;
    return sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) > 1;
}

test::outcome run_quickly(const std::string& python, const std::string& json_file,
                          const std::string& filter = "") {
    return test::run({test::program("bench-pool"), "--quick", "--python", python, "--filter", filter,
                      "--json", json_file});
}

} // namespace

TEST_CASE("bench-pool writes a row for every stable case, held against bare processes") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "rows.json").string();
    const auto result = run_quickly("none", file);
    INFO(result.output << result.errors);
    REQUIRE(result.status == 0);
    const json::array rows = rows_in(file);
    const names found = cases_against(rows, "floor");
    CHECK(contains_all(found, stable_cases));
    CHECK(contains_all(found, apart_cases) == has_two_processors());
    CHECK(
        contains_all(cases_against(rows, "one_process"), {"prime_count", "prime_count_1", "prime_speedup"}));
    CHECK(cases_against(rows, "futex").count("roundtrip_same_cpu") == 1);
    for (const auto& row : rows) {
        test::check_shape(row, "bench-pool", {"ns", "us", "ms", "/s", "x"});
        CHECK(row.at("value").to_number<double>() > 0);
        CHECK(result.output.find(json::value_to<std::string>(row.at("case"))) != std::string::npos);
    }
}

TEST_CASE("bench-pool holds the pool against Python's where there is a Python for it") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "rows.json").string();
    const bool has_python = test::has_python_3_11();
    const std::string python = has_python ? "python3" : (folder.path() / "no-python").string();
    const auto result = run_quickly(python, file);
    INFO(result.output << result.errors);
    REQUIRE(result.status == 0);
    const bool says_why_not = result.errors.find("no rows for Python's executors") != std::string::npos;
    CHECK(says_why_not == !has_python);
    const json::array rows = rows_in(file);
    const names with_pools = has_python ? names{"roundtrip_same_cpu", "roundtrip_many",  "pipelined_same_cpu",
                                                "map_chunk256",       "argument_64MiB",  "result_1MiB",
                                                "pool_start",         "cancel_to_ready", "prime_speedup",
                                                "shared_buffer_64MiB"}
                                        : names();
    CHECK(contains_all(cases_against(rows, "ProcessPoolExecutor"), with_pools));
    const names with_threads = has_python ? names{"roundtrip_same_cpu", "prime_speedup"} : names();
    CHECK(contains_all(cases_against(rows, "ThreadPoolExecutor"), with_threads));
    CHECK(contains_all(cases_against(rows, "multiprocessing.Pool"), with_threads));
    // loky comes with joblib, and its absence is said.
    const bool lacks_loky = result.errors.find("no rows for loky") != std::string::npos;
    CHECK((has_python && !lacks_loky) == (cases_against(rows, "loky").count("prime_speedup") == 1));
}

TEST_CASE("bench-pool holds its cases to the design's goals, in terms of what the same run measured") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "rows.json").string();
    const auto result = run_quickly("none", file, "^(roundtrip_same_cpu|pipelined_8_same_cpu|codec_)");
    INFO(result.output << result.errors);
    REQUIRE(result.status == 0);
    const json::array rows = rows_in(file);
    CHECK(cases_against(rows, "floor") == names{"roundtrip_same_cpu", "roundtrip_same_cpu_p99",
                                                "pipelined_8_same_cpu", "codec_encode", "codec_decode"});
    for (const auto& row : rows) {
        INFO(json::serialize(row));
        if (row.at("reference") != "floor") continue;
        const double floor = row.at("reference_value").to_number<double>();
        if (row.at("case") == "roundtrip_same_cpu")
            CHECK(row.at("goal").to_number<double>() == Approx(1.5 * floor));
        if (row.at("case") == "pipelined_8_same_cpu")
            CHECK(row.at("goal").to_number<double>() == Approx(0.4 * floor));
        if (row.at("case") == "codec_encode") CHECK(row.at("goal").to_number<double>() == 50);
    }
}
