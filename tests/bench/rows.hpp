// The rows that a benchmark program writes.
#pragma once
#include <catch2/catch.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace test {

using case_names = std::set<std::string>;

inline boost::json::array rows_in(const std::string& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return boost::json::parse(text.str()).as_array();
}

/// The cases that are held against `reference`.
inline case_names cases_against(const boost::json::array& rows, const std::string& reference) {
    case_names found;
    for (const auto& row : rows)
        if (boost::json::value_to<std::string>(row.at("reference")) == reference)
            found.insert(boost::json::value_to<std::string>(row.at("case")));
    return found;
}

inline bool contains_all(const case_names& all, const case_names& some) {
    return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

/// Checks what holds for every row of a program: its parts, and that they fit together. Where more is better
/// (units "/s" and "x"), a goal is the least that meets it.
inline void check_shape(const boost::json::value& row, const std::string& program, const case_names& units) {
    const boost::json::object& one = row.as_object();
    INFO(boost::json::serialize(one));
    CHECK(one.size() == 9);
    CHECK(one.at("bench") == boost::json::string_view(program));
    const auto unit = boost::json::value_to<std::string>(one.at("unit"));
    CHECK(units.count(unit) == 1);
    const double value = one.at("value").to_number<double>();
    const double ratio = one.at("ratio").to_number<double>();
    CHECK(ratio * one.at("reference_value").to_number<double>() == Approx(value));
    CHECK(one.at("ok").is_null() == one.at("goal").is_null());
    if (one.at("goal").is_null()) return;
    const double goal = one.at("goal").to_number<double>();
    const bool more_is_better = unit == "/s" || unit == "x";
    CHECK(one.at("ok").as_bool() == (more_is_better ? value >= goal : value <= goal));
}

inline bool has_python_3_11() {
    return std::system("python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'") == 0;
}

} // namespace test
