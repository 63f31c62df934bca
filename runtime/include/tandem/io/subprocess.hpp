// A child process, its pipes and its end.
#pragma once
#include <memory>
#include <optional>

#include <tandem/coro/shield.hpp>
#include <tandem/io/byte_stream.hpp>
#include <tandem/io/command.hpp>
#include <tandem/io/exit_status.hpp>

namespace tandem {

namespace detail {
class child_state;
}

/// A program that runs beside this one:
///
///     command sort("sort");
///     sort.input(redirect::pipe()).output(redirect::pipe());
///     subprocess child(sort);
///     co_await child.input().write("b\na\n");
///     co_await child.input().close_write();
///     … read child.output() to its end …
///     const exit_status how = co_await child.wait();
///
/// `run_process` does all of this in one call, and without the risk that both sides wait for each other
/// because two pipes are full.
///
/// The child has no descriptor of this process but its three standard streams, the default disposition for
/// every signal, and none blocked. It is never left behind: dropping the handle of a child that still runs
/// kills it (SIGKILL) and reaps it, which holds the thread up for as long as the kernel takes to end it, a
/// millisecond as a rule and a fifth of a second at most; one that is stuck in the kernel for longer is
/// reaped when another child starts or goes. The program must not ignore SIGCHLD, which takes the status of
/// its children from it.
///
/// Move-only. Belongs to the thread of the loop that first waits for it, and goes away before that loop does.
class TANDEM_API subprocess {
  public:
    /// Starts it, and returns when the program runs or could not be started; that takes the thread about a
    /// millisecond. Throws std::system_error, whose what() names the program and the cause: no such program
    /// (ENOENT), not to be executed (EACCES), no such directory, too many processes. Throws usage_error for
    /// what no command can mean.
    explicit subprocess(const command& what);
    subprocess(subprocess&& other) noexcept = default;
    subprocess& operator=(subprocess&& other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~subprocess();

    int pid() const noexcept;

    /// Our ends of its pipes: its input to write to, the others to read from. A write to a child that has
    /// closed its input throws std::system_error with EPIPE; no SIGPIPE is raised. Throw usage_error where
    /// the command did not ask for a pipe.
    byte_stream& input();
    byte_stream& output();
    byte_stream& error_output();

    /// Waits for its end and returns how it ended; several may wait, and later calls return the same. Whether
    /// its pipes were read to their ends is another matter: descendants of it may hold them open.
    ///
    /// Cancellation ends the child: SIGTERM, `command::grace` of time, then SIGKILL. The await goes on until
    /// the child has been reaped, and throws `cancelled` then. It does so too where the scope was cancelled
    /// before the call. `shield` leaves the child alone. Throws std::system_error (ECHILD) if somebody else
    /// took its status.
    task<exit_status> wait();

    /// Ends it as the cancellation of `wait` does and returns how it ended. Out of reach of cancellation, but
    /// bounded by the grace: what a `with_cleanup` wants.
    task<exit_status> stop();

    /// Sends it a signal; with a group of its own (`command::own_group`) to all of the group. Returns false,
    /// and does nothing, when its end is known already. Never hits another process that got its number.
    bool signal(int number) noexcept;
    bool terminate() noexcept;
    bool kill() noexcept;

    /// How it ended; empty until a `wait` or `stop` has seen that.
    std::optional<exit_status> status() const noexcept;

  private:
    std::shared_ptr<detail::child_state> state_;
};

} // namespace tandem
