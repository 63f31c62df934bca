// A process that is killed in the middle of something, at one system call of it after the other: what it
// leaves on a disk changes at no other moment.
#pragma once
#include <catch2/catch.hpp>
#include <csignal>
#include <functional>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/killed_at_steps.hpp"

namespace test {

/// Has a copy of this process run `act` and kills it before and behind each of its system calls, from the
/// first to the last. Before each time `prepare` is called, and after it, when the copy is gone, `check`.
/// Returns how often.
inline int killed_at_calls(const std::function<void()>& prepare, const std::function<void()>& act,
                           const std::function<void()>& check) {
    constexpr int most = 5'000;
    int times = 0;
    for (bool has_ended = false; !has_ended; ++times) {
        REQUIRE(times < most);
        prepare();
        const pid_t child = detail::fork_stopped(act);
        int status = 0;
        // A stop is the entry to a call, or its end.
        for (int stop = 0; stop < times && !has_ended; ++stop) {
            REQUIRE(ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) == 0);
            REQUIRE(waitpid(child, &status, 0) == child);
            has_ended = !WIFSTOPPED(status);
        }
        if (!has_ended) {
            kill(child, SIGKILL);
            waitpid(child, nullptr, 0);
        }
        INFO("killed at stop " << times << " of its system calls");
        check();
    }
    return times;
}

} // namespace test
