// A byte to another task and back, through local sockets and through TCP: two writes, two reads, two
// switches.
#include "micro/micro_pch.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <tandem/io/tcp_stream.hpp>
#include <tandem/io/unix_stream.hpp>

#include "micro/sockets.hpp"

namespace {

namespace asio = bench::asio;
using bench::descriptor_pair;
using boost::system::error_code;

template <class Stream> tandem::task<> echo(Stream& peer) {
    char byte = 0;
    while (co_await peer.read_some({&byte, 1}) != 0)
        co_await peer.write({&byte, 1});
}

template <class Stream>
tandem::task<> there_and_back(benchmark::State& state, Stream (*adopt)(int), descriptor_pair (*connect)()) {
    descriptor_pair sockets = connect();
    Stream near = adopt(sockets.near.release());
    Stream far = adopt(sockets.far.release());
    const auto body = [&](tandem::task_group& group) -> tandem::task<> {
        group.spawn(echo(far));
        char byte = 0;
        for (auto _ : state) {
            co_await near.write({&byte, 1});
            co_await near.read_some({&byte, 1});
        }
        near.close();
    };
    co_await tandem::with_group(body);
}

template <class Stream>
void in_tandem(benchmark::State& state, Stream (*adopt)(int), descriptor_pair (*connect)()) {
    tandem::block_on(there_and_back(state, adopt, connect));
}

template <class Socket> bench::awaitable<> echo_awaitable(Socket& peer) {
    char byte = 0;
    for (;;) {
        error_code error;
        const std::size_t count = co_await peer.async_read_some(
            asio::buffer(&byte, 1), asio::redirect_error(bench::use_awaitable, error));
        if (error) co_return;
        co_await peer.async_write_some(asio::buffer(&byte, count), bench::use_awaitable);
    }
}

template <class Protocol>
void in_awaitable(benchmark::State& state, Protocol protocol, descriptor_pair (*connect)()) {
    bench::run_awaitable([&](bench::executor where) -> bench::awaitable<> {
        descriptor_pair sockets = connect();
        using socket = asio::basic_stream_socket<Protocol, bench::executor>;
        socket near(where, protocol, sockets.near.release());
        socket far(where, protocol, sockets.far.release());
        const auto there_and_back = [&]() -> bench::awaitable<> {
            char byte = 0;
            for (auto _ : state) {
                co_await near.async_write_some(asio::buffer(&byte, 1), bench::use_awaitable);
                co_await near.async_read_some(asio::buffer(&byte, 1), bench::use_awaitable);
            }
            near.close();
        };
        using namespace asio::experimental::awaitable_operators;
        co_await (echo_awaitable(far) && there_and_back());
    });
}

using local = asio::local::stream_protocol;
using tcp = asio::ip::tcp;

BENCHMARK_CAPTURE(in_tandem, , tandem::unix_stream::adopt, bench::local_pair)->Name("socketpair_byte/tandem");
BENCHMARK_CAPTURE(in_awaitable, , local(), bench::local_pair)->Name("socketpair_byte/awaitable");
BENCHMARK_CAPTURE(in_tandem, , tandem::tcp_stream::adopt, bench::tcp_pair)->Name("tcp_byte/tandem");
BENCHMARK_CAPTURE(in_awaitable, , tcp::v4(), bench::tcp_pair)->Name("tcp_byte/awaitable");

} // namespace
