// A byte to another task and back, through a pair of local sockets: two writes, two reads, two switches.
#include "micro/micro_pch.hpp"

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <tandem/io/asio.hpp>

namespace {

namespace asio = bench::asio;
using boost::system::error_code;
using socket = asio::basic_stream_socket<asio::local::stream_protocol, bench::executor>;

tandem::task<> echo(socket& peer) {
    char byte = 0;
    for (;;) {
        const auto [error, count] = co_await peer.async_read_some(asio::buffer(&byte, 1), tandem::use_ec);
        if (error) co_return;
        co_await peer.async_write_some(asio::buffer(&byte, count), tandem::use);
    }
}

tandem::task<> there_and_back(benchmark::State& state) {
    socket near(tandem::asio_context()), far(tandem::asio_context());
    asio::local::connect_pair(near, far);
    const auto body = [&](tandem::task_group& group) -> tandem::task<> {
        group.spawn(echo(far));
        char byte = 0;
        for (auto _ : state) {
            co_await near.async_write_some(asio::buffer(&byte, 1), tandem::use);
            co_await near.async_read_some(asio::buffer(&byte, 1), tandem::use);
        }
        near.close();
    };
    co_await tandem::with_group(body);
}

void in_tandem(benchmark::State& state) {
    tandem::block_on(there_and_back(state));
}

bench::awaitable<> echo_awaitable(socket& peer) {
    char byte = 0;
    for (;;) {
        error_code error;
        const std::size_t count = co_await peer.async_read_some(
            asio::buffer(&byte, 1), asio::redirect_error(bench::use_awaitable, error));
        if (error) co_return;
        co_await peer.async_write_some(asio::buffer(&byte, count), bench::use_awaitable);
    }
}

void in_awaitable(benchmark::State& state) {
    bench::run_awaitable([&](bench::executor where) -> bench::awaitable<> {
        socket near(where), far(where);
        asio::local::connect_pair(near, far);
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

BENCHMARK(in_tandem)->Name("socketpair_byte/tandem");
BENCHMARK(in_awaitable)->Name("socketpair_byte/awaitable");

} // namespace
