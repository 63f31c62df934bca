// The inside of a process_pool: which job runs where.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pool/pool_figures.hpp"
#include "pool/pool_memory.hpp"
#include "pool/pool_service.hpp"
#include "pool/pool_waits.hpp"
#include "pool/process_memory.hpp"
#include "pool/worker_jobs.hpp"
#include "pool/worker_link.hpp"
#include "pool/worker_memory.hpp"
#include "pool/worker_source.hpp"
#include <tandem/pool/pool_job.hpp>
#include <tandem/pool/pool_statistics.hpp>
#include <tandem/pool/process_pool_options.hpp>
#include <tandem/threads/priority_lists.hpp>

namespace tandem::detail {

/// 0 stands for one for each core.
std::size_t count_or_cores(std::size_t workers) noexcept;

class pool_state final : private worker_owner, private loop_guest {
  public:
    explicit pool_state(const process_pool_options& options);
    pool_state(const pool_state&) = delete;
    pool_state& operator=(const pool_state&) = delete;
    ~pool_state();

    void submit(pool_job& job);
    /// Returns true if the job is off the pool, false if it ends later.
    bool cancel(pool_job& job) noexcept;

    void close();
    bool is_empty() const noexcept { return workers_.empty(); }
    void when_empty(pool_stop& waiting) noexcept { stops_.push_back(waiting); }

    bool has_room() const noexcept { return queue_.size() + behind_ < options_.queue_limit(); }
    void when_room(pool_room& waiting) noexcept { rooms_.push_back(waiting); }
    std::size_t most_workers() const noexcept { return most_workers_; }
    void resize(std::size_t workers);

    /// No job waits or runs.
    bool is_quiet() const noexcept { return counts_.queued == 0 && counts_.running == 0; }
    void when_quiet(pool_drain& waiting) noexcept { drains_.push_back(waiting); }

    /// As many workers as that, or as the pool may have, are up. Throws broken_pool, usage_error.
    bool is_warm(std::size_t count);
    void when_warm(pool_warm_up& waiting);

    /// How long the job is going to run, as far as that can be told.
    static std::optional<duration> expected_time(const pool_job& job) noexcept;
    static std::optional<duration> time_in_worker(const pool_job& job) noexcept;

    payload_memory* memory() noexcept { return memory_.is_there() ? &memory_ : nullptr; }
    std::vector<int> pids() const;
    pool_statistics statistics() const;
    std::vector<function_statistics> statistics_by_function() const { return counts_.by_function(); }

  private:
    enum class phase {
        starting, ///< has not said hello yet
        idle,
        busy,     ///< has jobs, or some that it is about to skip
        stopping, ///< its job is asked to stop
        doomed,   ///< has been signalled: whatever it still sends, it gets no other job
        leaving,  ///< has been told to exit
    };
    struct worker {
        std::shared_ptr<worker_link> link;
        phase now = phase::starting;
        worker_jobs jobs;
        worker_memory regions;
        /// Its initializer has begun.
        bool set_up = false;
        /// Gets no more jobs, and leaves when it has none. Its place is another's already.
        bool retires = false;
        unsigned jobs_given = 0;
        /// Null until it is first looked at. Here and not in the link: only pools that recycle look.
        std::shared_ptr<process_memory> memory;
    };

    void worker_sent(worker_link& from, const frame_header& header, byte_buffer payload) override;
    void worker_ended(worker_link& which, worker_exit how) override;
    void worker_late(worker_link& which) override;
    void worker_not_started(worker_link& which, const std::string& why) override;
    void loop_ends() noexcept override;

    worker& find(const worker_link& link) noexcept;
    void bind();
    void dispatch();
    /// To be called when jobs have come, gone or begun, before others look at them.
    void queue_changed() noexcept;
    void refuse_queued(const std::string& why, const std::exception_ptr& cause = nullptr) noexcept;
    void start_workers();
    bool start_worker();
    worker* find_worker_for(const pool_job& job) noexcept;
    void share_out();
    pool_job* take_one_back() noexcept;
    pool_job* take_back(worker& from, std::size_t place) noexcept;
    /// Workers that count towards the most there may be.
    std::size_t places_taken() const noexcept;
    /// A worker has got a job.
    void note_given(worker& to) noexcept;
    /// It has done its share: another takes its place now, and it leaves when it has no job left.
    void retire(worker& which) noexcept;
    /// To be called when a worker may have become idle, or has answered; with `ran` it has ended a job.
    void settle(worker& which, bool ran);
    void leave(worker& which);
    /// To be called when one more or one less is there.
    void note_workers() noexcept;
    void idle_for_long(worker& which);
    void require_open() const;
    std::size_t warm_workers() const noexcept;
    std::size_t wanted_warm() const noexcept;
    void warm_changed() noexcept;
    void warm_failed(const std::exception_ptr& error) noexcept;
    void hand_over(pool_job& job, worker& to);
    void begin_next(worker& which) noexcept;
    void return_to_queue(pool_job& job) noexcept;
    void terminate(worker& which) noexcept;
    void answered(worker& by, const frame_header& header, byte_buffer payload);
    void memory_sent(worker& by, const frame_header& header);
    void trim_later();
    void jobs_lost(worker& ended, worker_exit how);
    /// It killed its worker: it fails, or is run once more.
    void job_crashed(pool_job& job, worker_exit how);
    /// It has sent something else than hello.
    void setup_sent(worker& by, const frame_header& header, const byte_buffer& payload);
    void start_failed(const worker& which, worker_exit how);
    void break_pool(const std::string& why, std::exception_ptr cause = nullptr);
    /// To be called with each answer: the worker says for how long it ran the job.
    void note_times(const pool_job& job, time_point ended, duration ran) noexcept;
    void count(const pool_job& job, published<std::uint64_t> job_figures::*what) noexcept;
    void fail(pool_job& job, std::exception_ptr error) noexcept;
    void refuse(pool_job& job, const std::string& why, const std::exception_ptr& cause = nullptr) noexcept;
    void finish_if_done();
    void end_all(const std::string& why) noexcept;

    process_pool_options options_;
    worker_source source_;
    std::size_t most_workers_;
    pool_memory memory_;
    /// Runs while there is memory of the arena to be given back.
    std::optional<boost::asio::steady_timer> trim_timer_;
    boost::asio::io_context* io_ = nullptr;
    std::vector<worker> workers_;
    priority_lists<pool_job, pool_queue_tag> queue_;
    intrusive_list<pool_room, room_queue_tag> rooms_;
    intrusive_list<pool_stop, stop_queue_tag> stops_;
    /// Jobs that workers hold behind the one that they run.
    std::size_t behind_ = 0;
    intrusive_list<pool_drain, drain_queue_tag> drains_;
    intrusive_list<pool_warm_up, warm_up_queue_tag> warm_ups_;
    /// Workers to be started in the place of others although no job may wait yet.
    std::size_t replacements_due_ = 0;
    /// Workers that have ended, or retire, and have had no successor.
    std::size_t vacancies_ = 0;
    std::uint64_t last_job_ = 0;
    int failed_starts_ = 0;
    bool closed_ = false;
    /// Why the pool is broken; empty while it is not.
    std::string broken_;
    std::exception_ptr broken_by_;
    pool_figures counts_;
};

} // namespace tandem::detail
