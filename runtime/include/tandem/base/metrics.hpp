// What is counted: by the library's wings and by applications, in one registry.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tandem/base/config.hpp>
#include <tandem/base/histogram.hpp>

namespace tandem {

/// Names and values that tell the samples of one metric apart: {{"pool", "0"}, {"outcome", "done"}}.
using metric_labels = std::vector<std::pair<std::string, std::string>>;

enum class metric_kind : std::uint8_t {
    counter,   ///< only ever rises
    gauge,     ///< a state, which rises and falls
    histogram, ///< a distribution
};

/// One number, or one distribution.
struct metric_sample {
    metric_labels labels;
    double value = 0;
    /// Only in a metric of the kind histogram.
    histogram_snapshot distribution = {};
};

/// A metric, with a sample for each set of labels.
struct metric_family {
    std::string name;
    /// What it counts, in a sentence.
    std::string help;
    metric_kind kind;
    std::vector<metric_sample> samples;
};

/// Where a source writes what it has counted.
///
/// Names are those of Prometheus: letters, digits, '_' and, but for labels, ':', no digit first. They end
/// with the unit, a base one (`_seconds`, `_bytes`), and those of counters with `_total` after that. Throws
/// usage_error for other characters, and for a name that is used with two kinds.
class TANDEM_API metric_list {
  public:
    void counter(std::string_view name, std::string_view help, double value, metric_labels labels = {});
    void gauge(std::string_view name, std::string_view help, double value, metric_labels labels = {});
    void histogram(std::string_view name, std::string_view help, histogram_snapshot distribution,
                   metric_labels labels = {});

    std::vector<metric_family> take() noexcept { return std::move(families_); }

  private:
    void add(std::string_view name, std::string_view help, metric_kind kind, metric_sample sample);
    std::vector<metric_family> families_;
};

/// Called by whoever takes a snapshot, on any thread, while the registry is locked: it must not wait, nor
/// register anything.
using metric_source = std::function<void(metric_list& into)>;

/// Keeps a source in the registry for as long as it lives; its end waits for a snapshot that is being taken.
class TANDEM_API metric_registration {
  public:
    metric_registration() noexcept = default;
    explicit metric_registration(metric_source source);
    metric_registration(metric_registration&& other) noexcept
        : id_(std::exchange(other.id_, 0)) {}
    metric_registration& operator=(metric_registration&& other) noexcept {
        metric_registration(std::move(other)).swap(*this);
        return *this;
    }
    ~metric_registration();
    void swap(metric_registration& other) noexcept { std::swap(id_, other.id_); }

  private:
    std::uint64_t id_ = 0;
};

/// Asks every source. A source that throws is left out, and the log says so. Thread safe.
TANDEM_API std::vector<metric_family> collect_metrics();

/// Counts events, on any thread.
class counter {
  public:
    void add(std::uint64_t more = 1) noexcept { value_.fetch_add(more, std::memory_order_relaxed); }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_ = 0;
};

/// Holds a state, set and changed on any thread.
class gauge {
  public:
    void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
    void add(double more) noexcept { value_.fetch_add(more, std::memory_order_relaxed); }
    double value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<double> value_ = 0;
};

/// A counter, gauge or histogram that is in the registry while it lives:
///
///     registered<counter> hits("shop_hits_total", "Requests answered.", {{"site", "main"}});
///     registered<histogram> delay("shop_delay_seconds", "From request to answer.", {}, 1e9);
///     hits.add();
///     delay.record(nanoseconds);
///
/// `per_unit`, for a histogram: how many of the values recorded make one unit of the metric.
template <class Metric> class registered : public Metric {
  public:
    registered(std::string name, std::string help, metric_labels labels = {}, double per_unit = 1)
        : entry_([this, name = std::move(name), help = std::move(help), labels = std::move(labels),
                  per_unit](metric_list& into) { write(into, name, help, labels, per_unit); }) {}

  private:
    void write(metric_list& into, const std::string& name, const std::string& help,
               const metric_labels& labels, double per_unit) const {
        if constexpr (std::is_same_v<Metric, tandem::histogram>)
            into.histogram(name, help, this->snapshot(per_unit), labels);
        else if constexpr (std::is_same_v<Metric, tandem::counter>)
            into.counter(name, help, static_cast<double>(this->value()), labels);
        else
            into.gauge(name, help, this->value(), labels);
    }
    metric_registration entry_;
};

namespace detail {

/// A figure that one thread writes as if it were a plain number, and any thread may read.
template <class T> class published {
  public:
    published() noexcept = default;
    published(const published&) = delete;
    published& operator=(const published& other) noexcept { return *this = static_cast<T>(other); }
    operator T() const noexcept { return value_.load(std::memory_order_relaxed); }
    published& operator=(T value) noexcept {
        value_.store(value, std::memory_order_relaxed);
        return *this;
    }
    published& operator+=(T more) noexcept { return *this = static_cast<T>(*this + more); }
    published& operator++() noexcept { return *this += 1; }
    published& operator--() noexcept { return *this = static_cast<T>(*this - 1); }

  private:
    std::atomic<T> value_ = 0;
};

/// A number that tells one of several living objects of a kind apart, as a label: the lowest that is free.
class TANDEM_API metric_number {
  public:
    explicit metric_number(std::string_view kind);
    metric_number(const metric_number&) = delete;
    metric_number& operator=(const metric_number&) = delete;
    ~metric_number();
    const std::string& text() const noexcept { return text_; }

  private:
    std::string kind_;
    std::string text_;
};

} // namespace detail

} // namespace tandem
