// What a server pays for a connection that comes and goes.
#include "micro/micro_pch.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <tandem/io/tcp_listener.hpp>

#include "micro/sockets.hpp"

namespace {

namespace asio = bench::asio;

constexpr int crowd = 64;

/// Connects as many clients as a batch accepts, and at the end lets them go. The clock stands still
/// meanwhile.
class arrivals {
  public:
    arrivals(benchmark::State& state, std::uint16_t port)
        : state_(state) {
        state_.PauseTiming();
        clients_ = bench::connect_to_loopback(port, crowd);
        state_.ResumeTiming();
    }
    ~arrivals() {
        state_.PauseTiming();
        clients_.clear();
        state_.ResumeTiming();
    }

  private:
    benchmark::State& state_;
    std::vector<bench::descriptor> clients_;
};

tandem::task<> accept_all(benchmark::State& state) {
    auto door = tandem::tcp_listener::listen(tandem::endpoint("127.0.0.1", 0));
    while (state.KeepRunningBatch(crowd)) {
        const arrivals clients(state, door.local().port());
        for (int i = 0; i < crowd; ++i) {
            auto peer = co_await door.accept();
            peer.close();
        }
    }
}

void in_tandem(benchmark::State& state) {
    tandem::block_on(accept_all(state));
}

void in_awaitable(benchmark::State& state) {
    bench::run_awaitable([&](bench::executor where) -> bench::awaitable<> {
        bench::descriptor listening = bench::listen_on_loopback(crowd);
        const std::uint16_t port = bench::port_of(listening.get());
        asio::basic_socket_acceptor<asio::ip::tcp, bench::executor> door(where, asio::ip::tcp::v4(),
                                                                         listening.release());
        while (state.KeepRunningBatch(crowd)) {
            const arrivals clients(state, port);
            for (int i = 0; i < crowd; ++i) {
                auto peer = co_await door.async_accept(bench::use_awaitable);
                peer.close();
            }
        }
    });
}

BENCHMARK(in_tandem)->Name("accept_close/tandem");
BENCHMARK(in_awaitable)->Name("accept_close/awaitable");

} // namespace
