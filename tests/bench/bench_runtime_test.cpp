// bench-runtime in its quick mode: that it measures everything and says so as the design wants it. Never how
// fast.
#include <catch2/catch.hpp>

#include <boost/json.hpp>

#include <netdb.h>
#include <unistd.h>

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
const names stable_cases = {
    "switch",          "spawn_join", "nested_await", "channel_hop",  "timeout_arm_cancel", "task_bytes",
    "socketpair_byte", "tcp_byte",   "stream_64KiB", "accept_close", "connections_10000"};

bool knows_its_own_name() {
    char name[256] = {};
    ::gethostname(name, sizeof name - 1);
    addrinfo* found = nullptr;
    if (::getaddrinfo(name, nullptr, nullptr, &found) != 0) return false;
    ::freeaddrinfo(found);
    return true;
}

} // namespace

TEST_CASE("bench-runtime writes a row for every stable case, held against awaitable") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "rows.json").string();
    const auto result =
        test::run({test::program("bench-runtime"), "--quick", "--python", "none", "--json", file});
    INFO(result.output << result.errors);
    REQUIRE(result.status == 0);
    const json::array rows = rows_in(file);
    CHECK(contains_all(cases_against(rows, "awaitable"), stable_cases));
    for (const auto& row : rows) {
        test::check_shape(row, "bench-runtime", {"ns", "B", "MiB"});
        CHECK(result.output.find(json::value_to<std::string>(row.at("case"))) != std::string::npos);
    }
}

TEST_CASE("bench-runtime holds every stable case against asyncio where there is a Python for it") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "rows.json").string();
    const bool has_python = test::has_python_3_11();
    const std::string python = has_python ? "python3" : (folder.path() / "no-python").string();
    const auto result =
        test::run({test::program("bench-runtime"), "--quick", "--python", python, "--json", file});
    INFO(result.output << result.errors);
    REQUIRE(result.status == 0);
    const bool says_why_not = result.errors.find("no rows for asyncio") != std::string::npos;
    CHECK(says_why_not == !has_python);
    const names expected = has_python ? stable_cases : names();
    CHECK(contains_all(cases_against(rows_in(file), "asyncio"), expected));
}

TEST_CASE("bench-runtime holds I/O to what awaitable needs in the same run, and nothing else") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "rows.json").string();
    const auto result = test::run(
        {test::program("bench-runtime"), "--quick", "--part", "io", "--python", "none", "--json", file});
    INFO(result.output << result.errors);
    REQUIRE(result.status == 0);
    const json::array rows = rows_in(file);
    const names found = cases_against(rows, "awaitable");
    CHECK(contains_all(found, {"socketpair_byte", "stream_64KiB"}));
    CHECK(found.count("switch") == 0);
    CHECK(found.count("resolver_hit") == knows_its_own_name());
    for (const auto& row : rows) {
        INFO(json::serialize(row));
        const double needed = row.at("reference_value").to_number<double>();
        if (row.at("case") == "connections_10000")
            CHECK(row.at("goal").is_null());
        else
            CHECK(row.at("goal").to_number<double>() == Approx(needed).epsilon(0.1));
    }
}

TEST_CASE("bench-runtime says which parts there are when it is asked for another") {
    const auto result = test::run({test::program("bench-runtime"), "--quick", "--part", "disk"});
    CHECK(result.status != 0);
    CHECK(result.errors.find("core") != std::string::npos);
    CHECK(result.output.find("ratio") == std::string::npos);
}
