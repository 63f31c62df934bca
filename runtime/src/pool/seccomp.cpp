#include "pool/seccomp.hpp"

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace tandem::detail {

namespace {

#if defined(__x86_64__)
constexpr unsigned this_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned this_architecture = AUDIT_ARCH_AARCH64;
#else
#error "tandem: the seccomp filter knows x86-64 and AArch64"
#endif

/// Allowed whatever the arguments, those first that come often.
constexpr int harmless_calls[] = {
    // waiting for each other
    SYS_futex,
    SYS_sched_yield,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_rseq,
    SYS_membarrier,
    // moving bytes over what is open
    SYS_read,
    SYS_write,
    SYS_recvfrom,
    SYS_sendto,
    SYS_recvmsg,
    SYS_sendmsg,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_preadv,
    SYS_pwritev,
    SYS_lseek,
    SYS_close,
    SYS_close_range,
    SYS_fstat,
    SYS_fsync,
    SYS_fdatasync,
    SYS_ftruncate,
    SYS_shutdown,
    SYS_ppoll,
    SYS_pselect6,
    SYS_epoll_pwait,
    SYS_epoll_ctl,
    SYS_dup,
    SYS_dup3,
    // time
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_getitimer,
    SYS_setitimer,
    // memory
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_mincore,
    SYS_msync,
    SYS_mlock,
    SYS_mlock2,
    SYS_munlock,
    SYS_get_mempolicy,
    SYS_mbind,
    // signals to oneself, and their handlers
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigpending,
    SYS_rt_sigtimedwait,
    SYS_rt_sigsuspend,
    SYS_sigaltstack,
    SYS_restart_syscall,
    // who one is, and what one uses
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getpgid,
    SYS_getsid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getrusage,
    SYS_getrlimit,
    SYS_times,
    SYS_sysinfo,
    SYS_uname,
    SYS_getrandom,
    SYS_getcpu,
    SYS_getcwd,
    SYS_sched_getaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_getpriority,
    // the end
    SYS_exit,
    SYS_exit_group,
#if defined(__x86_64__) // the elder forms of some
    SYS_time,
    SYS_poll,
    SYS_select,
    SYS_epoll_wait,
    SYS_dup2,
    SYS_getpgrp,
    SYS_arch_prctl,
    SYS_alarm,
    SYS_pause,
#endif
#ifdef __SANITIZE_ADDRESS__ // UndefinedBehaviorSanitizer looks at an object's type through a pipe
    SYS_pipe2,
#if defined(__x86_64__)
    SYS_pipe,
#endif
#endif
};

constexpr unsigned allow = SECCOMP_RET_ALLOW;
constexpr unsigned refuse(int error) {
    return SECCOMP_RET_ERRNO | static_cast<unsigned>(error);
}

/// A filter in the making. Each part leaves the number of the call in the accumulator for the next.
class filter_program {
  public:
    filter_program() {
        load(offsetof(seccomp_data, arch));
        // Another instruction set's calls have other numbers.
        skip_unless_equal(this_architecture, 1);
        skip(1);
        answer(refuse(EPERM));
        load_number();
    }

    void answer_call(int number, unsigned with) {
        skip_unless_equal(static_cast<unsigned>(number), 1);
        answer(with);
    }
    /// Allowed where the lower half of an argument is one of `values`, which is all that a call looks at.
    void allow_call(int number, unsigned argument, const std::vector<unsigned>& values) {
        skip_unless_equal(static_cast<unsigned>(number), 2 + 2 * values.size());
        load_argument(argument);
        for (const unsigned value : values) {
            skip_unless_equal(value, 1);
            answer(allow);
        }
        answer(refuse(EPERM));
    }
    /// Allowed where the lower half of an argument has all `bits`.
    void allow_call_with_bits(int number, unsigned argument, unsigned bits) {
        skip_unless_equal(static_cast<unsigned>(number), 5);
        load_argument(argument);
        add(BPF_ALU | BPF_AND | BPF_K, bits);
        skip_unless_equal(bits, 1);
        answer(allow);
        answer(refuse(EPERM));
    }
    /// Allowed where a pointer among the arguments is null.
    void allow_call_without(int number, unsigned argument) {
        skip_unless_equal(static_cast<unsigned>(number), 6);
        load_argument(argument);
        skip_unless_equal(0, 3);
        load(argument_offset(argument) + 4);
        skip_unless_equal(0, 1);
        answer(allow);
        answer(refuse(EPERM));
    }
    void answer(unsigned with) { add(BPF_RET | BPF_K, with); }

    void install() {
        sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
            throw std::system_error(errno, std::generic_category(), "compute_only: no_new_privs");
        const long failed =
            syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
        // A positive value is the id of a thread that has a filter of its own.
        if (failed != 0)
            throw std::system_error(failed < 0 ? errno : EBUSY, std::generic_category(),
                                    "compute_only: seccomp");
    }

  private:
    static constexpr std::size_t argument_offset(unsigned argument) {
        // The lower half: both architectures are little-endian.
        return offsetof(seccomp_data, args) + argument * sizeof(__u64);
    }
    void add(unsigned code, std::size_t value, std::size_t if_true = 0, std::size_t if_false = 0) {
        code_.push_back({static_cast<__u16>(code), static_cast<__u8>(if_true), static_cast<__u8>(if_false),
                         static_cast<__u32>(value)});
    }
    void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset); }
    void load_number() { load(offsetof(seccomp_data, nr)); }
    void load_argument(unsigned argument) { load(argument_offset(argument)); }
    void skip_unless_equal(unsigned value, std::size_t count) {
        add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count);
    }
    void skip(std::size_t count) { add(BPF_JMP | BPF_JA, count); }

    std::vector<sock_filter> code_;
};

} // namespace

void leave_compute_only() {
    const auto own_pid = static_cast<unsigned>(getpid());
    filter_program filter;
    for (const int number : harmless_calls)
        filter.answer_call(number, allow);
    // Threads, not processes. The C library falls back to clone, whose flags can be looked at, from clone3.
    filter.allow_call_with_bits(SYS_clone, 0, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND);
    filter.answer_call(SYS_clone3, refuse(ENOSYS));
    // To itself, and to its own group when its pool has gone.
    filter.allow_call(SYS_tgkill, 0, {own_pid});
    filter.allow_call(SYS_kill, 0, {own_pid, 0});
    filter.allow_call(SYS_rt_sigqueueinfo, 0, {own_pid});
    filter.allow_call(SYS_rt_tgsigqueueinfo, 0, {own_pid});
    filter.allow_call(SYS_fcntl, 1,
                      {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC, F_GETPIPE_SZ});
    filter.allow_call(SYS_ioctl, 1, {FIONREAD, TCGETS});
    filter.allow_call(SYS_prctl, 0, {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_SET_VMA});
    // Reading a limit, not setting one, and looking at an open file, which the C library does by this call.
    filter.allow_call_without(SYS_prlimit64, 2);
    filter.allow_call_with_bits(SYS_newfstatat, 3, AT_EMPTY_PATH);
    filter.answer(refuse(EPERM));
    filter.install();
}

} // namespace tandem::detail
