#include "pool/pool_state.hpp"

#include <algorithm>
#include <csignal>
#include <system_error>

#include "pool/worker_mark.hpp"
#include <tandem/base/error.hpp>
#include <tandem/base/log.hpp>
#include <tandem/io/asio.hpp>

namespace tandem::detail {

pool_state::pool_state(const process_pool_options& options)
    : options_(options)
    , source_(options_,
              [this](const std::string& why, std::exception_ptr cause) {
                  if (broken_.empty()) break_pool(why, std::move(cause));
              })
    , most_workers_(count_or_cores(options.workers()))
    , memory_(options.shared_memory()) {}

pool_state::~pool_state() {
    end_all("the process_pool was destroyed");
}

void pool_state::submit(pool_job& job) {
    job.id_ = ++last_job_;
    job.figures_ = &counts_.functions.of(job.call_);
    job.queued_at_ = clock::now();
    count(job, &job_figures::submitted);
    if (closed_) return refuse(job, "the process_pool is stopped");
    if (!broken_.empty()) return refuse(job, broken_, broken_by_);
    try {
        if (job.call_.bytes.size() - sizeof(frame_header) > payload_limit)
            throw codec_error(job.name() + ": the arguments are larger than 2 GiB");
        bind();
        job.frame_ = std::make_shared<byte_buffer>(job.call_.bytes.release());
    } catch (...) {
        count(job, &job_figures::failed);
        return fail(job, std::current_exception());
    }
    queue_.push(job, job.context_.priority);
    dispatch();
}

void pool_state::bind() {
    boost::asio::io_context& io = own_asio_context();
    if (io_ == &io) return;
    if (io_) throw usage_error("process_pool: used in a second loop while the first one still runs");
    io_ = &io;
    stay(io);
}

void pool_state::dispatch() {
    while (!queue_.empty()) {
        worker* const to = find_worker_for(queue_.front());
        if (!to) break;
        hand_over(queue_.pop(), *to);
    }
    share_out();
    start_workers();
    queue_changed();
}

void pool_state::queue_changed() noexcept {
    counts_.queued = queue_.size() + behind_;
    if (counts_.running != counts_.busy.level()) counts_.busy.set(counts_.running, clock::now());
    if (is_quiet())
        while (!drains_.empty())
            drains_.pop_front().commit();
    // All of them: those who come too late see for themselves.
    if (!has_room()) return;
    while (!rooms_.empty())
        rooms_.pop_front().commit();
}

void pool_state::refuse_queued(const std::string& why, const std::exception_ptr& cause) noexcept {
    while (!queue_.empty())
        refuse(queue_.pop(), why, cause);
    queue_changed();
}

bool pool_state::start_worker() {
    try {
        worker made;
        made.link =
            std::make_shared<worker_link>(*io_, static_cast<worker_owner&>(*this), source_.start(*io_));
        workers_.push_back(made);
        note_workers();
        made.link->spin_for(options_.spin());
        made.link->start();
        made.link->allow(options_.hello_within());
        ++counts_.started;
        if (vacancies_ > 0) {
            --vacancies_;
            ++counts_.restarts;
        }
        return true;
    } catch (const std::system_error& error) {
        log(log_level::error, error.what());
        const std::string why = std::string("no worker can be started: ") + error.what();
        warm_failed(std::make_exception_ptr(broken_pool("process_pool: " + why)));
        // Others may still do the work. Without any, waiting for better times could take for ever.
        if (workers_.empty()) refuse_queued(why);
        return false;
    }
}

void pool_state::terminate(worker& which) noexcept {
    which.now = phase::doomed;
    which.link->signal(SIGTERM);
    which.link->allow(options_.grace());
}

void pool_state::worker_late(worker_link& which) {
    worker& late = find(which);
    if (late.now == phase::stopping) return terminate(late);
    if (late.now == phase::idle) return idle_for_long(late);
    if (late.now == phase::busy) return; // has become so since it was idle
    if (late.now == phase::starting)
        break_pool("worker " + std::to_string(which.pid()) + " did not report for work in time" +
                   worker_entry_cure);
    which.signal(SIGKILL);
}

pool_state::worker& pool_state::find(const worker_link& link) noexcept {
    return *std::find_if(workers_.begin(), workers_.end(),
                         [&](const worker& each) { return each.link.get() == &link; });
}

void pool_state::worker_sent(worker_link& from, const frame_header& header, byte_buffer payload) {
    worker& by = find(from);
    if (by.now == phase::starting && header.type != frame_type::hello) return setup_sent(by, header, payload);
    if (is_about_memory(header.type)) return memory_sent(by, header);
    if (header.type == frame_type::hello) {
        if (by.now != phase::starting) throw codec_error("a second hello");
        failed_starts_ = 0;
        from.stop_allowance();
        by.now = phase::idle;
        for (const detail::setup_call* call : {&options_.initializer_call(), &options_.preload_call()})
            for (const region_pointer& each : call->attached())
                by.regions.grant(each);
    } else {
        answered(by, header, std::move(payload));
    }
    if (!from.is_alive()) return;
    settle(by, header.type != frame_type::hello);
    dispatch();
    finish_if_done();
}

void pool_state::worker_ended(worker_link& which, worker_exit how) {
    const auto at = workers_.begin() + (&find(which) - workers_.data());
    worker ended = std::move(*at);
    workers_.erase(at);
    note_workers();
    const bool unasked = ended.now == phase::starting || ended.now == phase::idle || ended.now == phase::busy;
    if (unasked) ++counts_.died;
    if (ended.now == phase::starting && broken_.empty()) start_failed(ended, how);
    jobs_lost(ended, std::move(how));
    // An idle one is replaced when it is needed: then nothing spins, whatever kills them.
    const bool working =
        ended.now != phase::starting && ended.now != phase::idle && ended.now != phase::leaving;
    if (!ended.retires && ended.now != phase::leaving && !closed_) {
        ++vacancies_;
        if (working) ++replacements_due_;
    }
    dispatch();
    finish_if_done();
}

void pool_state::break_pool(const std::string& why, std::exception_ptr cause) {
    broken_ = "process_pool: " + why;
    broken_by_ = std::move(cause);
    log(log_level::error, broken_);
    refuse_queued(broken_, broken_by_);
    warm_failed(std::make_exception_ptr(broken_pool(broken_, broken_by_)));
}

std::optional<duration> pool_state::expected_time(const pool_job& job) noexcept {
    if (job.context_.cost)
        return *job.context_.cost * static_cast<duration::rep>(std::max<std::size_t>(job.call_.items, 1));
    return job.figures_->expected_time(job.call_.items);
}

void pool_state::note_times(const pool_job& job, time_point ended, duration ran) noexcept {
    const duration waited = ended - job.queued_at_ - ran;
    counts_.note_times(waited, ran);
    job.figures_->note_run(waited, ran, job.call_.items);
}

void pool_state::count(const pool_job& job, published<std::uint64_t> job_figures::*what) noexcept {
    ++(counts_.*what);
    ++(job.figures_->*what);
}

void pool_state::fail(pool_job& job, std::exception_ptr error) noexcept {
    job.error_ = std::move(error);
    job.commit();
}

void pool_state::refuse(pool_job& job, const std::string& why, const std::exception_ptr& cause) noexcept {
    count(job, &job_figures::refused);
    fail(job, std::make_exception_ptr(broken_pool(job.name() + " was not run: " + why, cause)));
}

void pool_state::close() {
    closed_ = true;
    warm_failed(std::make_exception_ptr(broken_pool("process_pool: it was stopped while it warmed up")));
    finish_if_done();
}

void pool_state::finish_if_done() {
    if (!closed_ || !queue_.empty()) return;
    // Those that their zygote has yet to make are not needed any more, and its preload may go on for ever.
    std::erase_if(workers_, [](const worker& each) {
        if (each.now != phase::starting || each.link->is_alive()) return false;
        each.link->abandon();
        return true;
    });
    note_workers();
    for (worker& each : workers_) {
        if (each.now == phase::starting && each.set_up) {
            // Nobody needs it any more, and its initializer may go on for ever.
            each.now = phase::doomed;
            each.link->signal(SIGKILL);
        }
        if (each.now == phase::idle) leave(each);
    }
    if (!workers_.empty()) return;
    source_.end();
    while (!stops_.empty())
        stops_.pop_front().commit();
}

void pool_state::loop_ends() noexcept {
    end_all("the loop of the process_pool has ended");
    trim_timer_.reset();
    io_ = nullptr;
}

void pool_state::end_all(const std::string& why) noexcept {
    for (const worker& each : workers_)
        each.link->signal(SIGKILL);
    for (const worker& each : workers_) {
        each.link->abandon();
        for (std::size_t i = 0; i < each.jobs.size(); ++i)
            if (each.jobs[i].job) refuse(*each.jobs[i].job, why);
    }
    workers_.clear();
    source_.end();
    behind_ = 0;
    refuse_queued(why);
    counts_.running = 0;
    note_workers();
    queue_changed();
    warm_failed(std::make_exception_ptr(broken_pool("process_pool: " + why)));
    replacements_due_ = vacancies_ = 0;
    while (!stops_.empty())
        stops_.pop_front().commit();
}

std::vector<int> pool_state::pids() const {
    std::vector<int> found;
    for (const worker& each : workers_)
        if (each.link->is_alive()) found.push_back(each.link->pid());
    return found;
}

void pool_state::note_workers() noexcept {
    counts_.workers = workers_.size();
    counts_.alive.set(workers_.size(), clock::now());
}

pool_statistics pool_state::statistics() const {
    pool_statistics now = counts_.now();
    now.workers = pids().size();
    now.shared_memory = memory_.used();
    return now;
}

} // namespace tandem::detail
