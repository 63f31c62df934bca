// A process that is killed in the middle of something, at one instruction of it after the other.
#pragma once
#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <functional>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace test {

namespace detail {

/// At how many places a process is killed at most: each has to be reached instruction by instruction, of
/// which unoptimised and sanitized code takes more.
#ifdef __SANITIZE_ADDRESS__
inline constexpr long most_places = 15;
#else
inline constexpr long most_places = 100;
#endif

/// A copy of this process that is about to run `act`, stopped in front of it.
inline pid_t fork_stopped(const std::function<void()>& act) {
    const pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        raise(SIGSTOP);
        act();
        _exit(0);
    }
    REQUIRE(child > 0);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSTOPPED(status));
    return child;
}

/// Lets it go on for so many instructions. Returns how many it took; fewer where it has ended.
inline long step(pid_t child, long count) {
    for (long done = 0; done < count; ++done) {
        if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) return done;
        int status = 0;
        if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return done;
    }
    return count;
}

} // namespace detail

/// Has a copy of this process run `act` and kills it after some of its instructions: after each `stride`th,
/// from the first to behind the last. Before each time `prepare` is called, and after it, when the copy is
/// gone, `check`. Returns how often.
inline int killed_at_steps(long stride, const std::function<void()>& prepare,
                           const std::function<void()>& act, const std::function<void()>& check) {
    prepare();
    const long all = detail::step(detail::fork_stopped(act), 10'000'000);
    check();
    REQUIRE(all > 100);
    int times = 1;
    stride = std::max(stride, all / detail::most_places);
    for (long at = 0; at < all + stride; at += stride, ++times) {
        prepare();
        const pid_t child = detail::fork_stopped(act);
        if (detail::step(child, at) == at) {
            kill(child, SIGKILL);
            waitpid(child, nullptr, 0);
        }
        INFO("killed after " << at << " of about " << all << " instructions");
        check();
    }
    return times;
}

} // namespace test
