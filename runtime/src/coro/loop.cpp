#include <tandem/coro/loop.hpp>

#include <boost/asio/post.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <tandem/base/error.hpp>
#include <tandem/base/log.hpp>
#include <tandem/coro/child_set.hpp>

#include "coro/loop_context.hpp"
#include "coro/running_loops.hpp"
#include "coro/task_name.hpp"
#include "coro/task_tree.hpp"

namespace tandem {
namespace {

/// Steps between two looks at I/O while tasks are ready: often enough that a socket waits some microseconds,
/// and seldom enough that the system call does not dominate short steps.
constexpr std::uint64_t steps_between_polls = 64;
/// Handlers of I/O and posts between two looks at the ready queue. Handlers that go on making handlers (a
/// composed read of a stream that is never empty) would hold up every task otherwise.
constexpr int handlers_a_poll = 256;

thread_local loop* running = nullptr;

class main_task final : public detail::child_owner {
  public:
    void child_done(detail::promise_base&) noexcept override { done = true; }
    bool done = false;
};

} // namespace

loop::context::context()
    : work(io.get_executor())
    , alarm(io)
    , mail(std::make_shared<loop_handle::mailbox>()) {
    mail->io = &io;
}

bool loop_handle::post(std::function<void()> function) const {
    const std::lock_guard lock(mail_->access);
    if (!mail_->io) return false;
    boost::asio::post(*mail_->io, std::move(function));
    return true;
}

loop::loop(const loop_options& options)
    : scheduler_(options.source_, options.shuffle_)
    , context_(std::make_unique<context>()) {}

loop::~loop() {
    const std::lock_guard lock(context_->mail->access);
    context_->mail->io = nullptr;
}

loop& loop::current() {
    if (!running) throw usage_error("no loop runs on this thread: call this from a coroutine");
    return *running;
}

loop* loop::current_or_null() noexcept {
    return running;
}

loop_handle loop::handle() const noexcept {
    return loop_handle(context_->mail);
}

cancel_scope* loop::root() noexcept {
    return root_ ? &*root_ : nullptr;
}

detail::promise_base& loop::current_task() {
    if (!scheduler_.current()) throw usage_error("no coroutine runs: call this from one");
    return *scheduler_.current();
}

void loop::run_to_end(detail::promise_base& main) {
    if (running) throw usage_error("a loop runs on this thread already: await the task instead");
    // First of all: from its registration on other threads may ask for figures, and whose loop it is.
    scheduler_.bind_to_this_thread();
    struct running_here {
        loop& self;
        explicit running_here(loop& which)
            : self(which) {
            self.context_->figures.emplace(self.scheduler_);
            running = &self;
            self.root_.emplace(self.scheduler_);
            self.deadlock_.clear();
            self.scheduler_.timers().record_lateness(&self.context_->figures->lateness());
            detail::set_log_task_hook(&detail::running_task_name);
            self.handler_error_ = nullptr;
            detail::running_loops::enter(self);
        }
        ~running_here() {
            detail::running_loops::leave(self);
            self.root_.reset();
            self.scheduler_.timers().record_lateness(nullptr);
            self.context_->figures.reset();
            running = nullptr;
        }
    } const guard(*this);

    begin_turn(now());
    main_task end;
    main.start_beside(end, *root_, 0);
    while (!end.done || scheduler_.has_orphans())
        turn();
    if (handler_error_) {
        if (main.error() && !detail::is_cancellation(main.error()))
            log(log_level::error, "main failed as well: " + describe(main.error()));
        std::rethrow_exception(std::exchange(handler_error_, nullptr));
    }
    if (!deadlock_.empty()) throw deadlock_error(std::exchange(deadlock_, {}));
}

void loop::turn() {
    if (!scheduler_.has_ready()) return wait_for_work();
    const std::size_t steps = scheduler_.run_turn();
    if (scheduler_.has_ready() && scheduler_.steps() - last_poll_ < steps_between_polls) return;
    last_poll_ = scheduler_.steps();
    if (!scheduler_.has_ready()) return;
    context_->figures->publish(steps);
    poll_io();
    // What waits from here on waits from about now. The look itself counts with the turn before it: a second
    // reading of the clock would cost more.
    const time_point read = now();
    end_turn(read);
    scheduler_.timers().expire(read);
    begin_turn(read);
}

/// A turn's length is measured where time is real only.
void loop::begin_turn(time_point now) noexcept {
    if (!scheduler_.source()) context_->figures->begin_turn(now);
}
void loop::end_turn(time_point now) noexcept {
    if (!scheduler_.source()) context_->figures->end_turn(now);
}

/// Runs handlers that are ready; false if there were none.
bool loop::poll_io() {
    int handled = 0;
    while (handled < handlers_a_poll && run_handler(false) > 0)
        ++handled;
    return handled > 0;
}

/// Runs one handler, if there is one or, with `waits`, when there is. Returns how many it ran.
std::size_t loop::run_handler(bool waits) {
    try {
        return waits ? context_->io.run_one() : context_->io.poll_one();
    } catch (...) {
        handler_failed(std::current_exception());
        return 1;
    }
}

void loop::handler_failed(std::exception_ptr error) {
    if (handler_error_)
        log(log_level::error, "another function posted to the loop failed: " + describe(error));
    else
        handler_error_ = std::move(error);
    root_->cancel();
}

void loop::wait_for_work() {
    detail::timer_queue& timers = scheduler_.timers();
    const bool is_real = !scheduler_.source();
    if (is_real || !timers.empty()) {
        const time_point read = now();
        end_turn(read);
        timers.expire(read);
        if (scheduler_.has_ready()) {
            begin_turn(read);
            poll_io();
            return;
        }
    }
    if (!scheduler_.idle_waits().empty()) {
        begin_turn(now());
        if (!poll_io()) wake_idle_waits();
        return;
    }
    context_->figures->publish(0);
    if (!timers.empty()) {
        const time_point next = timers.next();
        if (!is_real) {
            // Time of a test's own: what I/O has to say comes first, then time moves on.
            if (poll_io()) return;
            if (scheduler_.source()->advance_to(next)) return;
        }
        if (next < context_->alarm_at) {
            context_->alarm_at = next;
            context_->alarm.expires_at(next);
            context_->alarm.async_wait([context = context_.get()](const boost::system::error_code& stopped) {
                if (!stopped) context->alarm_at = time_point::max();
            });
        }
    }
    if (timers.empty() && !can_be_woken()) {
        if (!poll_io()) break_deadlock();
        return;
    }
    // The one who was waited for goes on at once. Looking for others here would ask the kernel once more for
    // each that comes alone; those that came with it are in Asio's queue, and the next turn finds them there.
    run_handler(true);
    // But where a posted function failed the loop is about to end, and the others are to run before.
    if (handler_error_ || !scheduler_.has_ready()) poll_io();
    if (is_real) begin_turn(now());
}

void loop::wake_idle_waits() {
    auto& waits = scheduler_.idle_waits();
    while (!waits.empty())
        waits.pop_front().all_blocked();
}

/// Whether something outside of the loop may end a wait. Without timers.
bool loop::can_be_woken() const noexcept {
    if (scheduler_.external_waits() > 0 || context_->has_foreign_handlers) return true;
    const bool has_handles = context_->mail.use_count() > 1;
    std::atomic_thread_fence(std::memory_order_acquire); // what the last handle posted is there now
    return has_handles;
}

void loop::break_deadlock() {
    const bool again = !deadlock_.empty();
    deadlock_ = "deadlock: nothing can wake the tasks of this loop\n" +
                detail::task_tree_reader(detail::memory_access::own).describe(*this);
    if (again || root_->is_cancelled()) {
        std::fprintf(stderr, "tandem: %s\ntandem: cancelling them does not wake them either\n",
                     deadlock_.c_str());
        std::abort();
    }
    root_->cancel(cancel_reason::deadlock);
}

} // namespace tandem
