// A snapshot of everything that is counted, and its text for Prometheus.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <tandem/base/metrics.hpp>

namespace tandem {

/// Every metric of the process at one moment. The library's own, where there is something to count:
///
/// | name, labels                                       |                                                   |
/// |----------------------------------------------------|---------------------------------------------------|
/// | tandem_loop_steps_total {loop}                     | steps taken                                       |
/// | tandem_loop_looks_total {loop}                     | looks at I/O and timers                           |
/// | tandem_loop_ready_tasks {loop}                     | the length of the ready queue                     |
/// | tandem_loop_tasks {loop}                           | spawned tasks that have not ended                 |
/// | tandem_loop_timers {loop}                          | sleeps and deadlines that are armed               |
/// | tandem_loop_operations_in_flight {loop}            | waits for I/O, threads, processes and signals     |
/// | tandem_loop_turn_seconds {loop}                    | how long each turn kept the loop from its I/O     |
/// | tandem_loop_timer_lateness_seconds {loop}          | how long after its moment each timer fired        |
/// | tandem_loop_held_seconds {loop}                    | how long the turn that runs has lasted            |
/// | tandem_process_pool_jobs_total {pool, outcome}     | jobs by how they ended                            |
/// | tandem_process_pool_jobs_submitted_total {pool}    |                                                   |
/// | tandem_process_pool_queued_jobs, _running_jobs {pool} |                                                |
/// | tandem_process_pool_workers {pool}                 | workers alive                                     |
/// | tandem_process_pool_workers_started_total, _workers_died_total {pool} |                                |
/// | tandem_thread_pool_threads {pool}                  |                                                   |
/// | tandem_thread_pool_calls_total {pool}              | calls that ended                                  |
/// | tandem_thread_pool_queued_calls, _running_calls {pool} |                                               |
/// | tandem_resolver_lookups_total                      | names asked of the system                         |
/// | tandem_resolver_lookups_in_flight                  |                                                   |
///
/// Figures of the loop that the caller runs in are exact; those of others are as they were when that loop
/// last looked at its I/O. Numbers of loops and pools that have ended are given to new ones.
class TANDEM_API metrics_snapshot {
  public:
    explicit metrics_snapshot(std::vector<metric_family> families) noexcept
        : families_(std::move(families)) {}

    const std::vector<metric_family>& families() const& noexcept { return families_; }
    /// By value, for `for (auto& family : metrics().families())`.
    std::vector<metric_family> families() && noexcept { return std::move(families_); }

    /// The sum over the samples that have all of `labels`; 0 where there is none. Throws usage_error for a
    /// histogram.
    double value(std::string_view name, const metric_labels& labels = {}) const;
    /// The same for a histogram. Throws usage_error for what is none.
    histogram_snapshot distribution(std::string_view name, const metric_labels& labels = {}) const;

  private:
    std::vector<metric_family> families_;
};

/// Thread safe, also while a loop is stuck.
TANDEM_API metrics_snapshot metrics();

/// The text exposition format 0.0.4 of Prometheus, for `Content-Type: text/plain; version=0.0.4`. Histograms
/// have buckets at the powers of two.
TANDEM_API std::string prometheus_text(const metrics_snapshot& snapshot);

} // namespace tandem
