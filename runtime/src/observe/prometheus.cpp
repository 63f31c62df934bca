// The text exposition format 0.0.4 of Prometheus.
#include <charconv>
#include <cmath>

#include "base/utf8.hpp"
#include <tandem/observe/metrics.hpp>

namespace tandem {
namespace {

/// Bounds of buckets are the same for each snapshot of a metric, whatever has been recorded: times from a
/// microsecond to about a minute, anything else from one to a trillion.
struct bounds {
    int first_bit;
    int last_bit;
    int step;
};

bounds bounds_for(double per_unit) {
    return per_unit >= 1e6 ? bounds{10, 36, 1} : bounds{0, 40, 2};
}

const char* kind_name(metric_kind kind) {
    switch (kind) {
    case metric_kind::counter:
        return "counter";
    case metric_kind::gauge:
        return "gauge";
    case metric_kind::histogram:
        break;
    }
    return "histogram";
}

void append_number(std::string& text, double value) {
    if (std::isnan(value)) {
        text += "NaN";
    } else if (std::isinf(value)) {
        text += value > 0 ? "+Inf" : "-Inf";
    } else {
        char digits[32];
        text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }
}

/// In UTF-8, with a backslash before backslashes, line ends and, in the values of labels, quotes.
void append_escaped(std::string& text, std::string_view value, bool is_label) {
    while (!value.empty()) {
        const std::size_t length = detail::utf8_length(value);
        if (length == 0)
            text += detail::replacement_character;
        else if (value[0] == '\n')
            text += "\\n";
        else if (value[0] == '\\' || (is_label && value[0] == '"'))
            (text += '\\') += value[0];
        else
            text += value.substr(0, length);
        value.remove_prefix(length ? length : 1);
    }
}

class prometheus_writer {
  public:
    void write(const metric_family& family) {
        text_ += "# HELP " + family.name + ' ';
        append_escaped(text_, family.help, false);
        text_ += "\n# TYPE " + family.name + ' ' + kind_name(family.kind) + '\n';
        for (const metric_sample& sample : family.samples)
            if (family.kind == metric_kind::histogram)
                write_histogram(family.name, sample);
            else
                write_line(family.name, "", sample.labels, {}, sample.value);
    }
    std::string take() noexcept { return std::move(text_); }

  private:
    void write_histogram(const std::string& name, const metric_sample& sample) {
        const histogram_snapshot& seen = sample.distribution;
        const bounds range = bounds_for(seen.per_unit());
        for (int bit = range.first_bit; bit <= range.last_bit; bit += range.step) {
            const std::uint64_t bound = std::uint64_t{1} << bit;
            std::string text;
            append_number(text, static_cast<double>(bound) / seen.per_unit());
            write_line(name, "_bucket", sample.labels, text, static_cast<double>(seen.count_up_to(bound)));
        }
        const auto count = static_cast<double>(seen.count());
        write_line(name, "_bucket", sample.labels, "+Inf", count);
        write_line(name, "_sum", sample.labels, {}, seen.sum());
        write_line(name, "_count", sample.labels, {}, count);
    }

    void write_line(const std::string& name, const char* ending, const metric_labels& labels,
                    const std::string& upper_bound, double value) {
        (text_ += name) += ending;
        char before = '{';
        const auto add = [&](const std::string& label, std::string_view its_value) {
            ((text_ += before) += label) += "=\"";
            append_escaped(text_, its_value, true);
            text_ += '"';
            before = ',';
        };
        for (const auto& [label, its_value] : labels)
            add(label, its_value);
        if (!upper_bound.empty()) add("le", upper_bound);
        if (before == ',') text_ += '}';
        text_ += ' ';
        append_number(text_, value);
        text_ += '\n';
    }

    std::string text_;
};

} // namespace

std::string prometheus_text(const metrics_snapshot& snapshot) {
    prometheus_writer writer;
    for (const metric_family& family : snapshot.families())
        writer.write(family);
    return writer.take();
}

} // namespace tandem
