// The text for Prometheus, read by a parser that knows the rules of the exposition format 0.0.4.
#include <catch2/catch.hpp>

#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <tandem/coro/sleep.hpp>
#include <tandem/observe/metrics.hpp>
#include <tandem/threads/block_on.hpp>

using tandem::metrics;
using tandem::prometheus_text;
using tandem::registered;
using tandem::task;

namespace {

using label_set = std::map<std::string, std::string>;

struct sample_line {
    std::string name;
    label_set labels;
    double value;
};

struct family {
    std::string help;
    std::string type;
    std::vector<sample_line> samples;
};

double number(const std::string& text) {
    if (text == "+Inf") return INFINITY;
    if (text == "-Inf") return -INFINITY;
    if (text == "NaN") return NAN;
    std::size_t used = 0;
    const double value = std::stod(text, &used);
    REQUIRE(used == text.size());
    return value;
}

/// Undoes the escapes of a label's value, from after its opening quote to its closing one.
std::string quoted(const std::string& line, std::size_t& at) {
    std::string value;
    for (; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] != '\\') {
            value += line[at];
            continue;
        }
        const char escaped = line.at(++at);
        REQUIRE((escaped == 'n' || escaped == '\\' || escaped == '"'));
        value += escaped == 'n' ? '\n' : escaped;
    }
    REQUIRE(line.at(at) == '"');
    ++at;
    return value;
}

sample_line parse_sample(const std::string& line) {
    static const std::regex name_rule("[a-zA-Z_:][a-zA-Z0-9_:]*");
    static const std::regex label_rule("[a-zA-Z_][a-zA-Z0-9_]*");
    INFO(line);
    sample_line read;
    std::size_t at = line.find_first_of("{ ");
    REQUIRE(at != std::string::npos);
    read.name = line.substr(0, at);
    REQUIRE(std::regex_match(read.name, name_rule));
    if (line[at] == '{') {
        do {
            const std::size_t equals = line.find("=\"", ++at);
            REQUIRE(equals != std::string::npos);
            const std::string label = line.substr(at, equals - at);
            REQUIRE(std::regex_match(label, label_rule));
            at = equals + 2;
            REQUIRE(read.labels.emplace(label, quoted(line, at)).second);
        } while (line.at(at) == ',');
        REQUIRE(line.at(at++) == '}');
    }
    REQUIRE(line.at(at) == ' ');
    read.value = number(line.substr(at + 1));
    return read;
}

/// The families of a text, each of which must stand together, with HELP and TYPE before its samples.
std::map<std::string, family> parse(const std::string& text) {
    REQUIRE((text.empty() || text.back() == '\n'));
    std::map<std::string, family> all;
    std::string current;
    std::set<std::pair<std::string, label_set>> seen;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("# HELP ")) {
            const std::size_t end = line.find(' ', 7);
            current = line.substr(7, end - 7);
            INFO(current);
            REQUIRE(all.emplace(current, family{line.substr(end + 1), "", {}}).second);
        } else if (line.starts_with("# TYPE ")) {
            REQUIRE(line.starts_with("# TYPE " + current + ' '));
            all[current].type = line.substr(8 + current.size());
        } else {
            sample_line read = parse_sample(line);
            family& of = all.at(current);
            REQUIRE_FALSE(of.type.empty());
            const std::string ending = read.name.substr(current.size());
            REQUIRE(read.name.starts_with(current));
            if (of.type == "histogram")
                REQUIRE((ending == "_bucket" || ending == "_sum" || ending == "_count"));
            else
                REQUIRE(ending.empty());
            REQUIRE(seen.emplace(read.name, read.labels).second);
            of.samples.push_back(std::move(read));
        }
    }
    return all;
}

/// The rules of a histogram: cumulative buckets, in the order of their bounds, the last the count.
void check_histogram(const std::string& name, const family& of) {
    INFO(name);
    std::map<label_set, std::vector<std::pair<double, double>>> buckets;
    std::map<label_set, double> counts;
    std::map<label_set, double> sums;
    for (sample_line each : of.samples) {
        if (each.name == name + "_bucket") {
            const double bound = number(each.labels.at("le"));
            each.labels.erase("le");
            buckets[each.labels].emplace_back(bound, each.value);
        } else {
            (each.name == name + "_count" ? counts : sums)[each.labels] = each.value;
        }
    }
    REQUIRE(buckets.size() == counts.size());
    REQUIRE(buckets.size() == sums.size());
    for (const auto& [labels, list] : buckets) {
        for (std::size_t i = 1; i < list.size(); ++i) {
            CHECK(list[i - 1].first < list[i].first);
            CHECK(list[i - 1].second <= list[i].second);
        }
        CHECK(std::isinf(list.back().first));
        CHECK(list.back().second == counts.at(labels));
    }
}

} // namespace

TEST_CASE("every metric of the library obeys the rules of Prometheus' text format") {
    std::string text;
    auto main = [&]() -> task<> {
        for (int i = 0; i < 10; ++i)
            co_await tandem::sleep(std::chrono::microseconds(10));
        text = prometheus_text(metrics());
    };
    tandem::block_on(main());
    INFO(text);
    const auto all = parse(text);
    int histograms = 0;
    for (const auto& [name, of] : all) {
        INFO(name);
        CHECK_FALSE(of.help.empty());
        CHECK(name.starts_with("tandem_"));
        CHECK((of.type == "counter") == name.ends_with("_total"));
        if (of.type != "histogram") continue;
        CHECK(name.ends_with("_seconds"));
        check_histogram(name, of);
        ++histograms;
    }
    CHECK(histograms == 2);
    REQUIRE(all.count("tandem_loop_steps_total"));
    CHECK(all.at("tandem_loop_steps_total").samples.at(0).labels == label_set{{"loop", "0"}});
    CHECK(all.at("tandem_loop_steps_total").samples.at(0).value == 11);
}

TEST_CASE("texts of every kind survive the format's escapes") {
    const std::string odd = "a \"quoted\" \\ back\nline \xc3\xa4 {},=#";
    registered<tandem::gauge> strange("strange", "One\nhelp \\ with \"all\"", {{"kind", odd}, {"b", ""}});
    strange.set(1);
    const auto all = parse(prometheus_text(metrics()));
    const auto& seen = all.at("strange");
    CHECK(seen.help == "One\\nhelp \\\\ with \"all\"");
    CHECK(seen.samples.at(0).labels == label_set{{"kind", odd}, {"b", ""}});

    registered<tandem::gauge> broken("broken", "Bad.", {{"kind", "\xff"}});
    CHECK(parse(prometheus_text(metrics())).at("broken").samples.at(0).labels.at("kind") == "\xef\xbf\xbd");
}

TEST_CASE("numbers are written so that reading them gives the same ones") {
    for (const double value : {0.0, -1.5, 1e-9, 0.1, 123456789012.0, 9007199254740993.0, 1e300,
                               double(INFINITY), -double(INFINITY)}) {
        registered<tandem::gauge> number("a_number", "A number.");
        number.set(value);
        CHECK(parse(prometheus_text(metrics())).at("a_number").samples.at(0).value == value);
    }
    registered<tandem::gauge> none("a_number", "A number.");
    none.set(NAN);
    CHECK(std::isnan(parse(prometheus_text(metrics())).at("a_number").samples.at(0).value));
}

TEST_CASE("a histogram's buckets count what was at most their bounds, in the unit of the metric") {
    registered<tandem::histogram> delay("delay_seconds", "Delay.", {{"to", "a"}}, 1e9);
    for (const std::uint64_t nanoseconds : {0, 1024, 1025, 4096, 1'000'000'000})
        delay.record(nanoseconds);
    const std::string text = prometheus_text(metrics());
    INFO(text);
    const auto all = parse(text);
    check_histogram("delay_seconds", all.at("delay_seconds"));
    CHECK(text.find("delay_seconds_bucket{to=\"a\",le=\"1.024e-06\"} 2\n") != std::string::npos);
    CHECK(text.find("delay_seconds_bucket{to=\"a\",le=\"2.048e-06\"} 3\n") != std::string::npos);
    CHECK(text.find("delay_seconds_bucket{to=\"a\",le=\"4.096e-06\"} 4\n") != std::string::npos);
    CHECK(text.find("delay_seconds_bucket{to=\"a\",le=\"+Inf\"} 5\n") != std::string::npos);
    CHECK(text.find("delay_seconds_sum{to=\"a\"} 1.000006145\n") != std::string::npos);
    CHECK(text.find("delay_seconds_count{to=\"a\"} 5\n") != std::string::npos);
}

TEST_CASE("nothing to tell is an empty text") {
    CHECK(prometheus_text(tandem::metrics_snapshot({})).empty());
}
