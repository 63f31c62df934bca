// A lock that is free, and one that two tasks pass to and fro, each keeping it for a turn of the loop.
#include "micro/micro_pch.hpp"

namespace {

using bench::awaitable;
using bench::executor;

tandem::task<> lock_free_mutex(benchmark::State& state) {
    tandem::mutex access;
    for (auto _ : state)
        const auto held = co_await access.lock();
}

tandem::task<> contend(tandem::mutex& access, const bool& stop) {
    while (!stop) {
        const auto held = co_await access.lock();
        co_await tandem::yield();
    }
}

tandem::task<> pass_to_and_fro(benchmark::State& state) {
    tandem::mutex access;
    bool stop = false;
    const auto body = [&](tandem::task_group& group) -> tandem::task<> {
        group.spawn(contend(access, stop));
        // The other task takes the lock as often as this one.
        while (state.KeepRunningBatch(2)) {
            const auto held = co_await access.lock();
            co_await tandem::yield();
        }
        stop = true;
    };
    co_await tandem::with_group(body);
}

/// Asio has no lock for coroutines; a channel with room for one message is the usual one: who fills it holds
/// it.
class channel_lock {
  public:
    explicit channel_lock(executor where)
        : held_(where, 1) {}
    auto lock() { return held_.async_send(boost::system::error_code(), bench::use_awaitable); }
    void unlock() {
        held_.try_receive([](const boost::system::error_code&) {});
    }

  private:
    bench::signal_channel held_;
};

awaitable<> contend_in_awaitable(executor where, channel_lock& access, const bool& stop) {
    while (!stop) {
        co_await access.lock();
        co_await bench::yield(where);
        access.unlock();
    }
}

void free_in_tandem(benchmark::State& state) {
    tandem::block_on(lock_free_mutex(state));
}

void free_in_awaitable(benchmark::State& state) {
    bench::run_awaitable([&](executor where) -> awaitable<> {
        channel_lock access(where);
        for (auto _ : state) {
            co_await access.lock();
            access.unlock();
        }
    });
}

void contended_in_tandem(benchmark::State& state) {
    tandem::block_on(pass_to_and_fro(state));
}

void contended_in_awaitable(benchmark::State& state) {
    bench::run_awaitable([&](executor where) -> awaitable<> {
        using namespace bench::asio::experimental::awaitable_operators;
        channel_lock access(where);
        bool stop = false;
        const auto measured = [&]() -> awaitable<> {
            while (state.KeepRunningBatch(2)) {
                co_await access.lock();
                co_await bench::yield(where);
                access.unlock();
            }
            stop = true;
        };
        co_await (contend_in_awaitable(where, access, stop) && measured());
    });
}

BENCHMARK(free_in_tandem)->Name("mutex/tandem");
BENCHMARK(free_in_awaitable)->Name("mutex/awaitable");
BENCHMARK(contended_in_tandem)->Name("mutex_contended/tandem");
BENCHMARK(contended_in_awaitable)->Name("mutex_contended/awaitable");

} // namespace
