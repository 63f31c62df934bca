// bench-download in its quick mode: that it measures everything and says so as the design wants it. Never how
// fast.
#include <catch2/catch.hpp>

#include <boost/json.hpp>

#include "bench/rows.hpp"
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

namespace json = boost::json;
using test::cases_against;
using test::contains_all;
using names = test::case_names;
using test::rows_in;

namespace {

/// The names that reports look for.
const names stable_cases = {"files_4KiB", "files_1MiB",  "file_2GiB_cpu", "latency_1",
                            "latency_64", "latency_512", "rss_512"};

test::outcome run_quickly(const std::string& json_file, std::vector<std::string> options) {
    std::vector<std::string> words = {test::program("bench-download"), "--quick", "--json", json_file};
    words.insert(words.end(), options.begin(), options.end());
    return test::run(std::move(words));
}

double number(const json::value& row, const char* what) {
    return row.at(what).to_number<double>();
}

} // namespace

TEST_CASE("bench-download writes a row for every stable case, held against bare loops") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "rows.json").string();
    const auto result = run_quickly(file, {"--against", "^(floor|read_write|splice)$", "--python", "none"});
    INFO(result.output << result.errors);
    REQUIRE(result.status == 0);
    const json::array rows = rows_in(file);
    CHECK(contains_all(cases_against(rows, "floor"), stable_cases));
    const names large = {"file_2GiB", "file_2GiB_cpu", "file_2GiB_rss"};
    CHECK(cases_against(rows, "read_write") == large);
    CHECK(cases_against(rows, "splice") == large);
    for (const auto& row : rows) {
        test::check_shape(row, "bench-download", {"s", "MB", "KiB"});
        CHECK(result.output.find(json::value_to<std::string>(row.at("case"))) != std::string::npos);
    }
}

TEST_CASE("bench-download says what a list of very many URLs takes beside one of few") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "rows.json").string();
    const auto result = run_quickly(file, {"--filter", "^list_1M_rss$"});
    INFO(result.output << result.errors);
    REQUIRE(result.status == 0);
    const json::array rows = rows_in(file);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].at("reference") == "list_10k");
    CHECK(number(rows[0], "goal") > number(rows[0], "reference_value"));
}

TEST_CASE("bench-download holds Tandem against each tool that is there, and says which are not") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "rows.json").string();
    const auto result = run_quickly(file, {"--filter", "^files_4KiB$"});
    INFO(result.output << result.errors);
    REQUIRE(result.status == 0);
    const json::array rows = rows_in(file);
    const names all_three = {"files_4KiB", "files_4KiB_cpu", "files_4KiB_rss"};
    const std::pair<const char*, const char*> tools[] = {
        {"curl", "curl"}, {"aria2", "aria2c"}, {"wget2", "wget2"}, {"aiohttp", "aiohttp"}};
    for (const auto& [reference, program] : tools) {
        INFO(reference);
        const bool is_absent =
            result.errors.find(std::string("no rows for ") + program + ":") != std::string::npos;
        CHECK(cases_against(rows, reference) == (is_absent ? names() : all_three));
    }
}

TEST_CASE("bench-download serves the files itself where there is no nginx") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "rows.json").string();
    const std::string no_nginx = (folder.path() / "nginx").string();
    const auto result =
        run_quickly(file, {"--filter", "^files_", "--against", "^floor$", "--nginx", no_nginx});
    INFO(result.output << result.errors);
    REQUIRE(result.status == 0);
    CHECK(result.errors.find(no_nginx + " is not installed") != std::string::npos);
    CHECK(contains_all(cases_against(rows_in(file), "floor"), {"files_4KiB", "files_1MiB"}));
}

TEST_CASE("bench-download holds its cases to the design's goals, in terms of what the same run measured") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "rows.json").string();
    const auto result =
        run_quickly(file, {"--filter", "^(files_4KiB|rss_512_each)$", "--against", "^(floor|curl)$"});
    INFO(result.output << result.errors);
    REQUIRE(result.status == 0);
    bool has_floor = false;
    for (const auto& row : rows_in(file)) {
        INFO(json::serialize(row));
        const double reference = number(row, "reference_value");
        if (row.at("case") == "files_4KiB" && row.at("reference") == "floor") {
            CHECK(number(row, "goal") == Approx(1.3 * reference));
            has_floor = true;
        }
        if (row.at("case") == "files_4KiB" && row.at("reference") == "curl")
            CHECK(number(row, "goal") == Approx(1.03 * reference));
        if (row.at("case") == "rss_512_each") CHECK(number(row, "goal") == 16);
    }
    CHECK(has_floor);
}
