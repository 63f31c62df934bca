#include "micro/connections.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <csignal>
#include <iostream>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tandem/io/tcp_listener.hpp>

#include "micro/fresh_process.hpp"
#include "micro/micro_pch.hpp"
#include "micro/sockets.hpp"

namespace bench {
namespace {

/// How many peers may wait to be accepted; the kernel turns others away for a second.
constexpr int backlog = 4096;

/// A process that connects `count` times to a port and keeps the connections until this is destroyed.
class peers {
  public:
    peers(std::uint16_t port, int count)
        : process_(::fork()) {
        if (process_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
        if (process_ == 0) connect_and_stay(port, count);
    }
    peers(const peers&) = delete;
    peers& operator=(const peers&) = delete;
    ~peers() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }

  private:
    [[noreturn]] static void connect_and_stay(std::uint16_t port, int count) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        try {
            const auto all = connect_to_loopback(port, static_cast<std::size_t>(count));
            for (;;)
                ::pause();
        } catch (const std::exception& error) {
            std::cerr << "bench-runtime: a peer: " << error.what() << '\n';
        }
        ::_exit(1);
    }

    pid_t process_;
};

tandem::task<> wait_to_read(tandem::tcp_stream peer) {
    char byte = 0;
    co_await peer.read_some({&byte, 1});
}

/// These two return the growth of the resident memory, in MiB, since just before the first connection.
double tandem_connections(int count) {
    double grown = 0;
    const auto all = [&]() -> tandem::task<> {
        auto door = tandem::tcp_listener::listen(tandem::endpoint("127.0.0.1", 0),
                                                 tandem::listen_options().backlog(backlog));
        const peers others(door.local().port(), count);
        const double before = resident_mib();
        const auto body = [&](tandem::task_group& group) -> tandem::task<> {
            for (int i = 0; i < count; ++i)
                group.spawn(wait_to_read(co_await door.accept()));
            co_await tandem::yield();
            grown = resident_mib() - before;
            group.cancel();
        };
        co_await tandem::with_group(body);
    };
    tandem::block_on(all());
    return grown;
}

using socket = asio::basic_stream_socket<asio::ip::tcp, executor>;

awaitable<> awaitable_wait_to_read(socket peer) {
    char byte = 0;
    co_await peer.async_read_some(asio::buffer(&byte, 1), use_awaitable);
}

double awaitable_connections(int count) {
    double grown = 0;
    run_awaitable([&](executor where) -> awaitable<> {
        descriptor listening = listen_on_loopback(backlog);
        const peers others(port_of(listening.get()), count);
        const double before = resident_mib();
        asio::basic_socket_acceptor<asio::ip::tcp, executor> door(where, asio::ip::tcp::v4(),
                                                                  listening.release());
        for (int i = 0; i < count; ++i)
            asio::co_spawn(where, awaitable_wait_to_read(co_await door.async_accept(use_awaitable)),
                           must_succeed);
        co_await yield(where);
        co_await yield(where);
        grown = resident_mib() - before;
        asio::query(where, asio::execution::context).stop();
    });
    return grown;
}

void add(report& into, const char* who, int count, double (*measure)(int)) {
    const auto in_fresh = [&] {
        allow_descriptors(static_cast<std::size_t>(count));
        return std::vector{measure(count)};
    };
    into.add("connections_10000", who, in_fresh_process(in_fresh).at(0) * 1024 * 1024 / count);
}

} // namespace

void run_connections(report& into, bool quick) {
    const int count = quick ? 100 : 10'000;
    if (!may_have_descriptors(static_cast<std::size_t>(count))) {
        std::cerr << "bench-runtime: no row for connections_10000: the system allows fewer descriptors\n";
        return;
    }
    add(into, own_name, count, tandem_connections);
    add(into, "awaitable", count, awaitable_connections);
}

} // namespace bench
