// 64 KiB after 64 KiB from one task to another, over loopback TCP.
#include "micro/micro_pch.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <tandem/io/tcp_stream.hpp>

#include "micro/sockets.hpp"

namespace {

namespace asio = bench::asio;
using boost::system::error_code;

constexpr std::size_t piece = 64 * 1024;

tandem::task<> drain(tandem::tcp_stream& from) {
    std::vector<char> room(piece);
    while (co_await from.read_some(room) != 0) {
    }
}

tandem::task<> stream_through(benchmark::State& state) {
    bench::descriptor_pair sockets = bench::tcp_pair();
    auto near = tandem::tcp_stream::adopt(sockets.near.release());
    auto far = tandem::tcp_stream::adopt(sockets.far.release());
    const std::string bytes(piece, 'x');
    const auto body = [&](tandem::task_group& group) -> tandem::task<> {
        group.spawn(drain(far));
        for (auto _ : state)
            co_await near.write(bytes);
        near.close();
    };
    co_await tandem::with_group(body);
}

void in_tandem(benchmark::State& state) {
    tandem::block_on(stream_through(state));
}

using socket = asio::basic_stream_socket<asio::ip::tcp, bench::executor>;

bench::awaitable<> drain_awaitable(socket& from) {
    std::vector<char> room(piece);
    error_code error;
    while (!error)
        co_await from.async_read_some(asio::buffer(room), asio::redirect_error(bench::use_awaitable, error));
}

void in_awaitable(benchmark::State& state) {
    bench::run_awaitable([&](bench::executor where) -> bench::awaitable<> {
        bench::descriptor_pair sockets = bench::tcp_pair();
        socket near(where, asio::ip::tcp::v4(), sockets.near.release());
        socket far(where, asio::ip::tcp::v4(), sockets.far.release());
        const std::string bytes(piece, 'x');
        const auto fill = [&]() -> bench::awaitable<> {
            for (auto _ : state)
                co_await asio::async_write(near, asio::buffer(bytes), bench::use_awaitable);
            near.close();
        };
        using namespace asio::experimental::awaitable_operators;
        co_await (drain_awaitable(far) && fill());
    });
}

BENCHMARK(in_tandem)->Name("stream_64KiB/tandem");
BENCHMARK(in_awaitable)->Name("stream_64KiB/awaitable");

} // namespace
