#include <tandem/threads/job.hpp>

#include <tandem/base/error.hpp>

namespace tandem {

namespace detail {

job_core::~job_core() {
    if (child_) child_->handle().destroy();
}

void job_core::launch(promise_base& child) noexcept {
    child_ = &child;
    start(child);
    scope().scheduler().run_inside(scope());
}

void job_core::ended(promise_base& child) noexcept {
    const std::exception_ptr& error = child.error();
    record_.end(!error ? job_state::done : is_cancellation(error) ? job_state::cancelled : job_state::failed);
    if (awaiting_) std::exchange(awaiting_, nullptr)->commit();
}

void job_core::all_ended() noexcept {
    if (!self_) return;
    scope().scheduler().forget_orphans();
    const std::shared_ptr<job_core> last = std::move(self_); // and with it, perhaps, this object
}

void job_core::abandon() noexcept {
    if (has_ended()) return;
    scope().cancel();
    scope().scheduler().run_inside(scope());
    if (running() == 0) return;
    self_ = shared_from_this();
    scope().scheduler().adopt_orphans();
}

void job_core::wait_operation::require_free() const {
    if (job_.awaiting_) throw usage_error("job: awaited by two tasks at a time");
    if (takes_value_ && job_.is_taken_) throw usage_error("job: awaited a second time; its value is gone");
}

bool job_core::wait_operation::withdraw() noexcept {
    if (takes_value_) {
        job_.scope().cancel();
        return false;
    }
    job_.awaiting_ = nullptr;
    return true;
}

promise_base& job_core::wait_operation::take_outcome() {
    throw_if_cancelled();
    job_.is_taken_ = true;
    if (!is_cancellation(job_.child().error())) return job_.child();
    if (waiting_task().scope().is_cancelled()) waiting_task().scope().throw_cancelled();
    try {
        std::rethrow_exception(job_.child().error());
    } catch (const cancelled& stop) {
        throw job_cancelled(stop.reason());
    }
}

} // namespace detail

} // namespace tandem
