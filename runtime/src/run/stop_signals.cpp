#include "run/stop_signals.hpp"

#include <atomic>
#include <csignal>

namespace tandem::detail {
namespace {

std::atomic<int> wake_descriptor = -1;
std::atomic<int> first_signal = 0;
std::atomic<stop_signals::last_words> words = nullptr;

void note_stop(int number) noexcept {
    int none = 0;
    if (first_signal.compare_exchange_strong(none, number)) return raise_signal_event(wake_descriptor);
    if (const stop_signals::last_words say = words) say();
    take_default_action(number);
}

} // namespace

stop_signals::last_words stop_signals::set_last_words(last_words what) noexcept {
    return words.exchange(what);
}

stop_signals::stop_signals(boost::asio::io_context& io, cancel_scope& target)
    : wake_(io, make_signal_event().release())
    , target_(target) {
    wake_descriptor = wake_.native_handle();
    first_signal = 0;
    on_interrupt_.emplace(SIGINT, &note_stop);
    on_terminate_.emplace(SIGTERM, &note_stop);
    listen();
}

void stop_signals::listen() {
    wake_.async_wait(wake_.wait_read, [this](const boost::system::error_code& stopped) {
        if (stopped) return; // `this` is gone
        received_ = first_signal;
        target_.cancel(cancel_reason::interrupted);
    });
}

} // namespace tandem::detail
