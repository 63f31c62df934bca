#include <tandem/io/asio.hpp>

#include <boost/asio/post.hpp>

#include <tandem/coro/child_set.hpp>

#include "coro/loop_context.hpp"
#include "coro/running_loops.hpp"

namespace tandem::detail {

started_task::~started_task() = default;

void started_task::begin(loop& home) {
    listen(home);
    if (loop::current_or_null() == &home && home.root()) return launch();
    home.post([self = shared_from_this()] { self->launch(); });
}

void started_task::begin(boost::asio::io_context& home) {
    if (loop* here = loop::current_or_null(); here && &here->io().io == &home) return begin(*here);
    bool is_found = false;
    running_loops::for_each([&](loop& each, int) {
        if (&each.io().io != &home) return;
        is_found = true;
        begin(each);
    });
    if (!is_found) throw usage_error("start: that is not the asio_context() of a loop that runs");
}

void started_task::listen(const loop& home) {
    boost::asio::cancellation_slot from = slot();
    if (!from.is_connected()) return;
    // The signal may outlive the task, and is emitted on the thread of the handler's executor.
    from.assign(
        [weak = weak_from_this(), where = &home, to = home.handle()](boost::asio::cancellation_type type) {
            if ((type & boost::asio::cancellation_type::terminal) == boost::asio::cancellation_type::none)
                return;
            auto cancel = [weak] {
                if (const auto self = weak.lock()) self->cancel();
            };
            if (loop::current_or_null() == where)
                cancel();
            else
                to.post(cancel);
        });
}

void started_task::cancel() noexcept {
    is_cancelled_ = true;
    if (scope_) scope_->cancel();
}

void started_task::launch() {
    loop& here = loop::current();
    self_ = shared_from_this();
    auto wrapper = run_in_scope();
    wrapper.promise().set_name("started from Asio");
    promise_base& promise = *wrapper.release();
    cancel_scope& root = *here.root();
    root.scheduler().adopt_orphans();
    promise.start_beside(*this, root, 0);
}

task<> started_task::run_in_scope() {
    cancel_scope scope(co_await this_task());
    scope_ = &scope;
    if (is_cancelled_) scope.cancel();
    try {
        auto work = run();
        co_await in_scope(scope, work);
    } catch (...) {
        error_ = std::current_exception();
    }
    scope_ = nullptr;
    if (is_cancellation(error_))
        error_ = std::make_exception_ptr(
            boost::system::system_error(boost::asio::error::operation_aborted, "tandem::start"));
}

void started_task::child_done(promise_base& child) noexcept {
    scheduler& run = child.scheduler();
    child.handle().destroy();
    // The handler is foreign code: it runs between two steps, as handlers do.
    boost::asio::io_context& io = own_asio_context();
    boost::asio::post(io, [self = std::move(self_), &io, &run] { self->finish(io, run); });
}

void started_task::finish(boost::asio::io_context& io, scheduler& run) {
    complete(std::move(error_), io);
    // After what that may have queued behind a strand of this loop.
    boost::asio::post(io, [&run] { run.forget_orphans(); });
}

} // namespace tandem::detail
