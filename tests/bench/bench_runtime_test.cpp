// bench-runtime in its quick mode: that it measures everything and says so as the design wants it. Never how
// fast.
#include <catch2/catch.hpp>

#include <boost/json.hpp>

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

namespace json = boost::json;

namespace {

using names = std::set<std::string>;

/// The names that reports look for.
const names stable_cases = {
    "switch",          "spawn_join", "nested_await", "channel_hop",  "timeout_arm_cancel", "task_bytes",
    "socketpair_byte", "tcp_byte",   "stream_64KiB", "accept_close", "connections_10000"};

json::array rows_in(const std::string& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return json::parse(text.str()).as_array();
}

/// The cases that are held against `reference`.
names cases_against(const json::array& rows, const std::string& reference) {
    names found;
    for (const auto& row : rows)
        if (json::value_to<std::string>(row.at("reference")) == reference)
            found.insert(json::value_to<std::string>(row.at("case")));
    return found;
}

bool contains_all(const names& all, const names& some) {
    return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

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
        const json::object& one = row.as_object();
        INFO(json::serialize(one));
        CHECK(one.size() == 9);
        CHECK(one.at("bench") == "bench-runtime");
        CHECK((one.at("unit") == "ns" || one.at("unit") == "B" || one.at("unit") == "MiB"));
        const double value = one.at("value").to_number<double>();
        const double ratio = one.at("ratio").to_number<double>();
        CHECK(ratio * one.at("reference_value").to_number<double>() == Approx(value));
        CHECK(one.at("ok").is_null() == one.at("goal").is_null());
        if (!one.at("goal").is_null())
            CHECK(one.at("ok").as_bool() == (value <= one.at("goal").to_number<double>()));
        CHECK(result.output.find(json::value_to<std::string>(one.at("case"))) != std::string::npos);
    }
}

TEST_CASE("bench-runtime holds every stable case against asyncio where there is a Python for it") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "rows.json").string();
    const bool has_python = std::system("python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'") == 0;
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
