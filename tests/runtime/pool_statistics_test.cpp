// What a process_pool tells of its jobs, by function too.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>
#include <unistd.h>

#include "support/pools.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

void sleep_for_milliseconds(int count) {
    std::this_thread::sleep_for(std::chrono::milliseconds(count));
}
int refuse(int) {
    throw std::domain_error("not that");
}
void kill_worker() {
    raise(SIGKILL);
}

const tandem::function_statistics& find(const std::vector<tandem::function_statistics>& all,
                                        const std::string& name) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const tandem::function_statistics& each) {
        return each.name.find(name) != std::string::npos;
    });
    REQUIRE(at != all.end());
    return *at;
}

} // namespace

TEST_CASE("a pool's wait and run times are told as percentiles") {
    process_pool pool(process_pool_options().workers(1));
    CHECK(pool.statistics().run.p99 == 0s);
    auto all = [&]() -> task<> {
        for (int i = 0; i < 9; ++i)
            co_await pool.run(test::twice, i);
        co_await pool.run(sleep_for_milliseconds, 50);
    };
    block_on(all());
    const auto seen = pool.statistics();
    CHECK(seen.run.p50 > 0s);
    CHECK(seen.run.p50 <= seen.run.p90);
    // Of the bucket that holds it, to within 3.2 %.
    CHECK(seen.run.p99 >= 48ms);
    CHECK(seen.wait.p50 > 0s);
    CHECK(seen.wait.p50 <= seen.wait.p99);
}

TEST_CASE("a job's wait is the time before its worker ran it, whatever that takes") {
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        co_await pool.run(test::twice, 1);
        auto first = pool.submit(test::hold, folder.path().string(), 1);
        auto behind = pool.submit(test::twice, 2);
        co_await tandem::sleep(40ms);
        test::touch(folder / "open");
        co_await first;
        co_await behind;
    };
    block_on(all());
    CHECK(pool.statistics().wait.p99 >= 38ms);
}

TEST_CASE("a pool's jobs are counted by function, each by how it ended") {
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        co_await pool.run(test::twice, 1);
        co_await pool.run(test::twice, 2);
        auto refused = co_await tandem::as_result(pool.run(refuse, 1));
        CHECK_FALSE(refused.has_value());
        auto lost = co_await tandem::as_result(pool.run(kill_worker));
        CHECK_FALSE(lost.has_value());
        auto late =
            co_await tandem::as_result(tandem::timeout(20ms, pool.run(sleep_for_milliseconds, 1'000'000)));
        CHECK_FALSE(late.has_value());
        co_await pool.stop();
        auto stopped = co_await tandem::as_result(pool.run(refuse, 1));
        CHECK_FALSE(stopped.has_value());
    };
    block_on(all());
    const auto seen = pool.statistics_by_function();
    REQUIRE(seen.size() == 4);
    CHECK(seen[0].name == "test::twice(int)");
    CHECK(seen[0].submitted == 2);
    CHECK(seen[0].done == 2);
    CHECK(find(seen, "refuse(int)").submitted == 2);
    CHECK(find(seen, "refuse(int)").failed == 1);
    CHECK(find(seen, "refuse(int)").refused == 1);
    CHECK(find(seen, "kill_worker()").crashed == 1);
    CHECK(find(seen, "sleep_for_milliseconds(int)").cancelled == 1);
}

TEST_CASE("lambdas, chunks of a map and functions of one type have entries of their own") {
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        auto once = [](int value) { return value; };
        auto again = [](int value) { return value + 1; };
        co_await pool.run(once, 1);
        co_await pool.run(again, 1);
        co_await pool.run(test::twice, 1);
        auto doubles = pool.map(test::twice, std::vector<int>{1, 2, 3, 4}, tandem::chunk(2));
        while (auto value = co_await doubles.next()) {
        }
    };
    block_on(all());
    const auto seen = pool.statistics_by_function();
    REQUIRE(seen.size() == 4);
    CHECK(seen[0].name != seen[1].name);
    CHECK(seen[2].done == 1);
    CHECK(seen[3].name == "test::twice(int), in chunks");
    CHECK(seen[3].done == 2);
}

TEST_CASE("what a function is expected to take follows what it took") {
    process_pool pool(process_pool_options().workers(1));
    const auto expected = [&] { return pool.statistics_by_function().at(0).expected; };
    auto all = [&]() -> task<> {
        auto first = pool.submit(sleep_for_milliseconds, 30);
        CHECK(expected() == std::nullopt);
        co_await first;
        const auto slow = expected();
        CHECK(slow >= 30ms);
        // More than some, where the machine holds one of them up.
        for (int i = 0; i < 40 || expected() >= slow; ++i)
            co_await pool.run(sleep_for_milliseconds, 0);
        co_await pool.run(sleep_for_milliseconds, 80);
        CHECK(expected() >= 10ms);
    };
    block_on(all());
}

TEST_CASE("what is expected of a chunk is told for one item") {
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        auto slow = pool.map(sleep_for_milliseconds, std::vector<int>{40, 40, 40, 40}, tandem::chunk(4));
        while (auto value = co_await slow.next()) {
        }
    };
    block_on(all());
    const auto seen = pool.statistics_by_function();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].run.p50 >= 155ms);
    CHECK(seen[0].expected >= 40ms);
    // An eighth, at most, of what the four took could be overhead before this fails.
    CHECK(*seen[0].expected * 4 <= seen[0].run.p50 * 9 / 8);
}

TEST_CASE("utilisation is the part of their lives for which workers ran jobs") {
    process_pool pool(process_pool_options().workers(2));
    CHECK(pool.statistics().utilisation == 0);
    double while_idle = 0;
    auto all = [&]() -> task<> {
        co_await pool.warm_up();
        while_idle = pool.statistics().utilisation;
        CHECK(while_idle == 0);
        auto running = pool.submit(sleep_for_milliseconds, 30);
        co_await tandem::sleep(10ms);
        // Jobs count before they have ended.
        const double while_busy = pool.statistics().utilisation;
        CHECK(while_busy > 0);
        co_await running;
        const double afterwards = pool.statistics().utilisation;
        CHECK(afterwards > 0);
        // One of the two was idle all the time.
        CHECK(afterwards <= 0.5);
    };
    block_on(all());
    // The workers are gone, and nothing is added any more.
    const double at_end = pool.statistics().utilisation;
    CHECK(at_end > 0);
    CHECK(pool.statistics().utilisation == at_end);
}

TEST_CASE("metrics tell of a pool's times, workers and functions") {
    process_pool pool(process_pool_options().workers(1).jobs_per_worker(2));
    std::string text;
    auto all = [&]() -> task<> {
        for (int i = 0; i < 3; ++i)
            co_await pool.run(test::twice, i);
        auto refused = co_await tandem::as_result(pool.run(refuse, 1));
        CHECK_FALSE(refused.has_value());
        text = tandem::prometheus_text(tandem::metrics());
    };
    block_on(all());
    for (const char* line : {
             "tandem_process_pool_wait_seconds_count{pool=\"0\"} 4\n",
             "tandem_process_pool_run_seconds_count{pool=\"0\"} 4\n",
             "tandem_process_pool_workers_recycled_total{pool=\"0\"} 2\n",
             "tandem_process_pool_function_jobs_total{pool=\"0\",function=\"test::twice(int)\",outcome="
             "\"done\"} 3\n",
             "tandem_process_pool_function_run_seconds_count{pool=\"0\",function=\"test::twice(int)\"} 3\n",
             "tandem_process_pool_function_wait_seconds_count{pool=\"0\",function=\"test::twice(int)\"} 3\n",
             "outcome=\"failed\"} 1\n",
             "# TYPE tandem_process_pool_busy_seconds_total counter\n",
             "# TYPE tandem_process_pool_worker_seconds_total counter\n",
         })
        CHECK_THAT(text, Catch::Contains(line));
}

TEST_CASE("other threads may read the metrics while a pool works") {
    process_pool pool(process_pool_options().workers(2));
    std::atomic<bool> is_over = false;
    std::uint64_t most = 0;
    std::thread reader([&] {
        while (!is_over) {
            const double done = tandem::metrics().value("tandem_process_pool_function_jobs_total");
            most = std::max(most, static_cast<std::uint64_t>(done));
        }
    });
    auto all = [&]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            co_await pool.run(test::twice, i);
            if (i == 50) co_await pool.run(sleep_for_milliseconds, 1);
        }
    };
    block_on(all());
    is_over = true;
    reader.join();
    CHECK(most <= 101);
    CHECK(pool.statistics().done == 101);
}
