#include <tandem/threads/thread_pool.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace tandem {

static_assert(executor<thread_pool>);

namespace detail {

class thread_queue {
  public:
    explicit thread_queue(std::size_t threads) {
        threads_.reserve(threads);
        for (std::size_t i = 0; i < threads; ++i)
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

    std::size_t size() const noexcept { return threads_.size(); }

    void push(thread_job& job) {
        {
            const std::lock_guard lock(access_);
            waiting_.push_back(job);
        }
        changed_.notify_one();
    }

    /// True if the job had not begun, and now never will.
    bool remove(thread_job& job) noexcept {
        const std::lock_guard lock(access_);
        auto& place = static_cast<list_hook<thread_queue_tag>&>(job);
        if (!place.is_linked()) return false;
        place.unlink();
        return true;
    }

  private:
    void serve() {
        std::unique_lock lock(access_);
        for (;;) {
            changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            thread_job& job = waiting_.pop_front();
            lock.unlock();
            job.execute();
            // The job, and its way home, are gone as soon as the loop has run the post.
            const loop_handle home = *job.home_;
            home.post([&job] { job.commit(); });
            lock.lock();
        }
    }

    std::mutex access_;
    std::condition_variable changed_;
    intrusive_list<thread_job, thread_queue_tag> waiting_;
    std::vector<std::thread> threads_;
    bool closed_ = false;
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

} // namespace detail

thread_pool::thread_pool(std::size_t threads)
    : queue_(std::make_unique<detail::thread_queue>(
          threads ? threads : std::max(1u, std::thread::hardware_concurrency()))) {}

thread_pool::~thread_pool() = default;

std::size_t thread_pool::size() const noexcept {
    return queue_->size();
}

} // namespace tandem
