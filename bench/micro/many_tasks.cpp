#include "micro/many_tasks.hpp"

#include <ctime>

#include "micro/fresh_process.hpp"
#include "micro/micro_pch.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

constexpr int sleepers = 100'000;
constexpr int alive_at_once = 10'000;

/// The growth of the heap, in bytes, and of the resident memory, in MiB, since `before`.
class growth {
  public:
    std::vector<double> so_far() const { return {heap_bytes() - heap_, resident_mib() - resident_}; }

  private:
    double heap_ = heap_bytes();
    double resident_ = resident_mib();
};

tandem::task<> sleep_long() {
    co_await tandem::sleep(1h);
}

std::vector<double> tandem_sleepers() {
    std::vector<double> grown;
    const auto all = [&]() -> tandem::task<> {
        const growth since;
        const auto body = [&](tandem::task_group& group) -> tandem::task<> {
            for (int i = 0; i < sleepers; ++i)
                group.spawn(sleep_long());
            co_await tandem::yield();
            grown = since.so_far();
            group.cancel();
        };
        co_await tandem::with_group(body);
    };
    tandem::block_on(all());
    return grown;
}

awaitable<> awaitable_sleep_long(executor where) {
    timer limit(where, 1h);
    co_await limit.async_wait(use_awaitable);
}

std::vector<double> awaitable_sleepers() {
    std::vector<double> grown;
    run_awaitable([&](executor where) -> awaitable<> {
        const growth since;
        for (int i = 0; i < sleepers; ++i)
            asio::co_spawn(where, awaitable_sleep_long(where), must_succeed);
        co_await yield(where);
        co_await yield(where);
        grown = since.so_far();
        asio::query(where, asio::execution::context).stop();
    });
    return grown;
}

double processor_ns() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Nanoseconds for each task and the growth of the peak in MiB, of a `crowd` that runs and ends `rounds`
/// times.
template <class Crowd> std::vector<double> cost_of_rounds(int rounds, Crowd crowd) {
    const double resident = resident_mib();
    const double begin = processor_ns();
    crowd(rounds);
    return {(processor_ns() - begin) / (static_cast<double>(rounds) * alive_at_once),
            peak_resident_mib() - resident};
}

tandem::task<> one_turn() {
    co_await tandem::yield();
}

void tandem_crowd(int rounds) {
    const auto body = [](tandem::task_group& group) -> tandem::task<> {
        for (int i = 0; i < alive_at_once; ++i)
            group.spawn(one_turn());
        co_return;
    };
    const auto all = [&]() -> tandem::task<> {
        for (int round = 0; round < rounds; ++round)
            co_await tandem::with_group(body);
    };
    tandem::block_on(all());
}

awaitable<> awaitable_one_turn(executor where) {
    co_await yield(where);
}

void awaitable_crowd(int rounds) {
    run_awaitable([rounds](executor where) -> awaitable<> {
        for (int round = 0; round < rounds; ++round)
            co_await run_beside(where, alive_at_once, [where] { return awaitable_one_turn(where); });
    });
}

void add_sleepers(report& into, const char* who, std::vector<double> (*measure)()) {
    const std::vector<double> grown = in_fresh_process(measure);
    into.add("task_bytes", who, grown.at(0) / sleepers);
    into.add("sleeping_100000", who, grown.at(1));
}

void add_crowd(report& into, const char* who, int rounds, void (*crowd)(int)) {
    const std::vector<double> cost = in_fresh_process([&] { return cost_of_rounds(rounds, crowd); });
    into.add("short_1000000", who, cost.at(0));
    into.add("short_1000000_peak", who, cost.at(1));
}

} // namespace

void run_many_tasks(report& into, bool quick) {
    const int rounds = quick ? 2 : 100;
    add_sleepers(into, own_name, tandem_sleepers);
    add_sleepers(into, "awaitable", awaitable_sleepers);
    add_crowd(into, own_name, rounds, tandem_crowd);
    add_crowd(into, "awaitable", rounds, awaitable_crowd);
}

} // namespace bench
