// A call that an executor has been given, as a value: to wait for, to ask about, to cancel.
#pragma once
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include <tandem/coro/gather.hpp>
#include <tandem/coro/map_concurrent.hpp>
#include <tandem/coro/race.hpp>
#include <tandem/threads/job_cancelled.hpp>
#include <tandem/threads/job_record.hpp>

namespace tandem {

namespace detail {

/// A submitted call: one task in a scope of its own, which the handle may leave behind.
class TANDEM_API job_core final : public child_set, public std::enable_shared_from_this<job_core> {
  public:
    explicit job_core(promise_base& creator) noexcept
        : child_set(creator, cancel_scope::kind::floating) {}
    ~job_core();

    /// Takes the task, and runs it into the executor's queue before it returns.
    void launch(promise_base& child) noexcept;
    promise_base& child() const noexcept { return *child_; }
    job_record& record() noexcept { return record_; }
    bool has_ended() const noexcept { return child_->is_done(); }

    /// Cancels it and lets it end by itself.
    void abandon() noexcept;

    /// Waits for its end. `cancels`: a cancellation of the wait is one of the job, and the wait goes on until
    /// the job has ended.
    class TANDEM_API wait_operation : public waiting_operation<wait_operation> {
      public:
        wait_operation(job_core& job, bool takes_value) noexcept
            : job_(job)
            , takes_value_(takes_value) {}
        template <class Promise> bool await_suspend(std::coroutine_handle<Promise> self) {
            require_free();
            if (checkpoint(self.promise())) {
                if (job_.has_ended()) return commit_at_once();
                begin_waiting();
            } else {
                if (!takes_value_ || job_.has_ended()) return false;
                job_.scope().cancel();
                begin_waiting_shielded(self.promise());
            }
            job_.awaiting_ = this;
            return true;
        }
        void await_resume() const { throw_if_cancelled(); }

      protected:
        /// Notes that the outcome is taken; throws where there is none to take.
        promise_base& take_outcome();

      private:
        void require_free() const;
        bool withdraw() noexcept override;
        job_core& job_;
        bool takes_value_;
    };

  private:
    void ended(promise_base& child) noexcept override;
    void all_ended() noexcept override;

    job_record record_;
    promise_base* child_ = nullptr;
    wait_operation* awaiting_ = nullptr;
    bool is_taken_ = false;
    std::shared_ptr<job_core> self_;
};

} // namespace detail

/// What `submit` returns. The call is in the executor's queue from then on, whether or not anybody awaits it.
///
///     auto job = processes.submit(count_primes, 1, 10);
///     …
///     const int primes = co_await job;
///
/// `co_await job` gives the function's value or throws its error, once: a second await throws usage_error.
/// Cancelling that await cancels the job, and ends when the job is off its worker, as that of `run` does; a
/// value that comes all the same is delivered. Awaiting a cancelled job throws job_cancelled.
///
/// The job runs in the scope in which it was submitted: the scope's deadline and cancellation reach it.
/// Dropping the handle cancels it; one that cannot stop at once ends by itself, before the loop does. Several
/// jobs go to `gather`, `race` and `as_completed` as a vector. Move-only; belongs to its loop's thread, and
/// must not outlive the loop; the executor has to outlive the job.
template <class T> class [[nodiscard]] job {
  public:
    using value_type = T;

    explicit job(std::shared_ptr<detail::job_core> core) noexcept
        : core_(std::move(core)) {}
    job(job&&) noexcept = default;
    job& operator=(job&& other) noexcept {
        job(std::move(other)).swap(*this);
        return *this;
    }
    ~job() {
        if (core_) core_->abandon();
    }
    void swap(job& other) noexcept { core_.swap(other.core_); }

    /// Cancels it: out of the queue if it waits there; stopped, as the executor can, if it runs.
    void cancel() noexcept { core_->scope().cancel(); }

    job_state state() const noexcept { return core_->record().state(); }
    /// True once it has a value or an error, or has been cancelled and is off its worker.
    bool is_done() const noexcept { return core_->has_ended(); }
    job_times times() const noexcept { return core_->record().times(); }
    /// How often a worker has begun with it.
    unsigned attempts() const noexcept { return core_->record().attempts(); }

    class [[nodiscard]] await_operation final : public detail::job_core::wait_operation {
      public:
        explicit await_operation(detail::job_core& core) noexcept
            : wait_operation(core, true) {}
        T await_resume() { return static_cast<detail::task_promise<T>&>(take_outcome()).take(); }
    };
    await_operation operator co_await() const noexcept { return await_operation(*core_); }

    /// Waits for its end and leaves its outcome where it is; throws nothing but `cancelled`. Cancelling this
    /// wait does not cancel the job.
    detail::job_core::wait_operation wait() const noexcept { return {*core_, false}; }

  private:
    std::shared_ptr<detail::job_core> core_;
};

namespace detail {

template <class T> std::vector<task<T>> to_tasks(std::vector<job<T>> jobs) {
    std::vector<task<T>> tasks;
    tasks.reserve(jobs.size());
    for (job<T>& each : jobs)
        tasks.push_back(to_task(std::move(each)));
    return tasks;
}

} // namespace detail

/// As for tasks: the values of all, in the order of `jobs`; the first error cancels the others.
template <class T> auto gather(std::vector<job<T>> jobs) {
    return gather(detail::to_tasks(std::move(jobs)));
}
/// As for tasks: every outcome, in the order of `jobs`.
template <class T> auto gather(keep_going_t, std::vector<job<T>> jobs) {
    return gather(keep_going, detail::to_tasks(std::move(jobs)));
}
/// As for tasks: the outcome of the first to end; the others are cancelled, and off their workers by then.
template <class T> task<T> race(std::vector<job<T>> jobs) {
    return race(detail::to_tasks(std::move(jobs)));
}
/// As for tasks: the values in the order in which the jobs end.
template <class T> result_stream<T> as_completed(std::vector<job<T>> jobs) {
    return as_completed(detail::to_tasks(std::move(jobs)));
}

} // namespace tandem
