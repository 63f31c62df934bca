// Two tasks that end at once, of which the first wins.
#include "micro/micro_pch.hpp"

namespace {

tandem::task<int> ready_task(int value) {
    co_return value;
}

tandem::task<> race_ready(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(co_await tandem::race(ready_task(1), ready_task(2)));
}

void in_tandem(benchmark::State& state) {
    tandem::block_on(race_ready(state));
}

bench::awaitable<int> ready_awaitable(int value) {
    co_return value;
}

void in_awaitable(benchmark::State& state) {
    using namespace bench::asio::experimental::awaitable_operators;
    bench::run_awaitable([&](bench::executor) -> bench::awaitable<> {
        for (auto _ : state) {
            auto outcome = co_await (ready_awaitable(1) || ready_awaitable(2));
            benchmark::DoNotOptimize(outcome);
        }
    });
}

BENCHMARK(in_tandem)->Name("race_ready/tandem");
BENCHMARK(in_awaitable)->Name("race_ready/awaitable");

} // namespace
