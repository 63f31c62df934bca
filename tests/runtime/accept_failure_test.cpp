// What accept(2) says of connections that went away in the queue. Linux hands those over as if nothing had
// been; other systems, firewalls and network protocols do not: so the call itself is replaced in this
// program.
#include <tandem/io/tcp_listener.hpp>

#include <catch2/catch.hpp>

#include <cerrno>
#include <deque>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <tandem/threads/block_on.hpp>

#include "support/stream_contract.hpp"

using tandem::endpoint;
using tandem::task;
using tandem::tcp_listener;
using tandem::tcp_stream;

namespace {

/// What the next calls fail with, one each; without any the system is asked.
std::deque<int> errors_to_come;

} // namespace

extern "C" int accept4(int descriptor, sockaddr* from, socklen_t* size, int flags) {
    if (errors_to_come.empty())
        return static_cast<int>(::syscall(SYS_accept4, descriptor, from, size, flags));
    errno = errors_to_come.front();
    errors_to_come.pop_front();
    return -1;
}

TEST_CASE("a connection that went away before it was accepted is passed over, and the next one accepted") {
    const auto all = []() -> task<> {
        auto door = tcp_listener::listen(endpoint("127.0.0.1", 0));
        errors_to_come = {ECONNABORTED, EPROTO, EINTR, EPERM, ENETDOWN, EHOSTUNREACH, ECONNABORTED};
        auto client = co_await tcp_stream::connect(door.local());
        auto accepted = co_await door.accept();
        CHECK(accepted.remote() == client.local());
        CHECK(errors_to_come.empty());
    };
    tandem::block_on(all());
}

TEST_CASE("an error of the listener itself ends the accept, and names the address") {
    const auto all = []() -> task<> {
        auto door = tcp_listener::listen(endpoint("127.0.0.1", 0));
        auto client = co_await tcp_stream::connect(door.local());
        errors_to_come = {EINVAL};
        std::string text;
        const auto code = co_await test::failure_code(door.accept(), &text);
        CHECK(code == std::errc::invalid_argument);
        CHECK_THAT(text, Catch::Contains(door.local().to_string()));
        auto accepted = co_await door.accept();
        CHECK(accepted.remote() == client.local());
    };
    tandem::block_on(all());
}
