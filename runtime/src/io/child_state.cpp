#include "io/child_state.hpp"

#include <cerrno>
#include <csignal>
#include <mutex>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <vector>

#include <tandem/base/log.hpp>
#include <tandem/coro/timeout.hpp>

namespace tandem::detail {
namespace {

/// How long a dropped handle holds its thread up for the end of a child that was killed.
constexpr int longest_drop_ms = 200;
/// How long a `stop` waits for the end of one that was killed.
constexpr auto longest_death = std::chrono::seconds(5);

std::chrono::microseconds microseconds(const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

/// The killed children that the kernel had no end for yet; tried again whenever a child starts or goes.
class late_children {
  public:
    void add(int pid) {
        const std::lock_guard lock(access_);
        pids_.push_back(pid);
    }
    void reap() {
        const std::lock_guard lock(access_);
        std::erase_if(pids_, [](int pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
    }

    /// Never destroyed: loops of other threads may outlive main.
    static late_children& all() {
        static late_children& only = *new late_children;
        return only;
    }

  private:
    std::mutex access_;
    std::vector<int> pids_;
};

std::optional<pipe_stream> pipe_of(unique_fd end, pipe_stream::way way, std::string name) {
    if (end.get() < 0) return std::nullopt;
    return std::optional<pipe_stream>(std::in_place, std::move(end), way, std::move(name));
}

} // namespace

child_state::child_state(const command& what)
    : child_state(what, start_command(what)) {
    late_children::all().reap();
}

child_state::child_state(const command& what, started_command started)
    : program_(what.program())
    , grace_(what.grace())
    , pid_(started.process.pid)
    , has_own_group_(what.has_own_group())
    , ended_(std::move(started.process.ended))
    , input_(pipe_of(std::move(started.input), pipe_stream::way::to_child, "the input of '" + program_ + "'"))
    , output_(pipe_of(std::move(started.output), pipe_stream::way::from_child,
                      "the output of '" + program_ + "'"))
    , error_output_(pipe_of(std::move(started.error_output), pipe_stream::way::from_child,
                            "the error output of '" + program_ + "'")) {}

byte_stream& child_state::open_pipe(std::optional<pipe_stream>& pipe, const char* which) const {
    if (!pipe)
        throw usage_error(std::string("subprocess: ") + which + " of '" + program_ +
                          "' is no pipe; ask for one with redirect::pipe()");
    return *pipe;
}

bool child_state::has_ended() const noexcept {
    siginfo_t found{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &found, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           found.si_pid == pid_;
}

bool child_state::reap() noexcept {
    if (is_gone_) return true;
    // While it has not been reaped, the number is nobody else's.
    if (takes_group_along_ && has_ended()) ::kill(-pid_, SIGKILL);
    int status = 0;
    rusage used{};
    int found;
    do
        found = ::wait4(pid_, &status, WNOHANG, &used);
    while (found < 0 && errno == EINTR);
    if (found == 0) return false;
    is_gone_ = true;
    if (found == pid_) {
        process_usage usage;
        usage.user_time = microseconds(used.ru_utime);
        usage.system_time = microseconds(used.ru_stime);
        usage.peak_memory = std::int64_t{used.ru_maxrss} * 1024;
        status_ = exit_status(status, usage);
    }
    ended_.close();
    return true;
}

task<> child_state::until_reaped() {
    while (!reap()) {
        const auto [error] = co_await ended_.until_readable();
        if (error && !is_gone_) throw_errno(error.value(), "waiting for '" + program_ + "'");
    }
}

exit_status child_state::known_status() const {
    if (!status_) throw_errno(ECHILD, "the exit status of '" + program_ + "' is lost");
    return *status_;
}

task<exit_status> child_state::wait(std::shared_ptr<child_state> self) {
    std::exception_ptr stopped;
    try {
        const cancel_scope& here = (co_await this_task()).scope();
        if (here.is_cancelled()) here.throw_cancelled();
        co_await self->until_reaped();
    } catch (const cancelled&) {
        stopped = std::current_exception();
    }
    if (!stopped) co_return self->known_status();
    co_await shield(stop(self));
    std::rethrow_exception(stopped);
}

task<exit_status> child_state::stop(std::shared_ptr<child_state> self) {
    self->takes_group_along_ = self->has_own_group_;
    self->signal(SIGTERM);
    self->signal(SIGCONT); // one that was stopped gets the other signal only when it goes on
    bool has_ended = co_await move_on_after(self->grace_, self->until_reaped());
    if (!has_ended) {
        self->signal(SIGKILL);
        has_ended = co_await move_on_after(longest_death, self->until_reaped());
    }
    if (!has_ended) throw timed_out("'" + self->program_ + "' does not end, though it was killed");
    co_return self->known_status();
}

bool child_state::signal(int number) noexcept {
    if (is_gone_) return false;
    if (has_own_group_) return ::kill(-pid_, number) == 0;
    return ::syscall(SYS_pidfd_send_signal, ended_.get(), number, nullptr, 0) == 0;
}

void child_state::abandon() noexcept {
    takes_group_along_ = has_own_group_;
    if (!is_gone_ && !reap()) {
        signal(SIGKILL);
        pollfd ended{ended_.get(), POLLIN, 0};
        while (::poll(&ended, 1, longest_drop_ms) < 0 && errno == EINTR) {
        }
        if (!reap()) {
            log(log_level::warning, "'" + program_ + "' does not end at once, though it was killed");
            late_children::all().add(pid_);
            is_gone_ = true;
            ended_.close();
        }
    }
    late_children::all().reap();
}

} // namespace tandem::detail
