#include "pool/pool_figures.hpp"

namespace tandem::detail {

pool_statistics pool_figures::now() const {
    pool_statistics copy;
    copy.submitted = submitted;
    copy.done = done;
    copy.failed = failed;
    copy.crashed = crashed;
    copy.cancelled = cancelled;
    copy.refused = refused;
    copy.queued = queued;
    copy.running = running;
    copy.workers = workers;
    copy.started = started;
    copy.died = died;
    copy.wait = percentiles_of(waited.snapshot());
    copy.run = percentiles_of(ran.snapshot());
    copy.bytes_sent = bytes_sent;
    copy.bytes_received = bytes_received;
    return copy;
}

std::vector<function_statistics> pool_figures::by_function() const {
    std::vector<function_statistics> all;
    functions.for_each([&](const function_figures& seen, const std::string& name) {
        function_statistics& copy = all.emplace_back();
        copy.name = name;
        copy.submitted = seen.submitted;
        copy.done = seen.done;
        copy.failed = seen.failed;
        copy.crashed = seen.crashed;
        copy.cancelled = seen.cancelled;
        copy.refused = seen.refused;
        copy.wait = percentiles_of(seen.waited.snapshot());
        copy.run = percentiles_of(seen.ran.snapshot());
        copy.expected = seen.expected_time(0);
        copy.bytes_sent = seen.bytes_sent;
        copy.bytes_received = seen.bytes_received;
    });
    return all;
}

void pool_figures::write(metric_list& into) const {
    const auto labels = [&](const char* outcome = nullptr) {
        metric_labels all{{"pool", number_.text()}};
        if (outcome) all.emplace_back("outcome", outcome);
        return all;
    };
    const auto ended = [&](const char* outcome, std::uint64_t count) {
        into.counter("tandem_process_pool_jobs_total", "Jobs by how they ended.", static_cast<double>(count),
                     labels(outcome));
    };
    const pool_statistics seen = now();
    ended("done", seen.done);
    ended("failed", seen.failed);
    ended("crashed", seen.crashed);
    ended("cancelled", seen.cancelled);
    ended("refused", seen.refused);
    into.counter("tandem_process_pool_jobs_submitted_total", "Jobs given to the pool.",
                 static_cast<double>(seen.submitted), labels());
    into.gauge("tandem_process_pool_queued_jobs", "Jobs that wait for a worker.",
               static_cast<double>(seen.queued), labels());
    into.gauge("tandem_process_pool_running_jobs", "Jobs that workers run.",
               static_cast<double>(seen.running), labels());
    into.gauge("tandem_process_pool_workers", "Worker processes alive.", static_cast<double>(seen.workers),
               labels());
    into.counter("tandem_process_pool_workers_started_total", "Worker processes started.",
                 static_cast<double>(seen.started), labels());
    into.counter("tandem_process_pool_workers_died_total",
                 "Worker processes that ended without being told to.", static_cast<double>(seen.died),
                 labels());
}

} // namespace tandem::detail
