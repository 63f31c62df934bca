#include <tandem/observe/observer.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <optional>
#include <poll.h>
#include <pthread.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "io/unique_fd.hpp"
#include "observe/debug_reports.hpp"
#include "observe/observer_socket.hpp"
#include "observe/observer_talk.hpp"
#include <tandem/base/error.hpp>
#include <tandem/base/log.hpp>
#include <tandem/observe/dump_tasks.hpp>
#include <tandem/observe/metrics.hpp>

namespace tandem {
namespace {

/// An observer must not be held up by who asks and then does not listen.
constexpr int patience_s = 2;
constexpr int handlers_patience_ms = 2000;

/// What signal handlers touch: how many tasks were asked for and how many written, and the events that say
/// so. The descriptors stay open for the life of the process, as a handler may run at any time.
struct requests {
    std::atomic<int> wake = -1;
    std::atomic<int> done = -1;
    std::atomic<unsigned> asked = 0;
    std::atomic<unsigned> written = 0;
    std::atomic<bool> is_served = false;
};
constinit requests shared;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "a signal handler touches them");

void raise_event(int descriptor) noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(descriptor, &one, sizeof one);
}
void clear_event(int descriptor) noexcept {
    std::uint64_t count;
    [[maybe_unused]] const auto n = ::read(descriptor, &count, sizeof count);
}

int make_event() {
    const int made = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made < 0) throw std::system_error(errno, std::generic_category(), "eventfd for an observer");
    return made;
}

void write_to_stderr(std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
        if (n > 0)
            text.remove_prefix(static_cast<std::size_t>(n));
        else if (n == 0 || errno != EINTR)
            return;
    }
}

} // namespace

struct observer::state {
    explicit state(const observer_options& options) {
        if (shared.is_served.exchange(true)) throw usage_error("a process has one observer at most");
        try {
            if (shared.wake < 0) shared.wake = make_event();
            if (shared.done < 0) shared.done = make_event();
            if (options.is_observable()) serve();
            if (options.wants_debug()) reports.emplace(options.slow_step_limit());
            start();
        } catch (...) {
            shared.is_served = false;
            throw;
        }
    }
    ~state() {
        shared.is_served = false;
        ends = true;
        raise_event(shared.wake);
        thread.join();
        if (listening.get() >= 0) detail::remove_from(folder);
    }

    void serve() noexcept {
        try {
            folder = detail::open_private_folder(detail::own_socket_folder());
            listening = detail::listen_in(folder);
        } catch (const std::exception& error) {
            log(log_level::warning,
                [&] { return std::string("nobody can observe this process: ") + error.what(); });
        }
    }

    /// Signals go to threads that the application knows.
    void start() {
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            thread = std::thread([this] { watch(); });
        } catch (...) {
            ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
            throw;
        }
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        ::pthread_setname_np(thread.native_handle(), "observer");
    }

    void watch() noexcept {
        const int period_ms =
            reports
                ? static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(reports->period()).count())
                : -1;
        while (!ends) {
            pollfd ready[] = {{shared.wake, POLLIN, 0}, {listening.get(), POLLIN, 0}};
            ::poll(ready, 2, period_ms);
            if (ready[0].revents) clear_event(shared.wake);
            write_tasks();
            if (ready[1].revents) answer();
            if (reports) reports->look_for_stuck_steps();
        }
    }

    void write_tasks() noexcept {
        const unsigned asked = shared.asked;
        if (asked == shared.written) return;
        try {
            write_to_stderr("tasks of process " + std::to_string(::getpid()) + ":\n" + dump_all_tasks());
        } catch (const std::exception& error) {
            write_to_stderr("the tasks cannot be written\n");
        }
        shared.written = asked;
        raise_event(shared.done);
    }

    void answer() noexcept {
        try {
            const detail::unique_fd connection(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (connection.get() < 0) return;
            detail::limit_waits(connection, patience_s);
            const uid_t user = detail::peer_of(connection).user;
            if (user != ::geteuid() && user != 0)
                return detail::send_answer(connection, false, "it answers its own user and root only");
            const std::string question = detail::receive_line(connection);
            if (question == "tasks")
                detail::send_answer(connection, true, dump_all_tasks());
            else if (question == "metrics")
                detail::send_answer(connection, true, prometheus_text(metrics()));
            else
                detail::send_answer(connection, false,
                                    "it does not know what is meant by '" + question + "'");
        } catch (const std::exception& error) {
            log(log_level::debug, [&] { return std::string("an observer got no answer: ") + error.what(); });
        }
    }

    detail::unique_fd folder;
    detail::unique_fd listening;
    std::optional<detail::debug_reports> reports;
    std::atomic<bool> ends = false;
    std::thread thread;
};

observer::observer(const observer_options& options)
    : state_(std::make_unique<state>(options)) {}

observer::~observer() = default;

namespace detail {

void write_tasks_soon() noexcept {
    if (!shared.is_served) return;
    ++shared.asked;
    raise_event(shared.wake);
}

void write_tasks_now() noexcept {
    if (!shared.is_served) return;
    const unsigned mine = ++shared.asked;
    raise_event(shared.wake);
    while (static_cast<int>(mine - shared.written) > 0) {
        pollfd done{shared.done, POLLIN, 0};
        if (::poll(&done, 1, handlers_patience_ms) == 0) return;
        clear_event(shared.done);
    }
}

} // namespace detail

} // namespace tandem
