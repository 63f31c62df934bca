#include <tandem/threads/thread_pool.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include <tandem/base/metrics.hpp>
#include <tandem/threads/priority_lists.hpp>

namespace tandem {

static_assert(executor<thread_pool>);

namespace detail {

class thread_queue {
  public:
    explicit thread_queue(const thread_pool_options& options)
        : limit_(options.queue_limit())
        , size_(options.threads() ? options.threads() : std::max(1u, std::thread::hardware_concurrency()))
        , figures_([this](metric_list& into) { write(into); }) {
        threads_.reserve(size_);
        for (std::size_t i = 0; i < size_; ++i)
            threads_.emplace_back([this] { serve(); });
    }
    ~thread_queue() {
        {
            const std::lock_guard lock(access_);
            closed_ = true;
        }
        changed_.notify_all();
        for (std::thread& one : threads_)
            one.join();
    }

    std::size_t size() const noexcept { return size_; }
    std::size_t queued() noexcept {
        const std::lock_guard lock(access_);
        return waiting_.size();
    }

    void push(thread_job& job) {
        {
            const std::lock_guard lock(access_);
            waiting_.push(job, job.context_.priority);
        }
        changed_.notify_one();
        // It has its place; the one that was kept for it is free.
        job.context_.place.reset();
    }

    /// True if the job had not begun, and now never will.
    bool remove(thread_job& job) noexcept {
        const std::lock_guard lock(access_);
        if (!waiting_.remove(job)) return false;
        tell_of_room();
        return true;
    }

    std::optional<std::shared_ptr<const void>> keep_place() {
        const std::lock_guard lock(access_);
        if (!has_room()) return std::nullopt;
        ++kept_;
        return std::shared_ptr<const void>(this, [](thread_queue* queue) {
            const std::lock_guard relock(queue->access_);
            --queue->kept_;
            queue->tell_of_room();
        });
    }

    bool has_room_now() {
        const std::lock_guard lock(access_);
        return has_room();
    }
    void wait_for_room(thread_room& waiting) {
        const std::lock_guard lock(access_);
        rooms_.push_back(waiting);
        tell_of_room();
    }
    /// True if the wait had not been told of room.
    bool forget(thread_room& waiting) noexcept {
        const std::lock_guard lock(access_);
        auto& place = static_cast<list_hook<thread_queue_tag>&>(waiting);
        if (!place.is_linked()) return false;
        place.unlink();
        return true;
    }

  private:
    bool has_room() const noexcept { return waiting_.size() + kept_ < limit_; }

    /// With the lock.
    void tell_of_room() noexcept {
        if (rooms_.empty() || !has_room()) return;
        thread_room& waiting = rooms_.pop_front();
        const loop_handle home = *waiting.home_;
        home.post([&waiting] { waiting.commit(); });
    }

    void serve() {
        std::unique_lock lock(access_);
        for (;;) {
            changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            thread_job& job = waiting_.pop();
            ++running_;
            tell_of_room();
            lock.unlock();
            job_record* const record = job.context_.record;
            if (record) record->begin();
            job.execute();
            if (record) record->note_end();
            lock.lock();
            --running_;
            ++ended_;
            lock.unlock();
            // The job, and its way home, are gone as soon as the loop has run the post.
            const loop_handle home = *job.home_;
            home.post([&job] { job.commit(); });
            lock.lock();
        }
    }

    void write(metric_list& into) {
        const metric_labels mine{{"pool", number_.text()}};
        const std::lock_guard lock(access_);
        into.gauge("tandem_thread_pool_threads", "Threads of the pool.", static_cast<double>(size_), mine);
        into.gauge("tandem_thread_pool_queued_calls", "Calls that wait for a thread.",
                   static_cast<double>(waiting_.size()), mine);
        into.gauge("tandem_thread_pool_running_calls", "Calls that run.", static_cast<double>(running_),
                   mine);
        into.counter("tandem_thread_pool_calls_total", "Calls that ended.", static_cast<double>(ended_),
                     mine);
    }

    std::mutex access_;
    std::condition_variable changed_;
    priority_lists<thread_job, thread_queue_tag> waiting_;
    std::size_t limit_;
    /// Places in the queue that calls will take which are not there yet.
    std::size_t kept_ = 0;
    intrusive_list<thread_room, thread_queue_tag> rooms_;
    bool closed_ = false;
    std::size_t running_ = 0;
    std::uint64_t ended_ = 0;
    std::size_t size_;
    metric_number number_{"thread_pool"};
    metric_registration figures_;
    std::vector<std::thread> threads_;
};

void thread_job::enqueue() {
    home_.emplace(loop::current().handle());
    in_flight_.begin(waiting_task().scheduler());
    queue_.push(*this);
}

bool thread_job::withdraw() noexcept {
    if (queue_.remove(*this)) return true;
    stop_.request_stop();
    return false;
}

void thread_job::throw_if_stopped(const std::exception_ptr& error) const {
    if (!is_cancellation(error)) return;
    // It belongs to a scope of another loop, where it means something.
    if (waiting_task().scope().is_cancelled()) waiting_task().scope().throw_cancelled();
    try {
        std::rethrow_exception(error);
    } catch (const cancelled& stop) {
        throw job_cancelled(stop.reason());
    }
}

bool thread_room::try_now() noexcept {
    return queue_.has_room_now();
}

void thread_room::enqueue() {
    home_.emplace(loop::current().handle());
    in_flight_.begin(waiting_task().scheduler());
    queue_.wait_for_room(*this);
}

bool thread_room::withdraw() noexcept {
    return queue_.forget(*this);
}

} // namespace detail

thread_pool::thread_pool(const thread_pool_options& options)
    : queue_(std::make_unique<detail::thread_queue>(options)) {}

thread_pool::~thread_pool() = default;

std::size_t thread_pool::size() const noexcept {
    return queue_->size();
}

std::size_t thread_pool::queued() const noexcept {
    return queue_->queued();
}

task<> thread_pool::room() {
    detail::thread_room waiting(*queue_);
    co_await waiting;
}

std::optional<std::shared_ptr<const void>> thread_pool::keep_place() {
    return queue_->keep_place();
}

} // namespace tandem
