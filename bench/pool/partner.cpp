#include "pool/partner.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <system_error>

#include "pool/processors.hpp"

namespace bench {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

[[noreturn]] void play(int processor, const std::function<void(int socket)>& what, int socket) {
    try {
        const pinned here(processor);
        what(socket);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench-pool: a floor's other side: %s\n", error.what());
        ::_exit(1);
    }
    ::_exit(0);
}

} // namespace

partner::partner(int processor, const std::function<void(int socket)>& what) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
    pid_ = ::fork();
    if (pid_ < 0) fail("fork");
    if (pid_ == 0) {
        ::close(ends[0]);
        play(processor, what, ends[1]);
    }
    ::close(ends[1]);
    socket_ = ends[0];
}

partner::~partner() {
    ::close(socket_);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

bool read_all(int socket, void* to, std::size_t count) {
    for (std::size_t have = 0; have < count;) {
        const ssize_t got = ::recv(socket, static_cast<char*>(to) + have, count - have, 0);
        if (got == 0) return false;
        if (got > 0)
            have += static_cast<std::size_t>(got);
        else if (errno != EINTR)
            fail("recv");
    }
    return true;
}

void write_all(int socket, const void* from, std::size_t count) {
    for (std::size_t sent = 0; sent < count;) {
        const ssize_t done =
            ::send(socket, static_cast<const char*>(from) + sent, count - sent, MSG_NOSIGNAL);
        if (done >= 0)
            sent += static_cast<std::size_t>(done);
        else if (errno != EINTR)
            fail("send");
    }
}

shared_memory::shared_memory(std::size_t size)
    : data_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
    , size_(size) {
    if (data_ == MAP_FAILED) fail("mmap");
    std::memset(data_, 0, size);
}

shared_memory::~shared_memory() {
    ::munmap(data_, size_);
}

} // namespace bench
