#include "support/child_program.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {
namespace {

namespace fs = std::filesystem;

int checked(int result, const std::string& what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::string end_of(const fs::path& file) {
    constexpr std::size_t most = 500;
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    std::string all = text.str();
    return all.size() > most ? all.substr(all.size() - most) : all;
}

/// A fork, and not a posix_spawn: a program's peak of memory begins with that of the memory in which exec was
/// called, and a spawned one calls it in ours.
int start(const std::vector<std::string>& words, const fs::path& log, int output) {
    std::vector<char*> arguments;
    for (const std::string& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int log_file = checked(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), log);
    const int nothing = checked(::open("/dev/null", O_RDONLY | O_CLOEXEC), "/dev/null");
    const int child = checked(::fork(), "fork");
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(nothing, STDIN_FILENO);
        ::dup2(output >= 0 ? output : log_file, STDOUT_FILENO);
        ::dup2(log_file, STDERR_FILENO);
        ::execv(arguments[0], arguments.data());
        const char* const cause = std::strerror(errno);
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, cause, std::strlen(cause));
        ::_exit(127);
    }
    ::close(log_file);
    ::close(nothing);
    return child;
}

} // namespace

usage run_measured(const std::vector<std::string>& words, const fs::path& log) {
    const auto begin = std::chrono::steady_clock::now();
    const int child = start(words, log, -1);
    int status = 0;
    rusage used{};
    while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
    }
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    if (status != 0) {
        const std::string how = WIFSIGNALED(status)
                                    ? "was killed by signal " + std::to_string(WTERMSIG(status))
                                    : "failed with " + std::to_string(WEXITSTATUS(status));
        throw std::runtime_error(words[0] + " " + how + ": " + end_of(log));
    }
    return {spent.count(), seconds(used.ru_utime) + seconds(used.ru_stime),
            static_cast<double>(used.ru_maxrss) * 1024};
}

std::optional<std::string> find_program(const std::string& name) {
    if (name.find('/') != name.npos)
        return ::access(name.c_str(), X_OK) == 0 ? std::optional(name) : std::nullopt;
    const char* const path = std::getenv("PATH");
    std::istringstream folders(std::string(path ? path : "") + ":/usr/sbin:/usr/local/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::string file = folder + "/" + name;
        if (!folder.empty() && ::access(file.c_str(), X_OK) == 0) return file;
    }
    return std::nullopt;
}

background_program::background_program(const std::vector<std::string>& words, const fs::path& log,
                                       bool with_output)
    : name_(words[0]) {
    int ends[2] = {-1, -1};
    if (with_output) checked(::pipe2(ends, O_CLOEXEC), "pipe");
    process_ = start(words, log, ends[1]);
    if (ends[1] >= 0) ::close(ends[1]);
    output_ = ends[0];
}

background_program::~background_program() {
    if (output_ >= 0) ::close(output_);
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

std::string background_program::read_line() {
    std::string line;
    for (char byte; ::read(output_, &byte, 1) == 1; line += byte)
        if (byte == '\n') return line;
    throw std::runtime_error(name_ + " ended before it said where it listens");
}

bool background_program::is_running() {
    if (process_ >= 0 && ::waitpid(process_, nullptr, WNOHANG) == process_) process_ = -1;
    return process_ >= 0;
}

} // namespace bench
