#include <tandem/observe/metrics.hpp>

#include <algorithm>

#include <tandem/base/error.hpp>

namespace tandem {
namespace {

bool has_all(const metric_sample& sample, const metric_labels& wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
        return std::find(sample.labels.begin(), sample.labels.end(), label) != sample.labels.end();
    });
}

/// Calls `visit(sample)` for those of `name` that have all of `labels`.
template <class Visit>
void for_each_sample(const std::vector<metric_family>& families, std::string_view name, bool is_histogram,
                     const metric_labels& labels, Visit visit) {
    for (const metric_family& family : families) {
        if (family.name != name) continue;
        if ((family.kind == metric_kind::histogram) != is_histogram)
            throw usage_error("metric '" + family.name + "' is of another kind: use " +
                              (is_histogram ? "value()" : "distribution()"));
        for (const metric_sample& sample : family.samples)
            if (has_all(sample, labels)) visit(sample);
    }
}

} // namespace

double metrics_snapshot::value(std::string_view name, const metric_labels& labels) const {
    double sum = 0;
    for_each_sample(families_, name, false, labels, [&](const metric_sample& each) { sum += each.value; });
    return sum;
}

histogram_snapshot metrics_snapshot::distribution(std::string_view name, const metric_labels& labels) const {
    histogram_snapshot all;
    for_each_sample(families_, name, true, labels,
                    [&](const metric_sample& each) { all.merge(each.distribution); });
    return all;
}

metrics_snapshot metrics() {
    return metrics_snapshot(collect_metrics());
}

} // namespace tandem
