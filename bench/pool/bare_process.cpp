#include "pool/bare_process.hpp"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace bench {
namespace {

char mark[] = "--say-that-you-are-there";

} // namespace

bare_process::bare_process() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::system_error(errno, std::generic_category(), "socketpair");
    char name[] = "bench-pool";
    char* const arguments[] = {name, mark, nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    const int error = ::posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, arguments, environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    socket_ = ends[0];
    if (error) {
        ::close(socket_);
        throw std::system_error(error, std::generic_category(), "posix_spawn");
    }
}

bare_process::~bare_process() {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    ::close(socket_);
}

void bare_process::wait_until_there() const {
    char byte = 0;
    if (::recv(socket_, &byte, 1, 0) != 1) throw std::runtime_error("a bare process did not answer");
}

void be_bare_process(int argc, char** argv) {
    if (argc != 2 || std::strcmp(argv[1], mark) != 0) return;
    char byte = 1;
    if (::send(STDIN_FILENO, &byte, 1, MSG_NOSIGNAL) != 1) ::_exit(1);
    // Until it is killed.
    while (::recv(STDIN_FILENO, &byte, 1, 0) > 0) {
    }
    ::_exit(0);
}

} // namespace bench
