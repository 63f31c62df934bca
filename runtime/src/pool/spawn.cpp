#include "pool/spawn.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <vector>

#include "pool/worker_mark.hpp"

extern char** environ;

namespace tandem::detail {

namespace {

[[noreturn]] void throw_errno(int error, const char* what) {
    throw std::system_error(error, std::generic_category(), std::string("process_pool: ") + what);
}

struct descriptor_pair {
    unique_fd ours;
    unique_fd theirs;
};

/// Moves a descriptor out of the way of the numbers that a worker's get: each of those is overwritten in its
/// turn.
unique_fd lift(unique_fd low) {
    unique_fd high(fcntl(low.get(), F_DUPFD_CLOEXEC, worker_descriptors));
    if (high.get() < 0) throw_errno(errno, "dup");
    return high;
}

descriptor_pair make_socket_pair(int type) {
    int ends[2];
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) throw_errno(errno, "socketpair");
    descriptor_pair pair{unique_fd(ends[0]), unique_fd(ends[1])};
    // Ours only: a worker reads and writes its end in turns with its jobs.
    if (fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK) != 0) throw_errno(errno, "fcntl");
    pair.theirs = lift(std::move(pair.theirs));
    return pair;
}

descriptor_pair make_pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw_errno(errno, "pipe");
    descriptor_pair pair{unique_fd(ends[0]), unique_fd(ends[1])};
    if (fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK) != 0) throw_errno(errno, "fcntl");
    pair.theirs = lift(std::move(pair.theirs));
    return pair;
}

unique_fd make_page() {
    unique_fd page(memfd_create("tandem-worker", MFD_CLOEXEC));
    if (page.get() < 0) throw_errno(errno, "memfd_create");
    if (ftruncate(page.get(), sizeof(shared_page)) != 0) throw_errno(errno, "ftruncate");
    return lift(std::move(page));
}

class spawn_attributes {
  public:
    spawn_attributes() {
        posix_spawnattr_init(&attributes_);
        sigset_t signals;
        sigfillset(&signals);
        posix_spawnattr_setsigdefault(&attributes_, &signals);
        sigemptyset(&signals);
        posix_spawnattr_setsigmask(&attributes_, &signals);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_,
                                 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    spawn_attributes(const spawn_attributes&) = delete;
    spawn_attributes& operator=(const spawn_attributes&) = delete;
    ~spawn_attributes() { posix_spawnattr_destroy(&attributes_); }
    const posix_spawnattr_t* get() const noexcept { return &attributes_; }

  private:
    posix_spawnattr_t attributes_;
};

class spawn_actions {
  public:
    spawn_actions() { posix_spawn_file_actions_init(&actions_); }
    spawn_actions(const spawn_actions&) = delete;
    spawn_actions& operator=(const spawn_actions&) = delete;
    ~spawn_actions() { posix_spawn_file_actions_destroy(&actions_); }

    void open_null(int target) {
        check(posix_spawn_file_actions_addopen(&actions_, target, "/dev/null", O_RDONLY, 0));
    }
    void give(const unique_fd& descriptor, int target) {
        check(posix_spawn_file_actions_adddup2(&actions_, descriptor.get(), target));
    }
    /// What the program has opened without O_CLOEXEC stays here too.
    void close_from(int first) { check(posix_spawn_file_actions_addclosefrom_np(&actions_, first)); }
    const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

  private:
    static void check(int error) {
        if (error != 0) throw_errno(error, "posix_spawn_file_actions");
    }
    posix_spawn_file_actions_t actions_;
};

/// Our environment and the mark.
class marked_environment {
  public:
    marked_environment()
        : mark_(make_worker_mark()) {
        for (char** each = environ; each && *each; ++each)
            variables_.push_back(*each);
        variables_.push_back(mark_.data());
        variables_.push_back(nullptr);
    }
    char** get() noexcept { return variables_.data(); }

  private:
    std::string mark_;
    std::vector<char*> variables_;
};

} // namespace

page_mapping::page_mapping(int descriptor) {
    void* page = mmap(nullptr, sizeof(shared_page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (page == MAP_FAILED) throw_errno(errno, "mmap");
    page_ = static_cast<shared_page*>(page);
}

page_mapping::~page_mapping() {
    if (page_) munmap(page_, sizeof(shared_page));
}

spawned_worker spawn_worker() {
    auto data = make_socket_pair(SOCK_STREAM);
    auto control = make_socket_pair(SOCK_SEQPACKET);
    auto error_output = make_pipe();
    const unique_fd page = make_page();

    spawn_actions actions;
    actions.open_null(STDIN_FILENO);
    actions.give(error_output.theirs, STDERR_FILENO);
    actions.give(data.theirs, worker_data);
    actions.give(control.theirs, worker_control);
    actions.give(page, worker_page);
    actions.close_from(worker_descriptors);

    spawned_worker worker;
    worker.page = page_mapping(page.get());
    const spawn_attributes attributes;
    marked_environment environment;
    char* const arguments[] = {program_invocation_name, nullptr};
    // The link leads to the image that runs here, even when its file has been replaced.
    const int error = posix_spawn(&worker.pid, "/proc/self/exe", actions.get(), attributes.get(), arguments,
                                  environment.get());
    if (error != 0) throw_errno(error, "posix_spawn");
    worker.ended = unique_fd(static_cast<int>(syscall(SYS_pidfd_open, worker.pid, 0)));
    if (worker.ended.get() < 0) {
        const int cause = errno;
        kill(worker.pid, SIGKILL);
        waitpid(worker.pid, nullptr, 0);
        throw_errno(cause, "pidfd_open");
    }
    worker.data = std::move(data.ours);
    worker.control = std::move(control.ours);
    worker.error_output = std::move(error_output.ours);
    return worker;
}

} // namespace tandem::detail
