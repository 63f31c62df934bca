// The part of a loop that knows Asio; sources of the runtime only.
#pragma once
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <mutex>
#include <optional>

#include "coro/loop_figures.hpp"
#include <tandem/coro/loop.hpp>

namespace tandem {

/// The mutex guards the way in only: the loop itself never takes it but to close it.
struct loop_handle::mailbox {
    std::mutex access;
    boost::asio::io_context* io;
};

struct loop::context {
    context();

    /// One thread runs it; others only post.
    boost::asio::io_context io{1};
    /// Keeps a wait for posts and I/O from ending because nothing is outstanding.
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
    /// Wakes the loop for the earliest of its timers. It is moved only when an earlier one comes: firing
    /// early once is cheaper than moving it each time the earliest is disarmed.
    boost::asio::steady_timer alarm;
    time_point alarm_at = time_point::max();
    std::shared_ptr<loop_handle::mailbox> mail;
    /// The application may have handlers here that wake its tasks.
    bool has_foreign_handlers = false;
    /// While it runs.
    std::optional<detail::loop_figures> figures;
};

} // namespace tandem
