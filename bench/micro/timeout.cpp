// A time limit around something that ends long before it.
#include "micro/micro_pch.hpp"

namespace {

using namespace std::chrono_literals;
using bench::awaitable;
using bench::executor;

/// What the limit is set for: something that is there already, or something that lets the loop turn once, so
/// that the limit is in force meanwhile.
enum class work { ready, one_turn };

tandem::task<int> work_in_tandem(work kind) {
    if (kind == work::one_turn) co_await tandem::yield();
    co_return 1;
}

tandem::task<> arm_and_cancel(benchmark::State& state, work kind, int others) {
    const auto body = [&](tandem::task_group& group) -> tandem::task<> {
        for (int i = 0; i < others; ++i)
            group.spawn(tandem::sleep(1h + i * 1ms));
        co_await tandem::yield();
        for (auto _ : state)
            benchmark::DoNotOptimize(co_await tandem::timeout(2h, work_in_tandem(kind)));
        group.cancel();
    };
    co_await tandem::with_group(body);
}

void in_tandem(benchmark::State& state, work kind, int others) {
    tandem::block_on(arm_and_cancel(state, kind, others));
}

awaitable<int> work_in_awaitable(executor where, work kind) {
    if (kind == work::one_turn) co_await bench::yield(where);
    co_return 1;
}

void in_awaitable(benchmark::State& state, work kind, int others) {
    using namespace bench::asio::experimental::awaitable_operators;
    bench::run_awaitable([&](executor where) -> awaitable<> {
        std::vector<bench::timer> sleepers;
        for (int i = 0; i < others; ++i) {
            sleepers.emplace_back(where, 1h + i * 1ms);
            sleepers.back().async_wait([](const boost::system::error_code&) {});
        }
        bench::timer limit(where);
        // An outcome in place of an exception where the limit is lifted: half the time, or less.
        constexpr auto quietly = bench::asio::as_tuple(bench::use_awaitable);
        for (auto _ : state) {
            limit.expires_after(2h);
            auto outcome = co_await (work_in_awaitable(where, kind) || limit.async_wait(quietly));
            benchmark::DoNotOptimize(outcome);
        }
        for (bench::timer& sleeper : sleepers)
            sleeper.cancel();
    });
}

BENCHMARK_CAPTURE(in_tandem, , work::ready, 0)->Name("timeout_arm_cancel/tandem");
BENCHMARK_CAPTURE(in_awaitable, , work::ready, 0)->Name("timeout_arm_cancel/awaitable");
BENCHMARK_CAPTURE(in_tandem, , work::ready, 10'000)->Name("timeout_arm_cancel_10000/tandem");
BENCHMARK_CAPTURE(in_awaitable, , work::ready, 10'000)->Name("timeout_arm_cancel_10000/awaitable");
BENCHMARK_CAPTURE(in_tandem, , work::one_turn, 0)->Name("timeout_one_turn/tandem");
BENCHMARK_CAPTURE(in_awaitable, , work::one_turn, 0)->Name("timeout_one_turn/awaitable");
BENCHMARK_CAPTURE(in_tandem, , work::one_turn, 10'000)->Name("timeout_one_turn_10000/tandem");
BENCHMARK_CAPTURE(in_awaitable, , work::one_turn, 10'000)->Name("timeout_one_turn_10000/awaitable");

} // namespace
