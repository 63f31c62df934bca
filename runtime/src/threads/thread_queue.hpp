// The inside of a thread_pool: its queue, and the threads that serve it.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/level_meter.hpp"
#include <tandem/base/histogram.hpp>
#include <tandem/base/metrics.hpp>
#include <tandem/threads/priority_lists.hpp>
#include <tandem/threads/thread_pool.hpp>

namespace tandem::detail {

/// Thread safe.
class thread_queue {
  public:
    explicit thread_queue(const thread_pool_options& options);
    thread_queue(const thread_queue&) = delete;
    thread_queue& operator=(const thread_queue&) = delete;
    ~thread_queue();

    std::size_t size() const noexcept;
    void resize(std::size_t threads);
    std::size_t queued() const noexcept;
    thread_pool_statistics statistics() const;

    void push(thread_job& job);
    /// True if the job had not begun, and now never will.
    bool remove(thread_job& job) noexcept;
    std::optional<std::shared_ptr<const void>> keep_place();

    bool has_room_now() noexcept;
    void wait_for(thread_wait& waiting);
    /// True if the wait had not been told that its time has come.
    bool forget(thread_wait& waiting) noexcept;

  private:
    using lock = std::unique_lock<std::mutex>;

    // With the lock held.
    bool has_room() const noexcept { return waiting_.size() + kept_ < limit_; }
    bool is_quiet() const noexcept { return waiting_.empty() && running_ == 0 && returning_ == 0; }
    void tell_those_who_wait() noexcept;
    void start_threads();
    void threads_changed() noexcept;
    void note_begin(const thread_job& job, time_point begun) noexcept;
    void note_end(thread_job::ending how, duration ran) noexcept;

    void serve();
    void run_one(lock& held);
    void leave();
    void write(metric_list& into) const;

    mutable std::mutex access_;
    std::condition_variable changed_;
    priority_lists<thread_job, thread_queue_tag> waiting_;
    std::size_t limit_;
    /// Places in the queue that calls will take which are not there yet.
    std::size_t kept_ = 0;
    intrusive_list<thread_wait, thread_queue_tag> rooms_;
    intrusive_list<thread_wait, thread_queue_tag> drains_;
    bool closed_ = false;
    std::size_t running_ = 0;
    /// Calls that have ended and whose loops do not know yet.
    std::size_t returning_ = 0;
    std::uint64_t submitted_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t cancelled_ = 0;
    histogram waited_;
    histogram ran_;
    level_meter busy_;
    level_meter alive_;
    std::size_t size_;
    metric_number number_{"thread_pool"};
    std::vector<std::thread> threads_;
    /// Those that the pool shrank by, to be joined.
    std::vector<std::thread> left_;
    /// The last, as it reads the others from any thread.
    metric_registration figures_{[this](metric_list& into) { write(into); }};
};

} // namespace tandem::detail
