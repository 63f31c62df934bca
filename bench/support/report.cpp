#include "support/report.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <ostream>
#include <stdexcept>
#include <system_error>

namespace bench {
namespace {

namespace json = boost::json;

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    return text;
}

json::object as_json(const std::string& program, const row& one) {
    const auto met = one.is_met();
    return {{"bench", program},
            {"case", one.name},
            {"value", one.value},
            {"unit", one.unit},
            {"reference", one.reference},
            {"reference_value", one.reference_value},
            {"ratio", one.ratio},
            {"goal", one.goal ? json::value(one.goal->value) : json::value()},
            {"ok", met ? json::value(*met) : json::value()}};
}

} // namespace

report::report(std::string program, std::vector<reported_case> cases)
    : program_(std::move(program))
    , cases_(std::move(cases)) {}

void report::add(const std::string& name, const std::string& who, double value) {
    if (std::ranges::find(cases_, name, &reported_case::name) == cases_.end())
        throw std::out_of_range("no such case: " + name);
    values_[name][who] = value;
}

std::vector<row> report::rows() const {
    std::vector<row> all;
    for (const reported_case& known : cases_) {
        const auto measured = values_.find(known.name);
        if (measured == values_.end() || !measured->second.count(own_name)) continue;
        const double own = measured->second.at(own_name);
        for (const auto& [who, value] : measured->second)
            if (who != own_name)
                all.push_back(
                    {known.name, own, known.unit, who, value, own / value, known.goal_beside(who, value)});
    }
    return all;
}

void report::print(std::ostream& out) const {
    const std::vector<row> all = rows();
    std::size_t longest = 9;
    for (const row& one : all)
        longest = std::max(longest, one.reference.size());
    const int width = static_cast<int>(longest) + 1;
    char line[200];
    std::snprintf(line, sizeof line, "%-26s %9s %-4s %-*s %9s %7s %6s %s\n", "case", "Tandem", "", width,
                  "reference", "", "ratio", "goal", "ok");
    out << line;
    for (const row& one : all) {
        const auto met = one.is_met();
        std::snprintf(line, sizeof line, "%-26s %9s %-4s %-*s %9s %7.3f %6s %s\n", one.name.c_str(),
                      number(one.value).c_str(), one.unit.c_str(), width, one.reference.c_str(),
                      number(one.reference_value).c_str(), one.ratio,
                      one.goal ? number(one.goal->value).c_str() : "-", met ? *met ? "yes" : "NO" : "-");
        out << line;
    }
    out << "\nratio: Tandem / reference. What the cases are:\n";
    for (const reported_case& known : cases_) {
        std::snprintf(line, sizeof line, "  %-26s %s\n", known.name.c_str(), known.what.c_str());
        out << line;
    }
}

void report::write_json(const std::string& file) const {
    const std::vector<row> all = rows();
    std::ofstream out(file);
    const char* before = "[\n";
    for (const row& one : all) {
        out << before << json::serialize(as_json(program_, one));
        before = ",\n";
    }
    out << (all.empty() ? "[]\n" : "\n]\n");
    out.close();
    if (!out) throw std::system_error(errno, std::generic_category(), file);
}

} // namespace bench
