#include <tandem/pool/process_pool.hpp>

#include "pool/call.hpp"
#include "pool/pool_state.hpp"
#include "pool/worker_mark.hpp"

namespace tandem {

static_assert(executor<process_pool>);

process_pool::process_pool(const process_pool_options& options) {
    detail::refuse_pool_in_marked_process();
    state_ = std::make_unique<detail::pool_state>(options);
}

process_pool::~process_pool() = default;

task<> process_pool::stop() {
    detail::pool_stop stopped(*state_);
    co_await stopped;
}

task<> process_pool::room() {
    // A second look, and a third: all who wait are told at once.
    while (!state_->has_room()) {
        detail::pool_room waiting(*state_);
        co_await waiting;
    }
}

task<> process_pool::drain() {
    detail::pool_drain drained(*state_);
    co_await drained;
}

task<> process_pool::warm_up(std::size_t count) {
    detail::pool_warm_up warm(*state_, count);
    co_await warm;
}

void process_pool::resize(std::size_t workers) {
    state_->resize(workers);
}

std::optional<std::shared_ptr<const void>> process_pool::keep_place() const {
    // Who asks submits in the same step: there is nothing to keep.
    if (!state_->has_room()) return std::nullopt;
    return std::shared_ptr<const void>();
}

std::size_t process_pool::most_workers() const noexcept {
    return state_->most_workers();
}

detail::payload_memory* process_pool::memory() const noexcept {
    return state_->memory();
}

std::vector<int> process_pool::workers() const {
    return state_->pids();
}

pool_statistics process_pool::statistics() const {
    return state_->statistics();
}

std::vector<function_statistics> process_pool::statistics_by_function() const {
    return state_->statistics_by_function();
}

namespace detail {

void pool_job::enqueue() {
    in_flight_.begin(waiting_task().scheduler());
    pool_->submit(*this);
}

bool pool_job::withdraw() noexcept {
    return pool_->cancel(*this);
}

std::string pool_job::name() const {
    return "job " + std::to_string(id_) + " (" + describe_call(call_) + ')';
}

byte_buffer pool_job::await_resume() {
    throw_if_cancelled();
    if (stopped_) waiting_task().scope().throw_cancelled();
    if (error_) std::rethrow_exception(std::move(error_));
    return std::move(result_);
}

} // namespace detail

} // namespace tandem
