// The jobs that workers hold: who is given which, how they come back, and what becomes of those that do not.
#include "pool/pool_state.hpp"

#include <algorithm>
#include <csignal>

#include "pool/carried_error.hpp"
#include <tandem/threads/job_cancelled.hpp>

namespace tandem::detail {

namespace {

/// As many workers that end between being given a job first and taking it fail the job.
constexpr int most_returns = 3;
/// What a worker may hold beyond the job that it runs: see process_pool_options::prefetch.
constexpr auto prefetch_time = std::chrono::microseconds(200);
/// What reading a job and answering it takes beside its function.
constexpr auto time_between_jobs = std::chrono::microseconds(2);
/// How long the arena's memory is kept for others when it is not used.
constexpr auto unused_memory_stays = std::chrono::seconds(2);
/// Stands for the time of a function that has never run.
constexpr auto unknown_time = std::chrono::nanoseconds(std::chrono::hours(1));

} // namespace

/// How long a worker is going to be busy with the job, as far as that is known.
std::optional<duration> pool_state::time_in_worker(const pool_job& job) noexcept {
    auto expected = expected_time(job);
    if (expected) *expected += time_between_jobs;
    return expected;
}

/// The one that is to have the next job; null where the job is better off in the queue.
pool_state::worker* pool_state::find_worker_for(const pool_job& job) noexcept {
    for (worker& each : workers_)
        if (each.now == phase::idle && each.link->is_alive()) return &each;
    if (options_.prefetch() == 0) return nullptr;
    if (job.frame_->size() > ring_writer::longest) return nullptr;
    const auto expected = time_in_worker(job);
    worker* best = nullptr;
    for (worker& each : workers_) {
        if (each.now != phase::busy || each.retires || !each.link->is_alive() || each.jobs.full()) continue;
        if (options_.prefetch() ? each.jobs.size() > *options_.prefetch()
                                : !expected || each.jobs.expected() + *expected > prefetch_time)
            continue;
        if (!best || each.jobs.expected() < best->jobs.expected()) best = &each;
    }
    return best;
}

/// Gives idle workers, while the queue is empty, what others have not begun with.
void pool_state::share_out() {
    if (!queue_.empty()) return;
    for (worker& each : workers_) {
        if (behind_ == 0) return;
        if (each.now != phase::idle || !each.link->is_alive()) continue;
        pool_job* const job = take_one_back();
        if (!job) return;
        hand_over(*job, each);
    }
}

/// The oldest job behind others that its worker has not taken yet; null if there is none.
pool_job* pool_state::take_one_back() noexcept {
    pool_job* oldest = nullptr;
    worker* holder = nullptr;
    std::size_t place = 0;
    for (worker& each : workers_) {
        for (std::size_t i = each.jobs.first_live() + 1; i < each.jobs.size(); ++i) {
            pool_job* const job = each.jobs[i].job;
            if (!job || (oldest && oldest->id_ < job->id_)) continue;
            if (!each.link->slot(each.jobs.slot_of(i)).is_queued(job->id_)) continue;
            oldest = job;
            holder = &each;
            place = i;
            break;
        }
    }
    return oldest ? take_back(*holder, place) : nullptr;
}

/// The job, if the worker has not taken it; it will skip it then.
pool_job* pool_state::take_back(worker& from, std::size_t place) noexcept {
    worker_jobs::held& held = from.jobs[place];
    if (!held.job || !from.link->slot(from.jobs.slot_of(place)).cancel(held.id)) return nullptr;
    pool_job* const job = std::exchange(held.job, nullptr);
    if (std::exchange(job->begun_, false))
        --counts_.running;
    else
        --behind_;
    return job;
}

void pool_state::hand_over(pool_job& job, worker& to) {
    if (!job.call_.bytes.attached().empty() && !to.link->maps_arena()) {
        count(job, &job_figures::failed);
        return fail(job,
                    std::make_exception_ptr(codec_error(
                        job.name() +
                        ": the worker does not see the memory that a shared object of its arguments is in")));
    }
    frame_header header;
    header.type = frame_type::call;
    header.job = job.id_;
    if (const auto deadline = job.waiting_task().scope().deadline())
        header.deadline =
            std::chrono::duration_cast<std::chrono::nanoseconds>(deadline->time_since_epoch()).count();
    header.priority = job.context_.priority;
    header.length = job.frame_->size() - sizeof header;
    header.slot = to.jobs.push(job, job.id_, time_in_worker(job).value_or(unknown_time));
    to.now = phase::busy;
    ++behind_;
    begin_next(to);
    to.link->slot(header.slot).queue(job.id_);
    counts_.note_bytes(header.length, 0);
    job.figures_->note_bytes(header.length, 0);
    to.link->send(header, job.frame_);
    note_given(to);
}

/// To be called when the job that a worker runs may have become another.
void pool_state::begin_next(worker& which) noexcept {
    const std::size_t place = which.jobs.first_live();
    if (place == which.jobs.size()) return;
    pool_job& job = *which.jobs[place].job;
    if (std::exchange(job.begun_, true)) return;
    --behind_;
    ++counts_.running;
    if (job.context_.record) job.context_.record->begin();
}

/// To the head of the queue, off its worker's hands.
void pool_state::return_to_queue(pool_job& job) noexcept {
    queue_.push_first(job, job.context_.priority);
}

bool pool_state::cancel(pool_job& job) noexcept {
    if (queue_.remove(job)) {
        count(job, &job_figures::cancelled);
        queue_changed();
        return true;
    }
    worker* at = workers_.data();
    while (at->jobs.find(job) == at->jobs.size())
        ++at;
    const std::size_t place = at->jobs.find(job);
    if (take_back(*at, place)) {
        // The worker skips it. Until it says so, it is busy.
        begin_next(*at);
        count(job, &job_figures::cancelled);
        queue_changed();
        return true;
    }
    // What is behind it must not suffer from what stops it. Once that is safe, either the worker still runs
    // the job or it is done, and then nothing has to be stopped: the answer is on its way.
    for (std::size_t i = at->jobs.size(); --i > place;)
        if (pool_job* behind = take_back(*at, i)) return_to_queue(*behind);
    queue_changed();
    job.stopped_ = true;
    if (at->link->slot(at->jobs.slot_of(place)).is_done(job.id_)) return false;
    if (job.call_.takes_stop_token) {
        at->now = phase::stopping;
        at->link->ask_to_stop(job.id_);
        at->link->allow(options_.grace());
    } else {
        terminate(*at);
    }
    return false;
}

void pool_state::answered(worker& by, const frame_header& header, byte_buffer payload) {
    const bool ran = header.type == frame_type::value || header.type == frame_type::error;
    if (by.jobs.empty() || by.jobs[0].id != header.job || ran != (by.jobs[0].job != nullptr) ||
        (!ran && header.type != frame_type::skipped))
        throw codec_error("an answer to a job that it does not have");
    if (header.ran < 0) throw codec_error("a job that took less than no time");
    if (header.place == payload_place::arena) {
        const auto length = static_cast<std::size_t>(header.length);
        const region_pointer& region = by.regions.holding(header.at, length);
        payload = byte_buffer(region, region->data() + (header.at - region->place()), length);
    }
    std::vector<region_pointer> given = by.regions.take_given();
    pool_job* const job = by.jobs.pop().job;
    const bool was_stopped = job && std::exchange(job->stopped_, false);
    if (by.now == phase::doomed) {
        // It has been sent SIGTERM, and there is nothing left to be careful with.
        if (was_stopped) by.link->signal(SIGKILL);
    } else {
        if (by.now == phase::stopping && was_stopped) {
            by.link->stop_allowance();
            by.now = phase::busy;
        }
        if (by.jobs.empty()) by.now = phase::idle;
    }
    if (!job) return;
    const std::chrono::nanoseconds took(header.ran);
    if (!std::exchange(job->begun_, false)) throw codec_error("an answer out of its turn");
    --counts_.running;
    begin_next(by);
    note_times(*job, by.link->answers_read_at(), took);
    if (job->context_.record) job->context_.record->note_end(took);
    counts_.note_bytes(0, payload.size());
    job->figures_->note_bytes(0, payload.size());
    if (job->frame_->region() || payload.region() || !given.empty() || !job->call_.bytes.attached().empty())
        trim_later();
    job->frame_.reset();
    job->given_.set(std::move(given));
    if (header.type == frame_type::value) {
        count(*job, &job_figures::done);
        job->result_ = std::move(payload);
        job->commit();
    } else {
        decoder in(payload.data(), payload.size());
        std::exception_ptr error = decode_exception(in);
        // It passed on the `cancelled` that its own loop threw when it was asked to stop.
        job->stopped_ = was_stopped && error && *error.__cxa_exception_type() == typeid(job_cancelled);
        count(*job, job->stopped_ ? &job_figures::cancelled : &job_figures::failed);
        fail(*job, std::move(error));
    }
}

/// A worker asks for memory, or says what it does with it.
void pool_state::memory_sent(worker& by, const frame_header& header) {
    const std::size_t running = by.jobs.first_live();
    std::span<const region_pointer> arguments;
    if (running < by.jobs.size()) arguments = by.jobs[running].job->call_.bytes.attached();
    if (header.type == frame_type::want) {
        region_pointer region = memory_.allocate(static_cast<std::size_t>(header.at));
        if (region) by.regions.grant(region);
        by.link->grant(region);
    } else if (header.type == frame_type::gives) {
        by.regions.give(header.at, arguments);
    } else if (header.type == frame_type::keeps) {
        by.regions.keep(header.at, arguments);
    } else {
        by.regions.end(header.at);
    }
}

/// Gives the arena's memory back when nobody has used it for a while.
void pool_state::trim_later() {
    if (trim_timer_) return;
    trim_timer_.emplace(*io_, unused_memory_stays);
    trim_timer_->async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        trim_timer_.reset();
        arena& shared = arena::own();
        if (!shared.trim(unused_memory_stays) || shared.kept() > 0) trim_later();
    });
}

void pool_state::jobs_lost(worker& ended, worker_exit how) {
    // Backwards, so that those that go back to the head of the queue stand there in their order.
    for (std::size_t i = ended.jobs.size(); i-- > 0;) {
        pool_job* const job = ended.jobs[i].job;
        if (!job) continue;
        const bool was_next = job->begun_;
        const bool was_taken = !take_back(ended, i);
        if (was_taken) {
            if (std::exchange(job->begun_, false))
                --counts_.running;
            else
                --behind_;
        }
        if (job->stopped_) {
            count(*job, &job_figures::cancelled);
            job->commit();
        } else if (was_taken || (was_next && ++job->returned_ >= most_returns) || !broken_.empty()) {
            job_crashed(*job, how);
        } else {
            if (was_next && job->context_.record) job->context_.record->give_back();
            return_to_queue(*job);
        }
    }
}

} // namespace tandem::detail
