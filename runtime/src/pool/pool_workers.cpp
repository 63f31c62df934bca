// How a pool's workers come and go: pool_state's part that is not about jobs.
#include <algorithm>
#include <thread>

#include "pool/pool_state.hpp"
#include <tandem/base/log.hpp>

namespace tandem::detail {

std::size_t count_or_cores(std::size_t workers) noexcept {
    return workers != 0 ? workers : std::max(1U, std::thread::hardware_concurrency());
}

std::size_t pool_state::places_taken() const noexcept {
    return static_cast<std::size_t>(std::count_if(workers_.begin(), workers_.end(), [](const worker& each) {
        return !each.retires && each.now != phase::leaving;
    }));
}

void pool_state::start_workers() {
    auto starting = static_cast<std::size_t>(std::count_if(
        workers_.begin(), workers_.end(), [](const worker& each) { return each.now == phase::starting; }));
    std::size_t places = places_taken();
    const std::size_t wanted = wanted_warm();
    while (broken_.empty() && places < most_workers_ &&
           (starting < queue_.size() + behind_ || places < wanted || replacements_due_ > 0) &&
           start_worker()) {
        if (replacements_due_ > 0) --replacements_due_;
        ++starting;
        ++places;
    }
    // What is left is for want of places or of the means: later needs are seen by the queue.
    replacements_due_ = 0;
}

void pool_state::note_given(worker& to) noexcept {
    const unsigned most = options_.jobs_per_worker();
    if (most != 0 && ++to.jobs_given == most && !to.retires) retire(to);
}

void pool_state::retire(worker& which) noexcept {
    which.retires = true;
    ++counts_.recycled;
    if (closed_) return;
    ++vacancies_;
    ++replacements_due_;
}

void pool_state::settle(worker& which, bool ran) {
    const bool may_go_on = which.now == phase::idle || which.now == phase::busy;
    // Only after a job: one that is too large from the start would else give way for ever, and nothing be
    // run.
    if (options_.recycle_above() != 0 && ran && may_go_on && !which.retires) {
        if (!which.memory) which.memory = std::make_shared<process_memory>(which.link->pid());
        if (which.memory->own() > options_.recycle_above()) retire(which);
    }
    if (which.now != phase::idle) return;
    if (which.retires)
        leave(which);
    else if (options_.idle_time() != duration::max())
        which.link->allow(options_.idle_time());
    warm_changed();
}

void pool_state::leave(worker& which) {
    which.now = phase::leaving;
    which.link->finish();
    which.link->allow(options_.grace());
}

void pool_state::idle_for_long(worker& which) {
    const std::size_t wanted = wanted_warm();
    if (places_taken() > std::max(options_.keep_workers(), wanted)) {
        ++counts_.reaped;
        leave(which);
    } else if (wanted > options_.keep_workers()) {
        // Kept for who warms up, and not for ever.
        which.link->allow(options_.idle_time());
    }
}

void pool_state::resize(std::size_t workers) {
    most_workers_ = count_or_cores(workers);
    std::size_t places = places_taken();
    // First those that are of the least use. Of each kind the newest: the oldest get jobs first, and so have
    // the warmest caches.
    for (const phase now : {phase::doomed, phase::starting, phase::idle, phase::stopping, phase::busy})
        for (std::size_t i = workers_.size(); i-- > 0 && places > most_workers_;) {
            worker& each = workers_[i];
            if (each.now != now || each.retires) continue;
            each.retires = true;
            --places;
            if (now == phase::idle) leave(each);
        }
    if (!io_) return;
    dispatch();
    warm_changed();
}

void pool_state::require_open() const {
    if (closed_) throw broken_pool("process_pool: the workers are not started: it is stopped");
    if (!broken_.empty()) throw broken_pool(broken_, broken_by_);
}

bool pool_state::is_warm(std::size_t count) {
    require_open();
    bind();
    return warm_workers() >= std::min(count, most_workers_);
}

void pool_state::when_warm(pool_warm_up& waiting) {
    warm_ups_.push_back(waiting);
    start_workers();
}

/// Those that have reported for work and stay.
std::size_t pool_state::warm_workers() const noexcept {
    return static_cast<std::size_t>(std::count_if(workers_.begin(), workers_.end(), [](const worker& each) {
        const bool is_up = each.now == phase::idle || each.now == phase::busy || each.now == phase::stopping;
        return is_up && !each.retires && each.link->is_alive();
    }));
}

/// How many workers those who wait for them want.
std::size_t pool_state::wanted_warm() const noexcept {
    std::size_t most = 0;
    warm_ups_.for_each([&](const pool_warm_up& each) { most = std::max(most, each.count()); });
    return std::min(most, most_workers_);
}

void pool_state::warm_changed() noexcept {
    if (warm_ups_.empty()) return;
    const std::size_t warm = warm_workers();
    intrusive_list<pool_warm_up, warm_up_queue_tag> all;
    all.splice_back(warm_ups_);
    while (!all.empty()) {
        pool_warm_up& each = all.pop_front();
        if (warm >= std::min(each.count(), most_workers_))
            each.commit();
        else
            warm_ups_.push_back(each);
    }
}

void pool_state::warm_failed(const std::exception_ptr& error) noexcept {
    while (!warm_ups_.empty())
        warm_ups_.pop_front().fail(error);
}

void pool_state::job_crashed(pool_job& job, worker_exit how) {
    const unsigned deaths = job.figures_->note_death();
    const bool may_run_again = job.crashes_ < job.context_.crash_retries && broken_.empty();
    if (may_run_again && deaths < options_.poison_limit()) {
        ++job.crashes_;
        log(log_level::warning, [&] {
            return worker_died(job.name(), std::move(how)).what() + std::string("; it is run again");
        });
        count(job, &job_figures::retried);
        if (job.context_.record) job.context_.record->lost();
        job.queued_at_ = clock::now();
        return return_to_queue(job);
    }
    count(job, &job_figures::crashed);
    if (may_run_again)
        fail(job, std::make_exception_ptr(poisoned_job(job.name(), deaths, std::move(how))));
    else
        fail(job, std::make_exception_ptr(worker_died(job.name(), std::move(how))));
}

} // namespace tandem::detail
