// Jobs whose caller does not want them any more.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>
#include <stop_token>
#include <thread>
#include <unistd.h>

#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

int identity(int value) {
    return value;
}
void create(const std::string& file) {
    std::ofstream(file) << getpid();
}
bool exists(const std::string& file) {
    return access(file.c_str(), F_OK) == 0;
}

/// Runs until it is asked to stop, and says so.
int obey(std::string started, std::string stopped, std::stop_token stop) {
    create(started);
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    woken.wait(lock, stop, [] { return false; });
    create(stopped);
    return 7;
}
/// Takes a token, and does not look at it.
void ignore_token(std::string started, std::stop_token) {
    create(started);
    std::this_thread::sleep_for(1h);
}
void sleep_deaf(std::string started) {
    create(started);
    std::this_thread::sleep_for(1h);
}
void ignore_sigterm(std::string started) {
    std::signal(SIGTERM, SIG_IGN);
    create(started);
    volatile bool for_ever = true;
    while (for_ever) {
    }
}
int stop_in_callback(std::string started, std::stop_token stop) {
    const std::stop_callback blocked(stop, [] { std::this_thread::sleep_for(1h); });
    create(started);
    std::this_thread::sleep_for(1h);
    return 0;
}

task<> until_exists(std::string file) {
    while (!exists(file))
        co_await tandem::sleep(2ms);
}

struct outcome {
    bool cancelled = false;
    int value = 0;
    /// The worker that ran the job, and those alive when the await had ended.
    int worker = 0;
    std::vector<int> left;
};

/// Runs a job and cancels it once it has created `started`.
template <class Job> outcome cancel_running(process_pool& pool, std::string started, Job make_job) {
    outcome seen;
    auto victim = [&]() -> task<> {
        try {
            seen.value = co_await make_job();
        } catch (const tandem::cancelled&) {
            seen.cancelled = true;
        }
        for (const int pid : pool.workers())
            if (kill(pid, 0) == 0) seen.left.push_back(pid);
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(victim());
        co_await until_exists(started);
        seen.worker = pool.workers().at(0);
        group.cancel();
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on([](auto& run, process_pool& cpu) -> task<> {
        co_await run();
        // Whatever happened, the pool works.
        if (co_await cpu.run(identity, 3) != 3) throw std::logic_error("the pool does not work");
    }(all, pool));
    return seen;
}

template <class F> outcome cancel_deaf(process_pool& pool, F function) {
    test::temp_folder folder;
    const std::string started = folder / "started";
    return cancel_running(pool, started, [&]() -> task<int> {
        co_await pool.run(function, started);
        co_return 1;
    });
}

process_pool_options one_worker() {
    return process_pool_options().workers(1).grace(50ms);
}

} // namespace

TEST_CASE("a running job that takes a stop_token is asked to stop, and its value delivered") {
    test::temp_folder folder;
    const std::string started = folder / "started";
    const std::string stopped = folder / "stopped";
    process_pool pool(process_pool_options().workers(1).grace(1h));
    const auto seen = cancel_running(pool, started, [&] { return pool.run(obey, started, stopped); });
    CHECK(exists(stopped));
    CHECK(seen.value == 7);
    // It was polite, so its worker is kept.
    CHECK(seen.left == std::vector{seen.worker});
    CHECK(pool.statistics().started == 1);
}

TEST_CASE("a running job that takes no stop_token is stopped by SIGTERM, and its worker replaced") {
    process_pool pool(process_pool_options().workers(1).grace(1h));
    const auto seen = cancel_deaf(pool, sleep_deaf);
    CHECK(seen.cancelled);
    CHECK(seen.value == 0);
    CHECK(std::count(seen.left.begin(), seen.left.end(), seen.worker) == 0);
    CHECK(pool.statistics().cancelled == 1);
    CHECK(pool.statistics().crashed == 0);
    CHECK(pool.statistics().started == 2);
}

TEST_CASE("a job that ignores SIGTERM is killed") {
    process_pool pool(one_worker());
    const auto seen = cancel_deaf(pool, ignore_sigterm);
    CHECK(seen.cancelled);
    CHECK(std::count(seen.left.begin(), seen.left.end(), seen.worker) == 0);
}

TEST_CASE("a job that takes a stop_token and ignores it is stopped by SIGTERM") {
    process_pool pool(one_worker());
    CHECK(cancel_deaf(pool, ignore_token).cancelled);
    CHECK(cancel_deaf(pool, stop_in_callback).cancelled);
}

TEST_CASE("a time-out stops the job") {
    process_pool pool(one_worker());
    auto late = [&]() -> task<bool> {
        auto outcome = co_await tandem::as_result(
            tandem::timeout(20ms, pool.run([] { std::this_thread::sleep_for(1h); })));
        CHECK_THROWS_AS(outcome.value(), tandem::timed_out);
        co_return co_await pool.run(identity, 2) == 2;
    };
    CHECK(block_on(late()));
}

TEST_CASE("a queued job that is cancelled never runs, and ends at once") {
    test::temp_folder folder;
    const std::string started = folder / "started";
    const std::string stopped = folder / "stopped";
    const std::string file = folder / "never";
    process_pool pool(process_pool_options().workers(1).grace(1h));
    bool cancelled_while_queued = false;
    auto queued = [&]() -> task<> {
        auto job = tandem::timeout(10ms, pool.run(create, file));
        try {
            co_await std::move(job);
        } catch (const tandem::timed_out&) {
            // The worker still has the other job.
            cancelled_while_queued = !exists(stopped) && pool.statistics().running == 1;
        }
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn([](process_pool& cpu, std::string a, std::string b) -> task<> {
            co_await cpu.run(obey, a, b);
        }(pool, started, stopped));
        co_await until_exists(started);
        co_await queued();
        group.cancel();
    };
    auto all = [&]() -> task<int> {
        co_await tandem::with_group(body);
        co_return co_await pool.run(identity, 4);
    };
    CHECK(block_on(all()) == 4);
    CHECK(cancelled_while_queued);
    CHECK_FALSE(exists(file));
    CHECK(pool.statistics().cancelled == 1);
    CHECK(pool.statistics().queued == 0);
}

TEST_CASE("a job that is cancelled while its arguments are on their way is skipped, and its worker kept") {
    // Through the socket: shared memory takes no time.
    process_pool pool(process_pool_options().workers(1).shared_memory(0));
    int ran = 0;
    auto all = [&]() -> task<int> {
        const int worker = co_await pool.run(&getpid);
        for (int round = 0; round < 5; ++round) {
            auto body = [&](tandem::task_group& group) -> task<> {
                group.spawn([](process_pool& cpu, int& count) -> task<> {
                    co_await cpu.run([](const std::string& text) { return text.size(); },
                                     std::string(16 << 20, 'x'));
                    ++count;
                }(pool, ran));
                co_await tandem::yield();
                group.cancel();
            };
            co_await tandem::with_group(body);
        }
        co_return worker == co_await pool.run(&getpid) ? 1 : 0;
    };
    CHECK(block_on(all()) == 1);
    CHECK(ran == 0);
    CHECK(pool.statistics().started == 1);
}

TEST_CASE("every job of a cancelled crowd is accounted for") {
    process_pool pool(process_pool_options().workers(2).grace(10ms));
    auto body = [&](tandem::task_group& group) -> task<> {
        for (int i = 0; i < 100; ++i)
            group.spawn(pool.run([] { std::this_thread::sleep_for(1ms); }));
        co_await tandem::sleep(20ms);
        group.cancel();
    };
    auto all = [&]() -> task<int> {
        co_await tandem::with_group(body);
        co_return co_await pool.run(identity, 4);
    };
    CHECK(block_on(all()) == 4);
    const auto counts = pool.statistics();
    CHECK(counts.submitted == 101);
    CHECK(counts.done + counts.cancelled == 101);
    CHECK(counts.running + counts.queued == 0);
}
