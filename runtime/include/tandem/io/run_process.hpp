// A child process from its start to its end, with all it reads and writes, in one call.
#pragma once
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

#include <tandem/coro/task.hpp>
#include <tandem/io/command.hpp>
#include <tandem/io/exit_status.hpp>

namespace tandem {

/// What `run_process` got from a child.
class TANDEM_API process_result {
  public:
    exit_status status;
    std::string output;
    std::string error_output;
    /// A pipe was still held open, by a descendant of the child, when the time to drain it was over; what has
    /// been written to it since is not here.
    bool was_cut_off = false;
};

/// How far `run_process` goes.
class TANDEM_API process_limits {
  public:
    /// The most bytes of output, and as many of error output, that are kept; 64 MiB unless set.
    process_limits& output(std::size_t bytes) noexcept {
        output_ = bytes;
        return *this;
    }
    /// How long pipes are read after the child has ended, where something it has started holds them open:
    /// long enough for this loop to read what the child left in them. 1 s unless set.
    process_limits& drain(duration length) noexcept {
        drain_ = length;
        return *this;
    }
    /// With false, a child that did not exit with 0 is no error: look at the status.
    process_limits& check(bool on) noexcept {
        check_ = on;
        return *this;
    }

    std::size_t output() const noexcept { return output_; }
    duration drain() const noexcept { return drain_; }
    bool check() const noexcept { return check_; }

  private:
    std::size_t output_ = std::size_t{64} << 20;
    duration drain_ = std::chrono::seconds(1);
    bool check_ = true;
};

/// A child exited with another code than 0, or was killed. `what()` has the command, how it ended and the
/// last lines of its error output.
class TANDEM_API process_failed : public std::runtime_error {
  public:
    process_failed(const std::string& command, process_result result);
    ~process_failed() override;
    const exit_status& status() const noexcept { return result_.status; }
    /// All that the child wrote.
    const process_result& result() const noexcept { return result_; }

  private:
    process_result result_;
};

/// A child wrote more than its limit, and was ended for it.
class TANDEM_API output_limit_exceeded : public std::runtime_error {
  public:
    output_limit_exceeded(const std::string& program, const char* which, std::size_t limit);
    ~output_limit_exceeded() override;
};

/// Runs `what` to its end: writes `input` to its standard input and closes that, and meanwhile reads its
/// output and error output, so that neither side waits for the other.
///
///     const auto found = co_await run_process(command("git", "rev-parse", "HEAD"));
///
/// Standard streams for which the command says nothing are pipes, but the input is /dev/null where `input` is
/// empty; a command that redirects one of them itself has that left out here (usage_error for an `input` that
/// then goes nowhere). A child that ends, or closes its input, without having read all of `input` is no
/// error.
///
/// A child may leave descendants that hold its pipes open (a daemon, `sleep 1000 &`): once the child itself
/// has ended, what is in the pipes is read for at most `process_limits::drain`, then the result is given
/// with `was_cut_off`.
///
/// Throws std::system_error as `subprocess` does, process_failed, and output_limit_exceeded, after ending the
/// child. Cancellation ends it as that of `subprocess::wait` does, and throws `cancelled` when it has been
/// reaped.
TANDEM_API task<process_result> run_process(command what, std::string input = {}, process_limits limits = {});

} // namespace tandem
