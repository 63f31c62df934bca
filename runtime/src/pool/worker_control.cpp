#include "pool/worker_control.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "pool/worker_mark.hpp"

namespace tandem::detail {

namespace {

/// Ends the worker and what its jobs have started: they are in its process group.
[[noreturn]] void die_with_group() {
    if (getpgrp() == getpid()) kill(0, SIGKILL);
    std::_Exit(0);
}

void pass_on_stop_requests(current_job& job) {
    stop_request request;
    while (true) {
        const ssize_t got = recv(worker_control, &request, sizeof request, MSG_DONTWAIT);
        if (got == 0) die_with_group();
        if (got < 0) return;
        if (got == sizeof request) job.stop(request.job);
    }
}

void listen_for_control(int parent, current_job& job) {
    pollfd watched[] = {{worker_control, POLLIN, 0}, {parent, POLLIN, 0}};
    while (true) {
        if (poll(watched, 2, -1) < 0) {
            if (errno == EINTR) continue;
            die_with_group();
        }
        if (watched[1].revents != 0) die_with_group();
        if (watched[0].revents != 0) pass_on_stop_requests(job);
    }
}

} // namespace

int watch_parent(int parent) {
    // PR_SET_PDEATHSIG would tell of the end of the *thread* that started the worker.
    const int watched = static_cast<int>(syscall(SYS_pidfd_open, parent, 0));
    // It may have ended before, and its id be another's by now.
    if (getppid() != parent) die_with_group();
    if (watched < 0) {
        std::perror("tandem: worker: pidfd_open");
        std::_Exit(71); // EX_OSERR
    }
    return watched;
}

std::stop_token current_job::begin(std::uint64_t job) {
    const std::lock_guard lock(mutex_);
    running_ = job;
    source_ = std::stop_source();
    if (stopped_ == job) source_.request_stop();
    return source_.get_token();
}

void current_job::end() {
    const std::lock_guard lock(mutex_);
    running_ = 0;
}

void current_job::stop(std::uint64_t job) {
    std::unique_lock lock(mutex_);
    stopped_ = job;
    if (running_ != job) return;
    // A thread of its own runs the job's stop callbacks: one that blocks must not blind the watch over the
    // parent.
    std::thread([source = source_]() mutable { source.request_stop(); }).detach();
}

void start_control_thread(int parent, current_job& job) {
    // Signals are for the job: its thread may have handlers and masks of its own.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread(listen_for_control, parent, std::ref(job)).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

} // namespace tandem::detail
