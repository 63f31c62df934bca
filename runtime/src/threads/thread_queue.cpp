#include "threads/thread_queue.hpp"

#include <algorithm>
#include <iterator>

namespace tandem::detail {

namespace {

std::size_t count_or_cores(std::size_t threads) noexcept {
    return threads ? threads : std::max(1u, std::thread::hardware_concurrency());
}

std::uint64_t nanoseconds(duration time) noexcept {
    const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
    return count > 0 ? static_cast<std::uint64_t>(count) : 0;
}

double seconds(duration time) noexcept {
    return std::chrono::duration<double>(time).count();
}

} // namespace

thread_queue::thread_queue(const thread_pool_options& options)
    : limit_(options.queue_limit())
    , size_(count_or_cores(options.threads())) {
    const std::lock_guard held(access_);
    start_threads();
}

thread_queue::~thread_queue() {
    std::vector<std::thread> all;
    {
        const std::lock_guard held(access_);
        closed_ = true;
        all.swap(threads_);
        std::move(left_.begin(), left_.end(), std::back_inserter(all));
    }
    changed_.notify_all();
    for (std::thread& one : all)
        one.join();
}

std::size_t thread_queue::size() const noexcept {
    const std::lock_guard held(access_);
    return size_;
}

void thread_queue::start_threads() {
    threads_.reserve(size_);
    // They come to the lock, and wait there.
    while (threads_.size() < size_)
        threads_.emplace_back([this] { serve(); });
    threads_changed();
}

void thread_queue::threads_changed() noexcept {
    alive_.set(threads_.size(), clock::now());
}

void thread_queue::resize(std::size_t threads) {
    std::vector<std::thread> gone;
    {
        const std::lock_guard held(access_);
        size_ = count_or_cores(threads);
        start_threads();
        gone.swap(left_);
    }
    changed_.notify_all();
    for (std::thread& one : gone)
        one.join();
}

std::size_t thread_queue::queued() const noexcept {
    const std::lock_guard held(access_);
    return waiting_.size();
}

void thread_queue::push(thread_job& job) {
    job.queued_at_ = clock::now();
    bool needs_thread = false;
    {
        const std::lock_guard held(access_);
        waiting_.push(job, job.context_.priority);
        ++submitted_;
        needs_thread = waiting_.size() > returning_;
    }
    // A thread on its way back looks at the queue before it sleeps; waking another would only cost.
    if (needs_thread) changed_.notify_one();
    // It has its place; the one that was kept for it is free.
    job.context_.place.reset();
}

bool thread_queue::remove(thread_job& job) noexcept {
    const std::lock_guard held(access_);
    if (!waiting_.remove(job)) return false;
    ++cancelled_;
    tell_those_who_wait();
    return true;
}

std::optional<std::shared_ptr<const void>> thread_queue::keep_place() {
    const std::lock_guard held(access_);
    if (!has_room()) return std::nullopt;
    ++kept_;
    return std::shared_ptr<const void>(this, [](thread_queue* queue) {
        const std::lock_guard again(queue->access_);
        --queue->kept_;
        queue->tell_those_who_wait();
    });
}

bool thread_queue::has_room_now() noexcept {
    const std::lock_guard held(access_);
    return has_room();
}

void thread_queue::wait_for(thread_wait& waiting) {
    const std::lock_guard held(access_);
    (waiting.kind_ == thread_wait::kind::room ? rooms_ : drains_).push_back(waiting);
    tell_those_who_wait();
}

bool thread_queue::forget(thread_wait& waiting) noexcept {
    const std::lock_guard held(access_);
    auto& place = static_cast<list_hook<thread_queue_tag>&>(waiting);
    if (!place.is_linked()) return false;
    place.unlink();
    return true;
}

void thread_queue::tell_those_who_wait() noexcept {
    const auto tell = [](thread_wait& waiting) {
        const loop_handle home = *waiting.home_;
        home.post([&waiting] { waiting.commit(); });
    };
    // One for each room: the others would find it taken.
    if (!rooms_.empty() && has_room()) tell(rooms_.pop_front());
    if (is_quiet())
        while (!drains_.empty())
            tell(drains_.pop_front());
}

void thread_queue::serve() {
    lock held(access_);
    for (;;) {
        changed_.wait(held, [this] { return closed_ || !waiting_.empty() || threads_.size() > size_; });
        if (!closed_ && threads_.size() > size_) return leave();
        if (waiting_.empty()) return;
        run_one(held);
    }
}

/// This thread is one too many.
void thread_queue::leave() {
    const auto self = std::find_if(threads_.begin(), threads_.end(), [](const std::thread& each) {
        return each.get_id() == std::this_thread::get_id();
    });
    left_.push_back(std::move(*self));
    threads_.erase(self);
    threads_changed();
    // A call may have counted on this thread.
    if (!waiting_.empty()) changed_.notify_one();
}

void thread_queue::run_one(lock& held) {
    thread_job& job = waiting_.pop();
    const time_point begun = clock::now();
    note_begin(job, begun);
    tell_those_who_wait();
    held.unlock();
    job_record* const record = job.context_.record;
    if (record) record->begin();
    const thread_job::ending how = job.execute();
    if (record) record->note_end();
    const time_point ended = clock::now();
    held.lock();
    note_end(how, ended - begun);
    busy_.set(running_, ended);
    held.unlock();
    // The job, and its way home, are gone as soon as the loop has run the post.
    const loop_handle home = *job.home_;
    home.post([&job] { job.commit(); });
    held.lock();
    --returning_;
    tell_those_who_wait();
}

void thread_queue::note_begin(const thread_job& job, time_point begun) noexcept {
    ++running_;
    busy_.set(running_, begun);
    waited_.record_alone(nanoseconds(begun - job.queued_at_));
}

void thread_queue::note_end(thread_job::ending how, duration ran) noexcept {
    --running_;
    ++returning_;
    ran_.record_alone(nanoseconds(ran));
    switch (how) {
    case thread_job::ending::value:
        ++done_;
        break;
    case thread_job::ending::error:
        ++failed_;
        break;
    case thread_job::ending::cancelled:
        ++cancelled_;
        break;
    }
}

thread_pool_statistics thread_queue::statistics() const {
    const std::lock_guard held(access_);
    thread_pool_statistics now;
    now.submitted = submitted_;
    now.done = done_;
    now.failed = failed_;
    now.cancelled = cancelled_;
    now.queued = waiting_.size();
    now.running = running_;
    now.threads = threads_.size();
    now.wait = percentiles_of(waited_.snapshot());
    now.run = percentiles_of(ran_.snapshot());
    const time_point moment = clock::now();
    const double there = seconds(alive_.total(moment));
    if (there > 0) now.utilisation = seconds(busy_.total(moment)) / there;
    return now;
}

void thread_queue::write(metric_list& into) const {
    const metric_labels mine{{"pool", number_.text()}};
    const std::lock_guard held(access_);
    const time_point moment = clock::now();
    into.gauge("tandem_thread_pool_threads", "Threads of the pool.", static_cast<double>(threads_.size()),
               mine);
    into.gauge("tandem_thread_pool_queued_calls", "Calls that wait for a thread.",
               static_cast<double>(waiting_.size()), mine);
    into.gauge("tandem_thread_pool_running_calls", "Calls that run.", static_cast<double>(running_), mine);
    const auto ended = [&](const char* outcome, std::uint64_t count) {
        metric_labels labels = mine;
        labels.emplace_back("outcome", outcome);
        into.counter("tandem_thread_pool_calls_total", "Calls by how they ended.", static_cast<double>(count),
                     std::move(labels));
    };
    ended("done", done_);
    ended("failed", failed_);
    ended("cancelled", cancelled_);
    into.histogram("tandem_thread_pool_wait_seconds", "How long calls waited for a thread.",
                   waited_.snapshot(1e9), mine);
    into.histogram("tandem_thread_pool_run_seconds", "How long calls ran.", ran_.snapshot(1e9), mine);
    into.counter("tandem_thread_pool_busy_seconds_total", "Time for which threads ran calls.",
                 seconds(busy_.total(moment)), mine);
    into.counter("tandem_thread_pool_thread_seconds_total", "Time for which threads were there.",
                 seconds(alive_.total(moment)), mine);
}

} // namespace tandem::detail
