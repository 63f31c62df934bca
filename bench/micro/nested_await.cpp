// A coroutine that awaits another one, which ends without suspending.
#include "micro/micro_pch.hpp"

namespace {

tandem::task<int> one() {
    co_return 1;
}

tandem::task<> await_in_a_row(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(co_await one());
}

void in_tandem(benchmark::State& state) {
    tandem::block_on(await_in_a_row(state));
}

bench::awaitable<int> awaitable_one() {
    co_return 1;
}

void in_awaitable(benchmark::State& state) {
    bench::run_awaitable([&](bench::executor) -> bench::awaitable<> {
        for (auto _ : state)
            benchmark::DoNotOptimize(co_await awaitable_one());
    });
}

BENCHMARK(in_tandem)->Name("nested_await/tandem");
BENCHMARK(in_awaitable)->Name("nested_await/awaitable");

} // namespace
