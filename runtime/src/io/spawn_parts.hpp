// What starting a program takes, whether it is a command or a worker of a process pool. No fork: threads may
// hold locks that a forked child would find locked for ever.
#pragma once
#include <spawn.h>
#include <string>

#include "io/unique_fd.hpp"

namespace tandem::detail {

/// Throws std::system_error: "`what`: the system's text for `error`".
[[noreturn]] void throw_errno(int error, const std::string& what);

struct descriptor_pair {
    unique_fd ours;   ///< does not block
    unique_fd theirs; ///< blocks, as a program expects it
};

/// Moves a descriptor to the numbers from `least` on, out of the way of those that the child's get: each of
/// these is overwritten in its turn.
unique_fd lift(unique_fd low, int least);

enum class pipe_use : unsigned char { child_reads, child_writes };

/// A pipe to or from a child; closed by exec, and the child's end from `least` on.
descriptor_pair make_pipe(pipe_use use, int least);

/// The same of a socketpair of `type`.
descriptor_pair make_socket_pair(int type, int least);

/// Default dispositions, no signal blocked, and a process group of its own if so asked.
class spawn_attributes {
  public:
    explicit spawn_attributes(bool own_group);
    spawn_attributes(const spawn_attributes&) = delete;
    spawn_attributes& operator=(const spawn_attributes&) = delete;
    ~spawn_attributes() { posix_spawnattr_destroy(&attributes_); }
    const posix_spawnattr_t* get() const noexcept { return &attributes_; }

  private:
    posix_spawnattr_t attributes_;
};

/// What happens to the descriptors and the directory of a child before its program starts, in this order.
class spawn_actions {
  public:
    spawn_actions() { posix_spawn_file_actions_init(&actions_); }
    spawn_actions(const spawn_actions&) = delete;
    spawn_actions& operator=(const spawn_actions&) = delete;
    ~spawn_actions() { posix_spawn_file_actions_destroy(&actions_); }

    void open_null(int target, int flags);
    /// Makes `target` the child's copy of our `descriptor`, which may be the same number.
    void give(int descriptor, int target);
    void enter_directory(int descriptor);
    /// What the program has opened without O_CLOEXEC stays here too.
    void close_from(int first);
    const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_;
};

/// A child, to be reaped by its pid.
struct spawned_process {
    int pid = 0;
    /// A pidfd: becomes readable when the process ends.
    unique_fd ended;
};

/// Starts the program at `path`. Throws std::system_error with the cause, also that of a failed exec.
spawned_process spawn_process(const char* path, const spawn_actions& actions,
                              const spawn_attributes& attributes, char* const* arguments,
                              char* const* environment);

} // namespace tandem::detail
