// Functions that burn CPU, run in other processes and awaited like everything else.
#pragma once
#include <memory>
#include <vector>

#include <tandem/coro/task.hpp>
#include <tandem/pool/chunk_call.hpp>
#include <tandem/pool/errors.hpp>
#include <tandem/pool/pool_job.hpp>
#include <tandem/pool/pool_statistics.hpp>
#include <tandem/pool/process_pool_options.hpp>
#include <tandem/threads/executor.hpp>
#include <tandem/threads/function_statistics.hpp>

namespace tandem {

/// A pool of worker processes: this same program, started again as jobs need it and kept until the pool ends.
///
///     tandem::process_pool cpu;
///     auto primes = co_await cpu.run(count_primes, 1, 1'000'000);
///
/// A crash fails only the job that ran, with worker_died; the worker is replaced. Workers end with the pool
/// and with this process, whatever kills it. They are started in process groups of their own, so a terminal's
/// Ctrl-C does not reach them, with /dev/null as stdin and none of this process' descriptors; what they write
/// to stdout and stderr goes to the log, line by line, with the job that wrote it.
///
/// main has to call tandem::worker_entry first, or be tandem::run's. The pool belongs to the loop in which it
/// is first used, and to its thread; when that loop ends its workers do, and another loop may use it then.
class TANDEM_API process_pool : public executor_face<process_pool> {
  public:
    /// Starts nothing yet. Ends the process if it is a worker to be whose main did not call worker_entry.
    explicit process_pool(const process_pool_options& options = {});
    process_pool(const process_pool&) = delete;
    process_pool& operator=(const process_pool&) = delete;
    /// Kills the workers and waits for their end; jobs not done fail with broken_pool. `stop` is the polite
    /// way.
    ~process_pool();

    /// Runs `function(arguments...)` in a worker and returns what it returns, as a value.
    ///
    /// The pool must outlive the task. The function is an ordinary one or a captureless lambda. The arguments
    /// are converted to the types of its parameters and encoded at once, before the task is awaited; see
    /// tandem/pool/codec.hpp for what can travel. A std::stop_token as its first or last parameter is
    /// supplied by the worker.
    ///
    /// The await rethrows the function's exception: types of std and those of carry_exception as themselves,
    /// others as remote_error. It throws worker_died if the worker ended before the job, unknown_function if
    /// the worker lacks the function's module, codec_error if something cannot be encoded or takes over 2
    /// GiB, broken_pool if the pool cannot run jobs.
    ///
    /// Cancelling the awaiting scope takes a queued job out of the queue. A running one is asked to stop
    /// through its std::stop_token, if it takes one, then by SIGTERM, then killed, and the worker replaced;
    /// the await ends when the job is off the worker. If it ends with a result or an error of its own first,
    /// that is delivered.
    template <class F, class... A> task<detail::call_result_t<F, A...>> run(F&& function, A&&... arguments) {
        return call({}, std::forward<F>(function), std::forward<A>(arguments)...);
    }

    /// Waits until fewer jobs wait for a worker than queue_limit says. Others may be quicker to use the room:
    /// what is submitted then all the same is last in line.
    task<> room();

    /// Refuses new jobs, waits for those it has, and lets the workers exit; kills those that take longer than
    /// the grace time. Cancelling it leaves the pool closed, and the workers to the destructor.
    task<> stop();

    /// Waits until no job is queued or running, whatever has become of them, and all who awaited them are
    /// ready to go on. Jobs submitted meanwhile are accepted, and waited for too; the pool can be used
    /// afterwards as before. Cancelling it changes nothing.
    task<> drain();

    /// Starts workers before there are jobs for them, and waits until `count` have reported for work: all
    /// that the pool may have unless told, and never more than those. Throws broken_pool if they cannot be
    /// started, or the pool is stopped. Cancelling it leaves those that are on their way to the pool.
    task<> warm_up(std::size_t count = static_cast<std::size_t>(-1));

    /// Changes how many workers there may be at most; 0 means one for each core. More are started as jobs
    /// need them, at once if some wait. Those too many exit when they are idle: what they run ends first, so
    /// that there may be more processes for a while.
    void resize(std::size_t workers);

    /// The process ids of the workers alive.
    std::vector<int> workers() const;
    pool_statistics statistics() const;
    /// One entry for each function that it was given, in the order of their first calls.
    std::vector<function_statistics> statistics_by_function() const;

  private:
    friend detail::executor_access;

    template <class F, class... A>
    task<detail::call_result_t<F, A...>> call(detail::call_context context, F&& function, A&&... arguments) {
        const detail::payload_scope shared(memory());
        return detail::run_in_pool<detail::call_result_t<F, A...>>(
            *state_, std::move(context),
            detail::encode_call(std::forward<F>(function), std::forward<A>(arguments)...));
    }
    template <class F, class Item>
    auto call_chunk(detail::call_context context, const F& function, const std::vector<Item>& items,
                    bool keeps_going) {
        using value = detail::value_or_monostate<detail::call_result_t<F, Item>>;
        const detail::payload_scope shared(memory());
        return detail::run_in_pool<detail::chunk_outcome<value>>(
            *state_, std::move(context), detail::encode_chunk(function, items, keeps_going));
    }
    std::optional<std::shared_ptr<const void>> keep_place() const;
    std::size_t most_workers() const noexcept;
    /// Where calls are encoded.
    detail::payload_memory* memory() const noexcept;

    std::unique_ptr<detail::pool_state> state_;
};

} // namespace tandem
