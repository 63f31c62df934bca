#include <tandem/base/metrics.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include <tandem/base/error.hpp>
#include <tandem/base/log.hpp>

namespace tandem {
namespace {

struct registry {
    std::mutex access;
    /// In the order of their registration.
    std::map<std::uint64_t, metric_source> sources;
    std::uint64_t last_id = 0;
};

/// Never destroyed: loops and pools of other threads may outlive main.
registry& all() {
    static registry& only = *new registry;
    return only;
}

struct numbering {
    std::mutex access;
    std::map<std::string, std::set<std::string>, std::less<>> taken;
};

numbering& numbers() {
    static numbering& only = *new numbering;
    return only;
}

bool is_name(std::string_view text, bool allow_colon) {
    const auto is_letter = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (allow_colon && c == ':');
    };
    if (text.empty() || !is_letter(text[0])) return false;
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

} // namespace

void metric_list::counter(std::string_view name, std::string_view help, double value, metric_labels labels) {
    add(name, help, metric_kind::counter, metric_sample{std::move(labels), value});
}

void metric_list::gauge(std::string_view name, std::string_view help, double value, metric_labels labels) {
    add(name, help, metric_kind::gauge, metric_sample{std::move(labels), value});
}

void metric_list::histogram(std::string_view name, std::string_view help, histogram_snapshot distribution,
                            metric_labels labels) {
    add(name, help, metric_kind::histogram, metric_sample{std::move(labels), 0, std::move(distribution)});
}

void metric_list::add(std::string_view name, std::string_view help, metric_kind kind, metric_sample sample) {
    if (!is_name(name, true)) throw usage_error("'" + std::string(name) + "' is no name for a metric");
    for (const auto& [label, value] : sample.labels)
        if (!is_name(label, false)) throw usage_error("'" + label + "' is no name for a label");
    auto known = std::find_if(families_.begin(), families_.end(),
                              [&](const metric_family& each) { return each.name == name; });
    if (known == families_.end())
        known = families_.insert(known, {std::string(name), std::string(help), kind, {}});
    else if (known->kind != kind)
        throw usage_error("metric '" + known->name + "' is used with two kinds");
    known->samples.push_back(std::move(sample));
}

metric_registration::metric_registration(metric_source source) {
    registry& known = all();
    const std::lock_guard lock(known.access);
    id_ = known.last_id + 1;
    known.sources.emplace(id_, std::move(source));
    ++known.last_id;
}

metric_registration::~metric_registration() {
    if (!id_) return;
    registry& known = all();
    const std::lock_guard lock(known.access);
    known.sources.erase(id_);
}

std::vector<metric_family> collect_metrics() {
    registry& known = all();
    metric_list list;
    const std::lock_guard lock(known.access);
    for (const auto& [id, source] : known.sources) {
        try {
            source(list);
        } catch (const std::exception& error) {
            log(log_level::error, [&] { return std::string("a source of metrics failed: ") + error.what(); });
        }
    }
    return list.take();
}

namespace detail {

metric_number::metric_number(std::string_view kind)
    : kind_(kind) {
    numbering& known = numbers();
    const std::lock_guard lock(known.access);
    auto& taken = known.taken[kind_];
    for (int number = 0; text_.empty(); ++number)
        if (const std::string candidate = std::to_string(number); taken.insert(candidate).second)
            text_ = candidate;
}

metric_number::~metric_number() {
    numbering& known = numbers();
    const std::lock_guard lock(known.access);
    known.taken[kind_].erase(text_);
}

} // namespace detail

} // namespace tandem
