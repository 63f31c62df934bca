// From one task to the next through the ready queue.
#include "micro/micro_pch.hpp"

namespace {

tandem::task<> keep_yielding(const bool& stop) {
    while (!stop)
        co_await tandem::yield();
}

/// Each time that this task comes round again, all of `tasks` have taken a step.
tandem::task<> take_turns(benchmark::State& state, int tasks) {
    bool stop = false;
    const auto body = [&](tandem::task_group& group) -> tandem::task<> {
        for (int i = 1; i < tasks; ++i)
            group.spawn(keep_yielding(stop));
        while (state.KeepRunningBatch(tasks))
            co_await tandem::yield();
        stop = true;
    };
    co_await tandem::with_group(body);
}

void in_tandem(benchmark::State& state, int tasks) {
    tandem::block_on(take_turns(state, tasks));
}

bench::awaitable<> keep_posting(bench::executor where, const bool& stop) {
    while (!stop)
        co_await bench::yield(where);
}

void in_awaitable(benchmark::State& state, int tasks) {
    bool stop = false;
    bench::run_awaitable([&](bench::executor where) -> bench::awaitable<> {
        for (int i = 1; i < tasks; ++i)
            bench::asio::co_spawn(where, keep_posting(where, stop), bench::must_succeed);
        while (state.KeepRunningBatch(tasks))
            co_await bench::yield(where);
        stop = true;
    });
}

BENCHMARK_CAPTURE(in_tandem, , 1000)->Name("switch/tandem");
BENCHMARK_CAPTURE(in_awaitable, , 1000)->Name("switch/awaitable");
BENCHMARK_CAPTURE(in_tandem, , 1)->Name("switch_1/tandem");
BENCHMARK_CAPTURE(in_awaitable, , 1)->Name("switch_1/awaitable");

} // namespace
