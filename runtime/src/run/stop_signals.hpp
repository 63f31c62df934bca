// SIGINT and SIGTERM as an event of the loop.
#pragma once
#include <boost/asio/posix/stream_descriptor.hpp>

#include <optional>

#include <tandem/coro/cancel_scope.hpp>

#include "io/signal_dispatcher.hpp"

namespace tandem::detail {

/// While it lives, the first SIGINT or SIGTERM cancels `target`; the second, of either kind, meets the
/// default action, so that a program whose loop is stuck can still be ended. One at a time in a process. A
/// signal_stream of one of them takes that signal instead.
class stop_signals {
  public:
    stop_signals(boost::asio::io_context& io, cancel_scope& target);
    stop_signals(const stop_signals&) = delete;
    stop_signals& operator=(const stop_signals&) = delete;

    /// The signal that came, 0 if none did.
    int received() const noexcept { return received_; }

    /// Called in the handler of the second signal, before that ends the process: may do only what is
    /// async-signal-safe. Null for nothing. Returns the one before.
    using last_words = void (*)() noexcept;
    static last_words set_last_words(last_words what) noexcept;

  private:
    void listen();

    boost::asio::posix::stream_descriptor wake_;
    cancel_scope& target_;
    int received_ = 0;
    /// Go first, while the handler can still write to `wake_`.
    std::optional<signal_default> on_interrupt_;
    std::optional<signal_default> on_terminate_;
};

} // namespace tandem::detail
