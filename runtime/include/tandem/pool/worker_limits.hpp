// What the worker processes of a pool may use and see.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tandem/base/clock.hpp>
#include <tandem/base/config.hpp>

namespace tandem {

namespace detail {

/// The limits as they travel to a worker.
struct limit_values {
    std::optional<std::uint64_t> address_space = {};
    std::optional<std::uint64_t> cpu_seconds = {};
    std::optional<std::uint64_t> file_size = {};
    int nice = 0;
    std::optional<int> oom_score_adj = {};
    std::string working_directory = {};
    std::vector<unsigned> cores = {};
    bool one_core_each = false;
    bool compute_only = false;
};

} // namespace detail

/// Limits of each worker of a process_pool, given by process_pool_options::limits:
///
///     tandem::worker_limits limits;
///     limits.address_space(512 << 20).cpu_time(1min).compute_only();
///     tandem::process_pool cpu(tandem::process_pool_options().limits(limits));
///
/// A worker sets them itself before it reports for work. One that it cannot set breaks the pool with an error
/// that names the limit and the cause. They hold for what the worker's jobs start too.
class TANDEM_API worker_limits {
  public:
    /// At most so many bytes of address space (RLIMIT_AS), libraries and threads' stacks included. A job that
    /// asks for more gets std::bad_alloc.
    worker_limits& address_space(std::uint64_t bytes) noexcept {
        values_.address_space = bytes;
        return *this;
    }
    /// The processor time of one worker in all (RLIMIT_CPU), rounded up to seconds, at least one. The job
    /// that runs when it is used up dies by SIGXCPU and fails with worker_died; the new worker has the whole
    /// time again. A job that catches the signal is killed a second later.
    worker_limits& cpu_time(duration limit) noexcept;
    /// The most bytes a file may have that a worker writes (RLIMIT_FSIZE). A job that writes beyond them dies
    /// by SIGXFSZ, or gets EFBIG where it ignores that signal.
    worker_limits& file_size(std::uint64_t bytes) noexcept {
        values_.file_size = bytes;
        return *this;
    }
    /// Added to this process' niceness: 19 leaves all else first. Below 0 takes privileges.
    worker_limits& nice(int increment) noexcept {
        values_.nice = increment;
        return *this;
    }
    /// How readily the system kills workers when memory runs out, from -1000 (never) to 1000 (first); see
    /// proc(5). Less than this process' own takes privileges.
    worker_limits& oom_score_adj(int score) noexcept {
        values_.oom_score_adj = score;
        return *this;
    }
    /// Where workers run. A relative path is seen from where this process is now. Throws
    /// std::filesystem::filesystem_error where that is unknown.
    worker_limits& working_directory(const std::string& path);
    /// Sets a variable of the workers' environment, also for what static initialisers do in them. Throws
    /// std::invalid_argument if the name is empty, or it or the value cannot stand in an environment.
    worker_limits& environment(std::string name, std::string value);
    /// Takes a variable out of the workers' environment.
    worker_limits& without_environment(std::string name);
    /// Pins each worker to a core of its own as long as there are enough, of those that this process may use.
    worker_limits& one_core_each() noexcept;
    /// The cores, by number from 0, that every worker may use. Throws std::invalid_argument for none.
    worker_limits& cores(std::vector<unsigned> numbers);

    /// Leaves jobs what computing takes and nothing else, by a seccomp filter that no job can lift: memory,
    /// threads, clocks, random numbers, signals to their own process, reading and writing what is open. All
    /// other system calls fail with EPERM, and nothing is killed for them: a job that opens a file, a socket
    /// or a pipe, or starts a program or a process, gets an error that it can report. No program started
    /// gains privileges any more (no_new_privs).
    ///
    /// The filter is set last, after the initializer: what that opens stays open. It takes effect on the
    /// whole process.
    worker_limits& compute_only() noexcept {
        values_.compute_only = true;
        return *this;
    }

    /// A variable by name, and its value; without one it is taken out.
    using environment_change = std::pair<std::string, std::optional<std::string>>;
    const std::vector<environment_change>& environment_changes() const noexcept { return environment_; }
    const detail::limit_values& values() const noexcept { return values_; }

  private:
    detail::limit_values values_;
    std::vector<environment_change> environment_;
};

} // namespace tandem
