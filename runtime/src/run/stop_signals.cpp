#include "run/stop_signals.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace tandem::detail {
namespace {

std::atomic<int> wake_descriptor = -1;
std::atomic<int> last_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may touch it");

extern "C" void note_signal(int signal) {
    const int saved = errno;
    last_signal = signal;
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGTERM, SIG_DFL);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_descriptor, &one, sizeof one);
    errno = saved;
}

void install(int signal, struct sigaction& before) {
    struct sigaction action {};
    action.sa_handler = &note_signal;
    action.sa_flags = SA_RESTART;
    ::sigaction(signal, &action, &before);
}

int make_event() {
    const int made = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made < 0) throw std::system_error(errno, std::generic_category(), "eventfd for signals");
    return made;
}

} // namespace

stop_signals::stop_signals(boost::asio::io_context& io, cancel_scope& target)
    : wake_(io, make_event())
    , target_(target) {
    wake_descriptor = wake_.native_handle();
    last_signal = 0;
    install(SIGINT, before_int_);
    install(SIGTERM, before_term_);
    listen();
}

stop_signals::~stop_signals() {
    ::sigaction(SIGINT, &before_int_, nullptr);
    ::sigaction(SIGTERM, &before_term_, nullptr);
    wake_descriptor = -1;
}

void stop_signals::listen() {
    wake_.async_wait(wake_.wait_read, [this](const boost::system::error_code& stopped) {
        if (stopped) return; // `this` is gone
        received_ = last_signal;
        target_.cancel(cancel_reason::interrupted);
    });
}

} // namespace tandem::detail
