// Threads that work for others behind their backs.
#pragma once
#include <csignal>
#include <thread>
#include <utility>

namespace tandem::detail {

/// Starts a thread that ends by itself. No signal comes to it: those are for the program's own threads.
/// Throws std::system_error.
template <class F> void start_quiet_thread(F work) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const auto restore = [&] { pthread_sigmask(SIG_SETMASK, &before, nullptr); };
    try {
        std::thread(std::move(work)).detach();
    } catch (...) {
        restore();
        throw;
    }
    restore();
}

} // namespace tandem::detail
