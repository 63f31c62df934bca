// Pools whose two sides look for each other before they sleep.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <csignal>
#include <fstream>
#include <sys/resource.h>

#include "support/nothing_left.hpp"
#include "support/pools.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

process_pool_options spinning(tandem::duration time, unsigned workers = 1) {
    return process_pool_options().workers(workers).spin(time).grace(30s);
}
int nap(int value) {
    std::this_thread::sleep_for(2ms);
    return value;
}
int wait_for_ever(const std::string& file) {
    test::touch(file);
    std::this_thread::sleep_for(1h);
    return 0;
}

/// Processor time that this process and `worker` have used.
std::chrono::nanoseconds used_with(int worker) {
    rusage own{};
    getrusage(RUSAGE_SELF, &own);
    std::ifstream stat("/proc/" + std::to_string(worker) + "/stat");
    std::string line;
    std::getline(stat, line);
    std::istringstream fields(line.substr(line.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        fields >> skipped;
    long user = 0;
    long system = 0;
    fields >> user >> system;
    const auto seconds = static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK)) +
                         static_cast<double>(own.ru_utime.tv_sec + own.ru_stime.tv_sec) +
                         static_cast<double>(own.ru_utime.tv_usec + own.ru_stime.tv_usec) / 1e6;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

} // namespace

TEST_CASE("a pool that spins answers every job, one by one and many at a time") {
    const test::nothing_left nothing_left;
    process_pool pool(spinning(1ms, 2));
    auto one_by_one = [&]() -> task<> {
        for (int i = 0; i < 300; ++i) {
            const int answer = co_await pool.run(test::twice, i);
            REQUIRE(answer == 2 * i);
        }
    };
    auto many = [&]() -> task<> {
        auto call = [&](int i) -> task<> {
            const int answer = co_await pool.run(test::twice, i);
            REQUIRE(answer == 2 * i);
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 300; ++i)
                group.spawn(call(i));
            co_return;
        };
        co_await tandem::with_group(body);
        co_await pool.stop();
    };
    block_on(one_by_one());
    block_on(many());
}

TEST_CASE("a job that takes longer than both sides spin is answered all the same") {
    process_pool pool(spinning(100us));
    auto run = [&]() -> task<> {
        for (int i = 0; i < 20; ++i) {
            const int answer = co_await pool.run(nap, i);
            REQUIRE(answer == i);
            co_await tandem::sleep(2ms); // the worker goes to sleep meanwhile
        }
    };
    block_on(run());
}

TEST_CASE("what else the loop has to do goes on while a pool spins") {
    process_pool pool(spinning(10s));
    int turns = 0;
    auto run = [&]() -> task<> {
        bool done = false;
        auto count = [&]() -> task<> {
            while (!done) {
                co_await tandem::sleep(1ms);
                ++turns;
            }
        };
        auto call = [&]() -> task<> {
            const int answer = co_await pool.run(nap, 1);
            REQUIRE(answer == 1);
            for (int i = 0; i < 20; ++i)
                co_await pool.run(nap, i);
            done = true;
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(count());
            group.spawn(call());
            co_return;
        };
        co_await tandem::with_group(body);
    };
    block_on(run());
    CHECK(turns >= 10);
}

TEST_CASE("an idle pool that spins costs no processor time once its time is over") {
    process_pool pool(spinning(1ms));
    std::chrono::nanoseconds used{};
    auto run = [&]() -> task<> {
        co_await pool.run(test::twice, 1);
        const int worker = pool.workers().at(0);
        co_await tandem::sleep(50ms);
        const auto before = used_with(worker);
        co_await tandem::sleep(400ms);
        used = used_with(worker) - before;
    };
    block_on(run());
    CHECK(used < 100ms); // of 800 ms that two who spin would take
}

TEST_CASE("a pool may stop while its worker spins") {
    const test::nothing_left nothing_left;
    process_pool pool(spinning(1h));
    auto run = [&]() -> task<> {
        co_await pool.run(test::twice, 1);
        co_await pool.stop();
    };
    block_on(run());
}

TEST_CASE("a pool may be destroyed, and its loop end, while it spins") {
    const test::nothing_left nothing_left;
    const test::temp_folder folder;
    {
        process_pool pool(spinning(1h));
        auto run = [&]() -> task<> {
            auto body = [&](tandem::task_group& group) -> task<> {
                group.spawn(pool.run(wait_for_ever, folder / "running"));
                co_await test::until_exists(folder / "running");
                group.cancel();
            };
            co_await tandem::with_group(body);
            co_await pool.run(test::twice, 1);
        };
        block_on(run());
        // In another loop.
        auto again = [&]() -> task<> {
            const int answer = co_await pool.run(test::twice, 4);
            REQUIRE(answer == 8);
        };
        block_on(again());
    }
}

TEST_CASE("a worker that dies while the pool spins for its answer fails its job") {
    const test::nothing_left nothing_left;
    const test::temp_folder folder;
    process_pool pool(spinning(1h));
    auto run = [&]() -> task<> {
        auto die = [&]() -> task<> {
            co_await test::until_exists(folder / "running");
            REQUIRE(kill(pool.workers().at(0), SIGKILL) == 0);
        };
        auto call = [&]() -> task<> {
            auto outcome = co_await tandem::as_result(pool.run(wait_for_ever, folder / "running"));
            REQUIRE_FALSE(outcome.has_value());
            REQUIRE_THROWS_AS(std::move(outcome).value(), tandem::worker_died);
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(die());
            group.spawn(call());
            co_return;
        };
        co_await tandem::with_group(body);
        const int answer = co_await pool.run(test::twice, 5);
        REQUIRE(answer == 10);
        co_await pool.stop();
    };
    block_on(run());
}
