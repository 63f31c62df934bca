// A job on its way through a process_pool, as the coroutine that awaits it sees it.
#pragma once
#include <cstdint>
#include <exception>
#include <memory>
#include <string>

#include <tandem/coro/task.hpp>
#include <tandem/coro/waiter.hpp>
#include <tandem/pool/call.hpp>
#include <tandem/threads/job_record.hpp>

namespace tandem::detail {

class function_figures;
class pool_state;
class worker_link;
struct pool_queue_tag;

/// Awaited, it hands its call to the pool and returns the encoded result. Cancellation takes a queued job out
/// of the queue; a running one is stopped, and the wait lasts until it is off its worker.
class TANDEM_API pool_job final : public waiting_operation<pool_job>, public list_hook<pool_queue_tag> {
  public:
    pool_job(pool_state& pool, call_context context, encoded_call call) noexcept
        : pool_(&pool)
        , context_(std::move(context))
        , call_(std::move(call)) {}

    /// Rethrows what the function threw; throws worker_died, broken_pool.
    byte_buffer await_resume();
    /// What the result refers to.
    answer_memory& given() noexcept { return given_; }

  private:
    friend waiting_operation;
    friend class pool_state;

    bool try_now() const noexcept { return false; }
    void enqueue();
    bool withdraw() noexcept override;
    /// The function's name and the job's number, for messages.
    std::string name() const;

    pool_state* pool_;
    call_context context_;
    external_wait in_flight_;
    encoded_call call_;
    /// The call as a frame. The job keeps it until it is answered: a worker may die before it has taken the
    /// job.
    std::shared_ptr<byte_buffer> frame_;
    std::uint64_t id_ = 0;
    /// Of the function that it calls.
    function_figures* figures_ = nullptr;
    time_point queued_at_{};
    /// A worker has it, and none of the jobs before it.
    bool begun_ = false;
    /// How often a worker has died between being given the job and taking it.
    int returned_ = 0;
    /// How often it has killed its worker and was run again.
    unsigned crashes_ = 0;
    /// Its scope was cancelled while it ran, and it ended without a result.
    bool stopped_ = false;
    byte_buffer result_;
    answer_memory given_;
    std::exception_ptr error_;
};

template <class R> task<R> run_in_pool(pool_state& pool, call_context context, encoded_call call) {
    pool_job job(pool, std::move(context), std::move(call));
    const byte_buffer bytes = co_await job;
    const payload_scope shared(&job.given());
    decoder in(bytes.data(), bytes.size());
    if constexpr (std::is_void_v<R>) {
        in.finish();
    } else {
        R result = decode<R>(in);
        in.finish();
        co_return result;
    }
}

} // namespace tandem::detail
