#include "support/child_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace test {
namespace {

/// How long a program may stay silent before the test gives up on it.
constexpr int hang_after_ms = 120'000;

[[noreturn]] void fail_with(int code, const std::string& what) {
    throw std::system_error(code, std::generic_category(), what);
}

void close_fd(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
}

struct pipe_ends {
    int read = -1;
    int write = -1;
};

pipe_ends make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail_with(errno, "pipe");
    return {ends[0], ends[1]};
}

void set_size(int terminal, int rows, int columns) {
    const winsize size{.ws_row = static_cast<unsigned short>(rows),
                       .ws_col = static_cast<unsigned short>(columns),
                       .ws_xpixel = 0,
                       .ws_ypixel = 0};
    ::ioctl(terminal, TIOCSWINSZ, &size);
}

/// The controlling side of a new terminal; `name` becomes that of the side for the program.
int open_terminal(std::string& name, const child_options& options) {
    int fd = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char buffer[64];
    if (fd < 0 || ::grantpt(fd) != 0 || ::unlockpt(fd) != 0 || ::ptsname_r(fd, buffer, sizeof buffer) != 0) {
        fail_with(errno, "pseudo terminal");
    }
    set_size(fd, options.rows, options.columns);
    name = buffer;
    return fd;
}

/// What posix_spawn is to do in the new process before the program starts.
struct spawn_plan {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;

    spawn_plan() {
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawnattr_init(&attributes);
        sigset_t none, defaults;
        ::sigemptyset(&none);
        ::sigemptyset(&defaults);
        ::sigaddset(&defaults, SIGPIPE);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    }
    ~spawn_plan() {
        ::posix_spawn_file_actions_destroy(&files);
        ::posix_spawnattr_destroy(&attributes);
    }
    spawn_plan(const spawn_plan&) = delete;
    spawn_plan& operator=(const spawn_plan&) = delete;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
    std::vector<std::string> result = more;
    for (char** entry = environ; *entry; ++entry) {
        auto name = std::string_view(*entry).substr(0, std::string_view(*entry).find('=') + 1);
        bool replaced = false;
        for (auto& text : more)
            replaced = replaced || text.starts_with(name);
        if (!replaced) result.emplace_back(*entry);
    }
    return result;
}

} // namespace

child_process::child_process(std::vector<std::string> arguments, const child_options& options) {
    spawn_plan plan;
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    pipe_ends in, out, err;
    std::string terminal;
    if (options.terminal) {
        // The first terminal that a session's leader opens becomes its controlling one: Ctrl-C reaches it.
        output_fd_ = open_terminal(terminal, options);
        flags |= POSIX_SPAWN_SETSID;
        ::posix_spawn_file_actions_addopen(&plan.files, 0, terminal.c_str(), O_RDWR, 0);
        ::posix_spawn_file_actions_adddup2(&plan.files, 0, 1);
        ::posix_spawn_file_actions_adddup2(&plan.files, 0, 2);
    } else {
        out = make_pipe();
        err = make_pipe();
        output_fd_ = out.read;
        errors_fd_ = err.read;
        if (options.input) {
            in = make_pipe();
            input_fd_ = in.write;
            ::posix_spawn_file_actions_adddup2(&plan.files, in.read, 0);
        } else {
            ::posix_spawn_file_actions_addopen(&plan.files, 0, "/dev/null", O_RDONLY, 0);
        }
        ::posix_spawn_file_actions_adddup2(&plan.files, out.write, 1);
        ::posix_spawn_file_actions_adddup2(&plan.files, err.write, 2);
    }
    if (!options.folder.empty()) ::posix_spawn_file_actions_addchdir_np(&plan.files, options.folder.c_str());
    ::posix_spawnattr_setflags(&plan.attributes, flags);

    auto environment = environment_with(options.environment);
    int code = ::posix_spawn(&pid_, arguments.at(0).c_str(), &plan.files, &plan.attributes,
                             pointers(arguments).data(), pointers(environment).data());
    for (int* fd : {&in.read, &out.write, &err.write})
        close_fd(*fd);
    if (code != 0) {
        pid_ = -1;
        for (int* fd : {&input_fd_, &output_fd_, &errors_fd_})
            close_fd(*fd);
        fail_with(code, arguments[0]);
    }
}

child_process::~child_process() {
    if (pid_ > 0 && status_ < 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    for (int* fd : {&input_fd_, &output_fd_, &errors_fd_})
        close_fd(*fd);
}

void child_process::write(std::string_view text) {
    int fd = input_fd_ >= 0 ? input_fd_ : output_fd_; // a terminal is one descriptor for both ways
    while (!text.empty()) {
        auto n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno != EINTR) fail_with(errno, "writing to the program");
        if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
    }
}

void child_process::close_input() {
    close_fd(input_fd_);
}

void child_process::signal(int number) const {
    ::kill(pid_, number);
}

void child_process::resize(int rows, int columns) const {
    set_size(output_fd_, rows, columns);
}

void child_process::fail(const std::string& what) {
    throw std::runtime_error(what + "\nits output:\n" + output_ + "\nits errors:\n" + errors_);
}

/// Reads what there is, waiting for some; false when all its outputs are closed.
bool child_process::pump() {
    pollfd ready[] = {{output_fd_, POLLIN, 0}, {errors_fd_, POLLIN, 0}};
    if (output_fd_ < 0 && errors_fd_ < 0) return false;
    int count = ::poll(ready, 2, hang_after_ms);
    if (count == 0) fail("the program hangs");
    auto read_some = [](int& fd, short events, std::string& text) {
        if (fd < 0 || events == 0) return;
        char buffer[4096];
        auto n = ::read(fd, buffer, sizeof buffer);
        if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
        if (n == 0 || (n < 0 && errno != EINTR)) close_fd(fd); // EIO: the terminal's other side is closed
    };
    read_some(output_fd_, ready[0].revents, output_);
    read_some(errors_fd_, ready[1].revents, errors_);
    return true;
}

void child_process::wait_for(const std::string& stream, std::string_view text) {
    while (stream.find(text) == std::string::npos) {
        if (!pump()) fail("the program ended without printing \"" + std::string(text) + '"');
    }
}

void child_process::wait_for_output(std::string_view text) {
    wait_for(output_, text);
}

void child_process::wait_until(const std::function<bool(const std::string& output)>& enough) {
    while (!enough(output_)) {
        if (!pump()) fail("the program ended before it had printed what the test waits for");
    }
}

void child_process::wait_for_errors(std::string_view text) {
    wait_for(errors_, text);
}

int child_process::wait() {
    if (status_ >= 0) return status_;
    while (pump()) {
    }
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return status_;
}

outcome run(std::vector<std::string> arguments, const child_options& options) {
    child_process child(std::move(arguments), options);
    int status = child.wait();
    return {status, child.output(), child.errors()};
}

std::string program(std::string_view name) {
    return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

} // namespace test
