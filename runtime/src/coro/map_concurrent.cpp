#include <tandem/coro/map_concurrent.hpp>

#include <utility>

#include <tandem/coro/loop.hpp>

namespace tandem::detail {

promise_base& creating_task() {
    return loop::current().current_task();
}

stream_children::~stream_children() {
    drop_results();
}

void stream_children::fill() {
    try {
        while (!has_ended_ && !has_failed_ && in_flight_ < limit_) {
            promise_base* const child = start_next();
            if (!child) {
                has_ended_ = true;
                break;
            }
            if (in_order_) results_.push_back(child);
            ++in_flight_;
            start(*child);
        }
    } catch (...) {
        has_failed_ = true;
        absorb(std::current_exception());
    }
}

bool stream_children::has_next() const noexcept {
    return !has_failed_ && !results_.empty() && results_.front()->is_done();
}

promise_base* stream_children::take() noexcept {
    if (!has_next()) return nullptr;
    promise_base* const next = results_.front();
    results_.pop_front();
    --in_flight_;
    return next;
}

void stream_children::wait_operation::enqueue() {
    if (children_.consumer_) throw usage_error("result_stream: next() is awaited by two tasks at a time");
    children_.consumer_ = this;
}

void stream_children::ended(promise_base& child) noexcept {
    if (child.error()) {
        has_failed_ = true;
        absorb(child.error());
    }
    if (!in_order_) results_.push_back(&child);
    if (consumer_ && (has_next() || is_over())) std::exchange(consumer_, nullptr)->commit();
}

void stream_children::all_ended() noexcept {
    if (!self_) return;
    scope().scheduler().forget_orphans();
    const std::shared_ptr<stream_children> last = std::move(self_); // and with it, perhaps, this object
}

void stream_children::abandon() noexcept {
    if (is_abandoned_) return;
    is_abandoned_ = true;
    has_ended_ = true;
    has_failed_ = true;
    scope().cancel();
    scope().scheduler().run_inside(scope());
    if (running() > 0) {
        self_ = shared_from_this();
        scope().scheduler().adopt_orphans();
    }
}

void stream_children::drop_results() noexcept {
    for (promise_base* one : results_)
        one->handle().destroy();
    results_.clear();
}

} // namespace tandem::detail
