#include "micro/report.hpp"

#include <boost/json.hpp>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <ostream>
#include <system_error>

#include "micro/cases.hpp"

namespace bench {
namespace {

namespace json = boost::json;

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    return text;
}

/// What the case is held to beside `who`, whose figure is `value`.
std::optional<double> goal_beside(const known_case& known, const std::string& who, double value) {
    if (known.rivals_awaitable && who == "awaitable") return value * noise;
    return known.goal;
}

json::object as_json(const row& one) {
    const auto met = one.is_met();
    return {{"bench", "bench-runtime"},
            {"case", one.name},
            {"value", one.value},
            {"unit", one.unit},
            {"reference", one.reference},
            {"reference_value", one.reference_value},
            {"ratio", one.ratio},
            {"goal", one.goal ? json::value(*one.goal) : json::value()},
            {"ok", met ? json::value(*met) : json::value()}};
}

} // namespace

void report::add(const std::string& name, const std::string& who, double value) {
    values_[std::string(case_named(name).name)][who] = value;
}

std::vector<row> report::rows() const {
    std::vector<row> all;
    for (const known_case& known : known_cases()) {
        const auto measured = values_.find(std::string(known.name));
        if (measured == values_.end() || !measured->second.count(own_name)) continue;
        const double own = measured->second.at(own_name);
        for (const auto& [who, value] : measured->second)
            if (who != own_name)
                all.push_back({measured->first, own, std::string(known.unit), who, value, own / value,
                               goal_beside(known, who, value)});
    }
    return all;
}

void report::print(std::ostream& out) const {
    char line[160];
    std::snprintf(line, sizeof line, "%-26s %9s %-4s %-10s %9s %7s %6s %s\n", "case", "Tandem", "",
                  "reference", "", "ratio", "goal", "ok");
    out << line;
    for (const row& one : rows()) {
        const auto met = one.is_met();
        std::snprintf(line, sizeof line, "%-26s %9s %-4s %-10s %9s %7.3f %6s %s\n", one.name.c_str(),
                      number(one.value).c_str(), one.unit.c_str(), one.reference.c_str(),
                      number(one.reference_value).c_str(), one.ratio,
                      one.goal ? number(*one.goal).c_str() : "-", met ? *met ? "yes" : "NO" : "-");
        out << line;
    }
    out << "\nratio: Tandem / reference. What the cases are:\n";
    for (const known_case& known : known_cases()) {
        std::snprintf(line, sizeof line, "  %-26s %s%s\n", std::string(known.name).c_str(),
                      std::string(known.what).c_str(),
                      known.measures == quantity::wall_time ? " (wall time)" : "");
        out << line;
    }
}

void report::write_json(const std::string& file) const {
    std::ofstream out(file);
    const char* before = "[\n";
    for (const row& one : rows()) {
        out << before << json::serialize(as_json(one));
        before = ",\n";
    }
    out << (rows().empty() ? "[]\n" : "\n]\n");
    out.close();
    if (!out) throw std::system_error(errno, std::generic_category(), file);
}

} // namespace bench
