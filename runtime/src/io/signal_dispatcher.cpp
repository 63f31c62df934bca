#include "io/signal_dispatcher.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <sched.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

#include <tandem/base/error.hpp>

namespace tandem::detail {
namespace {

constexpr int signals = 64;

// What the handler reads. The list of inboxes and the actions change under the mutex below only; the handler
// may be in the middle of them on another thread, so whoever takes something out waits until none runs.
std::atomic<signal_inbox*> first_inbox = nullptr;
std::array<std::atomic<signal_default::action>, signals + 1> defaults{};
std::atomic<int> handlers_running = 0;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<signal_inbox*>::is_always_lock_free &&
                  std::atomic<signal_mask>::is_always_lock_free &&
                  std::atomic<signal_default::action>::is_always_lock_free,
              "a signal handler touches them");

/// How often a signal is wanted, and its disposition before that.
struct installed_signal {
    int users = 0;
    struct sigaction before {};
};

struct registry {
    std::mutex access;
    std::array<installed_signal, signals + 1> installed{};
};

/// Never destroyed: loops of other threads may outlive main.
registry& all() {
    static registry& only = *new registry;
    return only;
}

extern "C" void dispatch(int number) {
    const int saved = errno;
    ++handlers_running;
    bool is_taken = false;
    for (signal_inbox* at = first_inbox; at; at = at->next()) {
        if (!(at->wanted() & signal_bit(number))) continue;
        at->put(number);
        is_taken = true;
    }
    if (!is_taken)
        if (const signal_default::action act = defaults[static_cast<std::size_t>(number)]) act(number);
    --handlers_running;
    errno = saved;
}

void until_no_handler_runs() noexcept {
    while (handlers_running > 0)
        ::sched_yield();
}

void install(registry& known, int number) {
    installed_signal& one = known.installed[static_cast<std::size_t>(number)];
    if (one.users == 0) {
        struct sigaction action {};
        action.sa_handler = &dispatch;
        action.sa_flags = SA_RESTART | SA_ONSTACK;
        if (::sigaction(number, &action, &one.before) != 0)
            throw std::system_error(errno, std::generic_category(),
                                    "cannot catch signal " + std::to_string(number));
    }
    ++one.users;
}

void uninstall(registry& known, int number) noexcept {
    installed_signal& one = known.installed[static_cast<std::size_t>(number)];
    if (--one.users > 0) return;
    struct sigaction now {};
    // Who has put a handler of his own in its place meanwhile keeps it.
    if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == &dispatch)
        ::sigaction(number, &one.before, nullptr);
}

/// Does `what(number)` for each signal of a mask.
template <class What> void for_each_signal(signal_mask mask, What what) {
    for (; mask; mask &= mask - 1)
        what(std::countr_zero(mask) + 1);
}

} // namespace

unique_fd make_signal_event() {
    unique_fd made(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (made.get() < 0) throw std::system_error(errno, std::generic_category(), "eventfd for signals");
    return made;
}

void raise_signal_event(int event) noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event, &one, sizeof one);
}

signal_inbox::signal_inbox(signal_mask wanted, int event)
    : event_(event)
    , wanted_(wanted) {
    registry& known = all();
    const std::lock_guard lock(known.access);
    signal_mask done = 0;
    try {
        for_each_signal(wanted, [&](int number) {
            install(known, number);
            done |= signal_bit(number);
        });
    } catch (...) {
        for_each_signal(done, [&](int number) { uninstall(known, number); });
        throw;
    }
    next_ = first_inbox.load();
    first_inbox = this;
}

signal_inbox::~signal_inbox() {
    registry& known = all();
    const std::lock_guard lock(known.access);
    for_each_signal(wanted_, [&](int number) { uninstall(known, number); });
    std::atomic<signal_inbox*>* link = &first_inbox;
    while (*link != this)
        link = &link->load()->next();
    *link = next_.load();
    until_no_handler_runs();
}

void signal_inbox::put(int number) noexcept {
    pending_ |= signal_bit(number);
    raise_signal_event(event_);
}

int signal_inbox::take() noexcept {
    for (int looks = 0; looks < 2; ++looks) {
        if (const signal_mask pending = pending_) {
            const int number = std::countr_zero(pending) + 1;
            pending_ &= ~signal_bit(number);
            return number;
        }
        // What comes from here on makes it readable again; what came before is found by the second look.
        std::uint64_t count;
        [[maybe_unused]] const auto got = ::read(event_, &count, sizeof count);
    }
    return 0;
}

signal_default::signal_default(int number, action what)
    : number_(number) {
    registry& known = all();
    const std::lock_guard lock(known.access);
    std::atomic<action>& place = defaults[static_cast<std::size_t>(number)];
    if (place.load()) throw usage_error("signal " + std::to_string(number) + " has a default action already");
    place = what;
    try {
        install(known, number);
    } catch (...) {
        place = nullptr;
        throw;
    }
}

signal_default::~signal_default() {
    registry& known = all();
    const std::lock_guard lock(known.access);
    uninstall(known, number_);
    defaults[static_cast<std::size_t>(number_)] = nullptr;
    until_no_handler_runs();
}

void take_default_action(int number) noexcept {
    // Both are async-signal-safe. The signal is blocked while its handler runs.
    ::signal(number, SIG_DFL);
    ::raise(number);
}

} // namespace tandem::detail
