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
    copy.retried = retried;
    copy.recycled = recycled;
    copy.reaped = reaped;
    copy.restarts = restarts;
    const time_point moment = clock::now();
    const auto there = std::chrono::duration<double>(alive.total(moment)).count();
    if (there > 0) copy.utilisation = std::chrono::duration<double>(busy.total(moment)).count() / there;
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
        copy.retried = seen.retried;
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
    into.counter("tandem_process_pool_jobs_retried_total",
                 "Times that a job was run again because it had killed its worker.",
                 static_cast<double>(seen.retried), labels());
    into.histogram("tandem_process_pool_wait_seconds", "From a job's submission to its answer, less its run.",
                   waited.snapshot(1e9), labels());
    into.histogram("tandem_process_pool_run_seconds", "How long jobs ran in their workers.",
                   ran.snapshot(1e9), labels());
    into.counter("tandem_process_pool_sent_bytes_total", "Bytes of arguments.",
                 static_cast<double>(seen.bytes_sent), labels());
    into.counter("tandem_process_pool_received_bytes_total", "Bytes of results.",
                 static_cast<double>(seen.bytes_received), labels());
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
    into.counter("tandem_process_pool_workers_recycled_total",
                 "Worker processes that had done their jobs_per_worker or grown beyond recycle_above.",
                 static_cast<double>(seen.recycled), labels());
    into.counter("tandem_process_pool_workers_reaped_total", "Worker processes that were idle for too long.",
                 static_cast<double>(seen.reaped), labels());
    into.counter("tandem_process_pool_restarts_total", "Worker processes started in the place of another.",
                 static_cast<double>(seen.restarts), labels());
    const time_point moment = clock::now();
    into.counter("tandem_process_pool_busy_seconds_total", "Time for which workers ran jobs.",
                 std::chrono::duration<double>(busy.total(moment)).count(), labels());
    into.counter("tandem_process_pool_worker_seconds_total", "Time for which workers were there.",
                 std::chrono::duration<double>(alive.total(moment)).count(), labels());
    write_functions(into);
}

void pool_figures::write_functions(metric_list& into) const {
    functions.for_each([&](const function_figures& seen, const std::string& name) {
        const metric_labels labels{{"pool", number_.text()}, {"function", name}};
        const auto ended = [&](const char* outcome, std::uint64_t count) {
            metric_labels all = labels;
            all.emplace_back("outcome", outcome);
            into.counter("tandem_process_pool_function_jobs_total", "Jobs by function and how they ended.",
                         static_cast<double>(count), std::move(all));
        };
        ended("done", seen.done);
        ended("failed", seen.failed);
        ended("crashed", seen.crashed);
        ended("cancelled", seen.cancelled);
        ended("refused", seen.refused);
        into.histogram("tandem_process_pool_function_wait_seconds",
                       "From the submission of a function's job to its answer, less its run.",
                       seen.waited.snapshot(1e9), labels);
        into.histogram("tandem_process_pool_function_run_seconds", "How long a function's jobs ran.",
                       seen.ran.snapshot(1e9), labels);
        into.counter("tandem_process_pool_function_sent_bytes_total", "Bytes of a function's arguments.",
                     static_cast<double>(seen.bytes_sent), labels);
        into.counter("tandem_process_pool_function_received_bytes_total", "Bytes of a function's results.",
                     static_cast<double>(seen.bytes_received), labels);
    });
}

} // namespace tandem::detail
