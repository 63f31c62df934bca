// Values through a channel, from a task that sends to one that receives.
#include "micro/micro_pch.hpp"

namespace {

using bench::awaitable;
using bench::executor;

tandem::task<> send_for_ever(tandem::channel<int>& to) {
    for (int value = 0;; ++value)
        co_await to.send(value);
}

tandem::task<> receive(benchmark::State& state, std::size_t capacity) {
    tandem::channel<int> values(capacity);
    const auto body = [&](tandem::task_group& group) -> tandem::task<> {
        group.spawn(send_for_ever(values));
        for (auto _ : state)
            benchmark::DoNotOptimize(co_await values.receive());
        group.cancel();
    };
    co_await tandem::with_group(body);
}

void in_tandem(benchmark::State& state, std::size_t capacity) {
    tandem::block_on(receive(state, capacity));
}

using int_channel = bench::asio::experimental::channel<executor, void(boost::system::error_code, int)>;

awaitable<> send_until_closed(int_channel& to) {
    boost::system::error_code closed;
    for (int value = 0; !closed; ++value)
        co_await to.async_send({}, value, bench::asio::redirect_error(bench::use_awaitable, closed));
}

void in_awaitable(benchmark::State& state, std::size_t capacity) {
    bench::run_awaitable([&](executor where) -> awaitable<> {
        using namespace bench::asio::experimental::awaitable_operators;
        int_channel values(where, capacity);
        const auto receive_all = [&]() -> awaitable<> {
            for (auto _ : state)
                benchmark::DoNotOptimize(co_await values.async_receive(bench::use_awaitable));
            values.close();
            values.cancel(); // closing alone leaves a sender waiting
        };
        co_await (send_until_closed(values) && receive_all());
    });
}

BENCHMARK_CAPTURE(in_tandem, , 1)->Name("channel_hop/tandem");
BENCHMARK_CAPTURE(in_awaitable, , 1)->Name("channel_hop/awaitable");
BENCHMARK_CAPTURE(in_tandem, , 0)->Name("channel_hop_0/tandem");
BENCHMARK_CAPTURE(in_awaitable, , 0)->Name("channel_hop_0/awaitable");
BENCHMARK_CAPTURE(in_tandem, , 128)->Name("channel_hop_128/tandem");
BENCHMARK_CAPTURE(in_awaitable, , 128)->Name("channel_hop_128/awaitable");

} // namespace
