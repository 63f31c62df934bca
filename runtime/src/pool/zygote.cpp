#include "pool/zygote.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "io/unique_fd.hpp"
#include "pool/arena.hpp"
#include "pool/frame.hpp"
#include "pool/output_marks.hpp"
#include "pool/spawn.hpp"
#include "pool/worker_arena.hpp"
#include "pool/worker_control.hpp"
#include "pool/worker_log.hpp"
#include "pool/worker_main.hpp"
#include "pool/worker_mark.hpp"
#include "pool/worker_setup.hpp"
#include "pool/zygote_talk.hpp"
#include <tandem/base/error.hpp>
#include <tandem/pool/codec.hpp>

namespace tandem::detail {

namespace {

[[noreturn]] void die_with_group() {
    if (getpgrp() == getpid()) kill(0, SIGKILL);
    std::_Exit(0);
}

/// Lets the kernel kill this process, and what the preload has started, when the pool's end of the data
/// socket is closed: there is no thread that could watch over it while the preload runs.
class killed_with_pool {
  public:
    killed_with_pool() {
        const int target = getpgrp() == getpid() ? -getpid() : getpid();
        // The pool sends nothing on this socket, so what happens to it is its end.
        if (fcntl(worker_data, F_SETSIG, SIGKILL) != 0 || fcntl(worker_data, F_SETOWN, target) != 0 ||
            fcntl(worker_data, F_SETFL, O_ASYNC) != 0) {
            std::perror("tandem: zygote: fcntl");
            std::_Exit(71); // EX_OSERR
        }
        pollfd gone{worker_data, POLLIN, 0}; // before that
        if (poll(&gone, 1, 0) != 0) die_with_group();
    }
    killed_with_pool(const killed_with_pool&) = delete;
    killed_with_pool& operator=(const killed_with_pool&) = delete;
    ~killed_with_pool() { fcntl(worker_data, F_SETFL, 0); }
};

/// ThreadSanitizer has one of its own, which knows of fork.
void require_one_thread() {
#ifndef __SANITIZE_THREAD__
    const auto threads = std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                                       std::filesystem::directory_iterator());
    if (threads > 1)
        throw usage_error("it left " + std::to_string(threads - 1) +
                          " threads running, which forked workers would lack, with the locks they hold; end "
                          "them in the preload, or start them in the initializer");
#endif
}

void send_to_pool(encoder& message, frame_type type) {
    frame_header header;
    header.type = type;
    header.length = message.size() - sizeof header;
    std::memcpy(message.data(), &header, sizeof header);
    for (std::size_t sent = 0; sent < message.size();) {
        const ssize_t done = ::send(worker_data, message.data() + sent, message.size() - sent, MSG_NOSIGNAL);
        if (done >= 0)
            sent += static_cast<std::size_t>(done);
        else if (errno != EINTR)
            die_with_group();
    }
}
void send_to_pool(frame_type type) {
    encoder message(sizeof(frame_header));
    send_to_pool(message, type);
}
template <class T> void send_to_pool(frame_type type, const T& value) {
    encoder message(sizeof(frame_header));
    tandem::encode(message, value);
    send_to_pool(message, type);
}

std::int64_t microseconds(const timeval& time) {
    return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

class zygote {
  public:
    explicit zygote(const worker_mark& mark)
        : parent_(watch_parent(mark.parent))
        , page_(worker_page)
        , setup_(std::make_unique<worker_setup>(worker_setup_file))
        // A copy: the number is each worker's.
        , arena_(*page_.operator->(), fcntl(worker_arena_file, F_DUPFD_CLOEXEC, worker_descriptors),
                 [](frame_type, std::uint64_t) {}) {
        for (const int descriptor : {worker_data, worker_control, worker_page, worker_arena_file})
            fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        output_.emplace(page_->output, setup_->captures_stdout());
    }

    void preload() {
        send_to_pool(frame_type::setting_up);
        try {
            {
                const killed_with_pool meanwhile;
                setup_memory memory(arena_);
                const payload_scope shared(&memory);
                setup_->preload();
            }
            require_one_thread();
        } catch (...) {
            encoder reason(sizeof(frame_header));
            tandem::encode(reason, setup_step::preload);
            tandem::encode(reason, std::current_exception());
            output_->setup_ends();
            send_to_pool(reason, frame_type::unfit);
            std::_Exit(1);
        }
        output_->setup_ends();
        std::fflush(nullptr); // or every worker would write it once more
        send_to_pool(frame_type::hello);
    }

    void serve() {
        zygote_request request;
        while (receive(request)) {
            if (request.what == zygote_request::kind::fork)
                fork_worker(request);
            else
                reap_worker(request.pid);
        }
        // The pool has gone, and so have the workers' sockets to it.
        while (!workers_.empty())
            wait_for(workers_.back());
        die_with_group();
    }

  private:
    bool receive(zygote_request& request) {
        alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int) * zygote_request::most_descriptors)];
        iovec bytes{&request, sizeof request};
        msghdr message{};
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        message.msg_control = room;
        message.msg_controllen = sizeof room;
        ssize_t got = 0;
        do
            got = recvmsg(worker_control, &message, MSG_CMSG_CLOEXEC);
        while (got < 0 && errno == EINTR);
        if (got != sizeof request) return false;
        received_.clear();
        for (cmsghdr* each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
            if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
            const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < count; ++i) {
                int descriptor = -1;
                std::memcpy(&descriptor, CMSG_DATA(each) + i * sizeof(int), sizeof descriptor);
                received_.emplace_back(descriptor);
            }
        }
        return true;
    }

    void fork_worker(const zygote_request& request) {
        fork_answer answer;
        if (received_.size() != request.descriptors) {
            answer.error = EMFILE; // the kernel leaves out what there is no room for
        } else if (const pid_t pid = fork(); pid == 0) {
            become_worker(request);
        } else if (pid < 0) {
            answer.error = errno;
        } else {
            // Both do it, so that nobody sees it otherwise.
            setpgid(pid, pid);
            workers_.push_back(pid);
            answer.pid = pid;
        }
        received_.clear();
        send_to_pool(frame_type::forked, answer);
    }

    [[noreturn]] void become_worker(const zygote_request& request) {
        setpgid(0, 0);
        output_.reset();
        workers_.clear();
        page_ = page_mapping();
        arena::forked();
        for (std::size_t i = 0; i < received_.size(); ++i)
            if (dup2(received_[i].get(), request.numbers[i]) < 0) std::_Exit(71); // EX_OSERR
        received_.clear();
        be_worker(std::move(setup_), request.place, parent_);
    }

    reap_answer wait_for(int pid) {
        reap_answer answer;
        answer.pid = pid;
        rusage used{};
        while (wait4(pid, &answer.status, 0, &used) < 0 && errno == EINTR) {
        }
        answer.user_time = microseconds(used.ru_utime);
        answer.system_time = microseconds(used.ru_stime);
        answer.peak_memory = std::int64_t{used.ru_maxrss} * 1024;
        std::erase(workers_, pid);
        return answer;
    }

    void reap_worker(int pid) { send_to_pool(frame_type::reaped, wait_for(pid)); }

    int parent_;
    page_mapping page_;
    std::unique_ptr<worker_setup> setup_;
    /// For the preload. What that has been given stays where it is in the workers, which map all of it again.
    worker_arena arena_;
    std::optional<output_marks> output_;
    std::vector<unique_fd> received_;
    /// Not reaped yet.
    std::vector<pid_t> workers_;
};

} // namespace

void be_zygote(const worker_mark& mark) {
    prctl(PR_SET_NAME, "tandem-zygote");
    send_log_to_pool();
    static auto& self = *new zygote(mark);
    self.preload();
    self.serve();
    std::_Exit(0);
}

} // namespace tandem::detail
