// What a subprocess and the tasks that wait for it share; sources of the runtime only.
#pragma once
#include <memory>
#include <optional>

#include <tandem/io/exit_status.hpp>
#include <tandem/io/subprocess.hpp>

#include "io/pipe_stream.hpp"
#include "io/start_command.hpp"
#include "io/watched_descriptor.hpp"

namespace tandem::detail {

/// A child from its start until it has been reaped. A task that waits keeps it, so that the handle may go.
class child_state {
  public:
    explicit child_state(const command& what);
    child_state(const child_state&) = delete;
    child_state& operator=(const child_state&) = delete;

    int pid() const noexcept { return pid_; }
    const std::string& program() const noexcept { return program_; }
    const std::optional<exit_status>& status() const noexcept { return status_; }
    byte_stream& input() { return open_pipe(input_, "the input"); }
    byte_stream& output() { return open_pipe(output_, "the output"); }
    byte_stream& error_output() { return open_pipe(error_output_, "the error output"); }

    static task<exit_status> wait(std::shared_ptr<child_state> self);
    static task<exit_status> stop(std::shared_ptr<child_state> self);
    bool signal(int number) noexcept;

    /// The handle is gone: kills and reaps.
    void abandon() noexcept;

  private:
    child_state(const command& what, started_command started);
    byte_stream& open_pipe(std::optional<pipe_stream>& pipe, const char* which) const;
    task<> until_reaped();
    exit_status known_status() const;
    /// Takes the status of one that has ended; false while it runs.
    bool reap() noexcept;
    /// Whether it has ended; leaves it to be reaped.
    bool has_ended() const noexcept;

    std::string program_;
    duration grace_;
    int pid_;
    bool has_own_group_;
    /// What is left of its group goes with it.
    bool takes_group_along_ = false;
    /// Reaped, by us or by somebody else.
    bool is_gone_ = false;
    std::optional<exit_status> status_;
    watched_descriptor ended_;
    std::optional<pipe_stream> input_;
    std::optional<pipe_stream> output_;
    std::optional<pipe_stream> error_output_;
};

} // namespace tandem::detail
