#include "io/spawn_parts.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace tandem::detail {
namespace {

void check(int error) {
    if (error != 0) throw_errno(error, "posix_spawn_file_actions");
}

void set_non_blocking(const unique_fd& descriptor) {
    if (::fcntl(descriptor.get(), F_SETFL, O_NONBLOCK) != 0) throw_errno(errno, "fcntl");
}

} // namespace

void throw_errno(int error, const std::string& what) {
    throw std::system_error(error, std::generic_category(), what);
}

unique_fd lift(unique_fd low, int least) {
    if (low.get() >= least) return low;
    unique_fd high(::fcntl(low.get(), F_DUPFD_CLOEXEC, least));
    if (high.get() < 0) throw_errno(errno, "dup");
    return high;
}

descriptor_pair make_pipe(pipe_use use, int least) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "pipe");
    unique_fd reader(ends[0]), writer(ends[1]);
    descriptor_pair pair = use == pipe_use::child_reads
                               ? descriptor_pair{std::move(writer), std::move(reader)}
                               : descriptor_pair{std::move(reader), std::move(writer)};
    set_non_blocking(pair.ours);
    pair.theirs = lift(std::move(pair.theirs), least);
    return pair;
}

descriptor_pair make_socket_pair(int type, int least) {
    int ends[2];
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) throw_errno(errno, "socketpair");
    descriptor_pair pair{unique_fd(ends[0]), unique_fd(ends[1])};
    set_non_blocking(pair.ours);
    pair.theirs = lift(std::move(pair.theirs), least);
    return pair;
}

spawn_attributes::spawn_attributes(bool own_group) {
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                                              (own_group ? POSIX_SPAWN_SETPGROUP : 0)));
}

void spawn_actions::open_null(int target, int flags) {
    check(posix_spawn_file_actions_addopen(&actions_, target, "/dev/null", flags, 0));
}

void spawn_actions::give(int descriptor, int target) {
    check(posix_spawn_file_actions_adddup2(&actions_, descriptor, target));
}

void spawn_actions::enter_directory(int descriptor) {
    check(posix_spawn_file_actions_addfchdir_np(&actions_, descriptor));
}

void spawn_actions::close_from(int first) {
    check(posix_spawn_file_actions_addclosefrom_np(&actions_, first));
}

spawned_process spawn_process(const char* path, const spawn_actions& actions,
                              const spawn_attributes& attributes, char* const* arguments,
                              char* const* environment) {
    spawned_process made;
    const int error = posix_spawn(&made.pid, path, actions.get(), attributes.get(), arguments, environment);
    if (error != 0) throw_errno(error, "posix_spawn");
    made.ended = unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, made.pid, 0)));
    if (made.ended.get() < 0) {
        const int cause = errno;
        ::kill(made.pid, SIGKILL);
        ::waitpid(made.pid, nullptr, 0);
        throw_errno(cause, "pidfd_open");
    }
    return made;
}

} // namespace tandem::detail
