#include <tandem/threads/thread_pool.hpp>

#include "threads/thread_queue.hpp"

namespace tandem {

static_assert(executor<thread_pool>);

namespace detail {

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

bool thread_wait::try_now() noexcept {
    // Calls may have ended whose posts the loop has yet to run. One of our own comes behind them.
    return kind_ == kind::room && queue_.has_room_now();
}

void thread_wait::enqueue() {
    home_.emplace(loop::current().handle());
    in_flight_.begin(waiting_task().scheduler());
    queue_.wait_for(*this);
}

bool thread_wait::withdraw() noexcept {
    return queue_.forget(*this);
}

} // namespace detail

thread_pool::thread_pool(const thread_pool_options& options)
    : queue_(std::make_unique<detail::thread_queue>(options)) {}

thread_pool::~thread_pool() = default;

std::size_t thread_pool::size() const noexcept {
    return queue_->size();
}

void thread_pool::resize(std::size_t threads) {
    queue_->resize(threads);
}

std::size_t thread_pool::queued() const noexcept {
    return queue_->queued();
}

task<> thread_pool::room() {
    detail::thread_wait waiting(*queue_, detail::thread_wait::kind::room);
    co_await waiting;
}

task<> thread_pool::drain() {
    detail::thread_wait drained(*queue_, detail::thread_wait::kind::quiet);
    co_await drained;
}

thread_pool_statistics thread_pool::statistics() const {
    return queue_->statistics();
}

std::optional<std::shared_ptr<const void>> thread_pool::keep_place() {
    return queue_->keep_place();
}

} // namespace tandem
