// SIGINT and SIGTERM as an event of the loop.
#pragma once
#include <boost/asio/posix/stream_descriptor.hpp>

#include <csignal>

#include <tandem/coro/cancel_scope.hpp>

namespace tandem::detail {

/// While it lives, the first SIGINT or SIGTERM cancels `target`; the second, of either kind, meets the
/// default action, so that a program whose loop is stuck can still be ended. One at a time in a process.
class stop_signals {
  public:
    stop_signals(boost::asio::io_context& io, cancel_scope& target);
    stop_signals(const stop_signals&) = delete;
    stop_signals& operator=(const stop_signals&) = delete;
    ~stop_signals();

    /// The signal that came, 0 if none did.
    int received() const noexcept { return received_; }

  private:
    void listen();

    boost::asio::posix::stream_descriptor wake_;
    cancel_scope& target_;
    int received_ = 0;
    struct sigaction before_int_ {};
    struct sigaction before_term_ {};
};

} // namespace tandem::detail
