// Starting a task beside the one that runs, and waiting for its end.
#include "micro/micro_pch.hpp"

namespace {

/// How many start at once; the cost is that of one.
constexpr int batch = 100;

tandem::task<> nothing() {
    co_return;
}

tandem::task<> spawn_and_join(benchmark::State& state) {
    const auto spawn_all = [](tandem::task_group& group) -> tandem::task<> {
        for (int i = 0; i < batch; ++i)
            group.spawn(nothing());
        co_return;
    };
    while (state.KeepRunningBatch(batch))
        co_await tandem::with_group(spawn_all);
}

void in_tandem(benchmark::State& state) {
    tandem::block_on(spawn_and_join(state));
}

bench::awaitable<> no_awaitable() {
    co_return;
}

void in_awaitable(benchmark::State& state) {
    bench::run_awaitable([&](bench::executor where) -> bench::awaitable<> {
        while (state.KeepRunningBatch(batch))
            co_await bench::run_beside(where, batch, no_awaitable);
    });
}

BENCHMARK(in_tandem)->Name("spawn_join/tandem");
BENCHMARK(in_awaitable)->Name("spawn_join/awaitable");

} // namespace
