// How a process_pool is made.
#pragma once
#include <cstddef>
#include <optional>

#include <tandem/base/clock.hpp>
#include <tandem/pool/setup_call.hpp>
#include <tandem/pool/worker_limits.hpp>

namespace tandem {

/// Where workers' stdout goes.
enum class worker_stdout : unsigned char {
    captured,  ///< to the log at level info, line by line
    inherited, ///< where this process' own goes
};

/// The defaults are what an application wants.
class process_pool_options {
  public:
    /// At most so many worker processes; 0, the default, means one for each core this process may use.
    process_pool_options& workers(unsigned count) noexcept {
        workers_ = count;
        return *this;
    }
    /// How long a job that is cancelled, and a worker that is told to exit, may take before stronger means
    /// are used: SIGTERM after its stop_token, SIGKILL after SIGTERM. 2 s by default.
    process_pool_options& grace(duration time) noexcept {
        grace_ = time;
        return *this;
    }
    /// How long a new worker may take to report for work before the pool is held to be broken. 10 s by
    /// default.
    process_pool_options& hello_within(duration time) noexcept {
        hello_within_ = time;
        return *this;
    }

    /// `try_submit` gives nothing, and `room` waits, while so many jobs wait for a worker. No limit by
    /// default; at least one.
    process_pool_options& queue_limit(std::size_t count) noexcept {
        queue_limit_ = count ? count : 1;
        return *this;
    }

    /// What workers may use and see; see worker_limits.
    process_pool_options& limits(worker_limits limits) {
        limits_ = std::move(limits);
        return *this;
    }

    /// Runs `function(arguments...)` in every worker before its first job, on the thread that runs its jobs:
    /// to open a file, to load a model. What it leaves in globals and statics is there for the jobs; what it
    /// returns is dropped. For functions and arguments the same rules hold as for process_pool::run, and they
    /// are encoded at once: throws codec_error. Shared values, arrays, locks and queues are for all workers
    /// the same; shared_buffers are copied.
    ///
    /// What it throws breaks the pool: the broken_pool that jobs fail with then names it and has it as its
    /// cause(). So do three workers in a row that die in it. It may take its time: hello_within ends before
    /// it.
    template <class F, class... A> process_pool_options& initializer(F&& function, A&&... arguments) {
        const detail::setup_scope encoding;
        initializer_ =
            detail::setup_call(detail::encode_call(std::forward<F>(function), std::forward<A>(arguments)...));
        return *this;
    }

    /// How many jobs a worker may be handed beyond the one that it runs, so that it goes on without waiting
    /// for this process; at most 63. 0: none. Unless told, as many as are likely to be done in the next 200
    /// us by what their functions took before: ten times as long as a worker takes to wake up, and too short
    /// for a job of a higher priority to mind.
    ///
    /// Jobs are only handed over so while no worker is idle, and one that becomes idle is given those that
    /// others have not begun with: none waits behind a long job while it could run elsewhere. What is handed
    /// over counts as queued until its turn comes; it can be cancelled at once, and is not lost with its
    /// worker.
    process_pool_options& prefetch(std::size_t jobs) noexcept {
        prefetch_ = jobs;
        return *this;
    }

    /// Runs `function(arguments...)` once for all workers, in a process of its own, the zygote: this program
    /// started once more. Workers are forked from it then, and share what it has made, copy-on-write: it is
    /// loaded once and lies in memory once. A further worker costs a fork, no start of a program; what that
    /// copies of page tables grows with the memory. The rules are those of `initializer`, which comes later.
    ///
    /// A fork copies the thread that forks and no other: a preload that leaves threads behind fails. What is
    /// random goes on alike in all workers if its generator was seeded in the preload. Limits hold for the
    /// workers, the environment for the zygote too.
    ///
    /// What it throws breaks the pool: the broken_pool that jobs fail with names it and has it as its
    /// cause(). So do three zygotes in a row that die in it. A zygote that dies later is replaced when
    /// another worker is needed, by a new run of the preload; its workers go on, but nobody can tell how
    /// those end.
    template <class F, class... A> process_pool_options& preload(F&& function, A&&... arguments) {
        const detail::setup_scope encoding;
        preload_ =
            detail::setup_call(detail::encode_call(std::forward<F>(function), std::forward<A>(arguments)...));
        return *this;
    }

    /// Where workers' stdout goes: `captured` by default, at level info. Their stderr is always captured, at
    /// level warning. What is captured has the job that wrote it and the worker's pid in its log_record, and
    /// is in the log before the job's await goes on.
    process_pool_options& standard_output(worker_stdout where) noexcept {
        stdout_ = where;
        return *this;
    }

    /// A worker that has been given so many jobs leaves when it is done with them; its successor starts when
    /// it gets the last, so that no job waits for that. For functions that leak. 0, the default: no limit.
    process_pool_options& jobs_per_worker(unsigned count) noexcept {
        jobs_per_worker_ = count;
        return *this;
    }
    /// A worker that has more memory of its own than so many bytes after a job gives way to another. Counted
    /// is what is resident and not shared with files or other processes, so neither the program's code nor
    /// buffers in shared memory; what workers of a preload have in common is. 0, the default: no limit.
    process_pool_options& recycle_above(std::size_t bytes) noexcept {
        recycle_above_ = bytes;
        return *this;
    }
    /// Workers that had nothing to do for so long exit, down to keep_workers; others are started when there
    /// are jobs again. Never, by default.
    process_pool_options& idle_time(duration limit) noexcept {
        idle_time_ = limit;
        return *this;
    }
    /// So many workers stay however long they are idle; 0 by default. They are not started before there are
    /// jobs for them: process_pool::warm_up does that.
    process_pool_options& keep_workers(std::size_t count) noexcept {
        keep_workers_ = count;
        return *this;
    }
    /// When calls of one function have killed so many workers in a row, none of them is run again, whatever
    /// its crash_retries say: it fails with poisoned_job. New calls still run once each, and one that does
    /// not die ends the row. 10 by default; at least one.
    process_pool_options& poison_limit(unsigned deaths) noexcept {
        poison_limit_ = deaths ? deaths : 1;
        return *this;
    }

    /// Where a wake-up costs more than a job: a worker that has nothing to do looks for the next job for so
    /// long before it sleeps, and this process' loop, after it has handed over a job, for the answer. Both
    /// take a processor for that time, so they need one each; a side that has looked in vain several times in
    /// a row looks less often. Nothing looks while no job is there or on its way. 0, the default: both sleep
    /// at once.
    process_pool_options& spin(duration time) noexcept {
        spin_ = time;
        return *this;
    }

    /// How many bytes of shared memory large arguments and results (from 256 KiB on) may take on their way at
    /// a time. What finds no room goes through a socket, which takes longer. The memory is kept for the next
    /// ones, and given back to the system when none has come for two seconds. 1 GiB by default. 0: none, and
    /// shared_buffers are copied; so it is by default for workers with a limit on their address space, which
    /// the memory would count for: it takes half of the machine's memory of that, whether it is used or not.
    process_pool_options& shared_memory(std::size_t bytes) noexcept {
        shared_memory_ = bytes;
        return *this;
    }

    unsigned workers() const noexcept { return workers_; }
    duration spin() const noexcept { return spin_; }
    std::size_t shared_memory() const noexcept {
        if (shared_memory_) return *shared_memory_;
        return limits_.values().address_space ? 0 : std::size_t{1} << 30;
    }
    std::optional<std::size_t> prefetch() const noexcept { return prefetch_; }
    unsigned jobs_per_worker() const noexcept { return jobs_per_worker_; }
    std::size_t recycle_above() const noexcept { return recycle_above_; }
    duration idle_time() const noexcept { return idle_time_; }
    std::size_t keep_workers() const noexcept { return keep_workers_; }
    unsigned poison_limit() const noexcept { return poison_limit_; }
    std::size_t queue_limit() const noexcept { return queue_limit_; }
    duration grace() const noexcept { return grace_; }
    duration hello_within() const noexcept { return hello_within_; }
    worker_stdout standard_output() const noexcept { return stdout_; }
    const worker_limits& limits() const noexcept { return limits_; }
    const detail::setup_call& initializer_call() const noexcept { return initializer_; }
    const detail::setup_call& preload_call() const noexcept { return preload_; }

  private:
    unsigned workers_ = 0;
    std::optional<std::size_t> prefetch_;
    unsigned jobs_per_worker_ = 0;
    unsigned poison_limit_ = 10;
    std::size_t recycle_above_ = 0;
    std::size_t keep_workers_ = 0;
    duration idle_time_ = duration::max();
    std::optional<std::size_t> shared_memory_;
    duration spin_ = duration::zero();
    std::size_t queue_limit_ = static_cast<std::size_t>(-1);
    duration grace_ = std::chrono::seconds(2);
    duration hello_within_ = std::chrono::seconds(10);
    worker_stdout stdout_ = worker_stdout::captured;
    worker_limits limits_;
    detail::setup_call initializer_;
    detail::setup_call preload_;
};

} // namespace tandem
