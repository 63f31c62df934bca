// What is counted, against loads that are known.
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "support/log_capture.hpp"
#include <tandem/base/error.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/observe/metrics.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/sync/event.hpp>
#include <tandem/testing/virtual_time.hpp>
#include <tandem/threads/block_on.hpp>
#include <tandem/threads/thread_pool.hpp>

using namespace std::chrono_literals;
using tandem::histogram;
using tandem::metrics;
using tandem::registered;
using tandem::task;

namespace {

double value_of(std::string_view name, const tandem::metric_labels& labels = {}) {
    return metrics().value(name, labels);
}

int twice(int number) {
    return 2 * number;
}
int refuse(int) {
    throw std::runtime_error("no");
}

} // namespace

TEST_CASE("a histogram counts what it is given, with the sum and the mean") {
    histogram seen;
    for (std::uint64_t value = 0; value <= 1000; ++value)
        seen.record(value);
    const auto snapshot = seen.snapshot();
    CHECK(snapshot.count() == 1001);
    CHECK(snapshot.sum() == 500'500);
    CHECK(snapshot.mean() == Approx(500));
    CHECK(histogram().snapshot().percentile(50) == 0);
    CHECK(histogram().snapshot().mean() == 0);
}

TEST_CASE("a histogram gives the percentiles of any distribution to within 3.2 %") {
    std::mt19937_64 random(7);
    for (const int spread : {1, 10, 20, 40}) {
        histogram seen;
        std::vector<std::uint64_t> values;
        std::uniform_real_distribution<double> exponent(0, spread);
        for (int i = 0; i < 5000; ++i) {
            values.push_back(static_cast<std::uint64_t>(std::exp2(exponent(random))));
            i % 2 ? seen.record(values.back()) : seen.record_alone(values.back());
        }
        std::sort(values.begin(), values.end());
        const auto snapshot = seen.snapshot();
        for (const double percent : {0.02, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
            INFO(spread << ' ' << percent);
            const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * 5000));
            CHECK(snapshot.percentile(percent) ==
                  Approx(static_cast<double>(values[rank - 1])).epsilon(0.032));
        }
    }
}

TEST_CASE("a histogram's buckets end at powers of two, which belong to them") {
    histogram seen;
    std::uint64_t recorded = 0;
    for (int bit = 0; bit <= 43; ++bit)
        for (const int off : {-1, 0, 1}) {
            seen.record((std::uint64_t{1} << bit) + static_cast<std::uint64_t>(off));
            ++recorded;
        }
    const auto snapshot = seen.snapshot();
    REQUIRE(snapshot.count() == recorded);
    CHECK(snapshot.count_up_to(1) == 3); // 0, 1 and 2 - 1
    for (int bit = 1; bit < 43; ++bit) {
        INFO(bit);
        // Three of each smaller power, and of this one all but the last.
        CHECK(snapshot.count_up_to(std::uint64_t{1} << bit) == 3 * static_cast<unsigned>(bit) + 2);
    }
    CHECK(snapshot.count_up_to(std::uint64_t{1} << 43) == recorded); // nothing is larger
    for (std::size_t i = 1; i < snapshot.buckets().size(); ++i)
        CHECK(snapshot.buckets()[i - 1].up_to <= snapshot.buckets()[i].over);
}

TEST_CASE("a histogram takes values that are too large as the largest it knows") {
    histogram seen;
    seen.record(std::uint64_t(-1));
    CHECK(seen.snapshot().count() == 1);
    CHECK(seen.snapshot().percentile(100) <= std::exp2(43));
}

TEST_CASE("histograms of several threads' values, and several histograms, add up") {
    histogram seen;
    std::vector<std::thread> all;
    for (int i = 0; i < 4; ++i)
        all.emplace_back([&] {
            for (std::uint64_t value = 1; value <= 10'000; ++value)
                seen.record(value);
        });
    for (auto& each : all)
        each.join();
    auto snapshot = seen.snapshot(10);
    CHECK(snapshot.count() == 40'000);
    CHECK(snapshot.sum() == 4 * 10'000 * 10'001 / 2 / 10);
    histogram other;
    other.record(5);
    other.record(1'000'000);
    snapshot.merge(other.snapshot(10));
    CHECK(snapshot.count() == 40'002);
    CHECK(snapshot.percentile(100) == Approx(100'000).epsilon(0.032));
    tandem::histogram_snapshot empty;
    empty.merge(other.snapshot(10));
    CHECK(empty.percentile(100) == Approx(100'000).epsilon(0.032));
}

TEST_CASE("an application's metrics are in the snapshot while they live") {
    {
        registered<tandem::counter> hits("shop_hits_total", "Requests answered.", {{"site", "main"}});
        registered<tandem::counter> others("shop_hits_total", "Requests answered.", {{"site", "other"}});
        registered<tandem::gauge> open("shop_open", "Doors open.");
        registered<histogram> delay("shop_delay_seconds", "Delay.", {}, 1e9);
        hits.add();
        hits.add(2);
        others.add(10);
        open.set(4);
        open.add(-1.5);
        delay.record(2'000'000'000);
        const auto now = metrics();
        CHECK(now.value("shop_hits_total") == 13);
        CHECK(now.value("shop_hits_total", {{"site", "main"}}) == 3);
        CHECK(now.value("shop_hits_total", {{"site", "none"}}) == 0);
        CHECK(now.value("shop_open") == 2.5);
        CHECK(now.distribution("shop_delay_seconds").percentile(50) == Approx(2).epsilon(0.032));
        CHECK_THROWS_AS(now.value("shop_delay_seconds"), tandem::usage_error);
        CHECK_THROWS_AS(now.distribution("shop_open"), tandem::usage_error);
    }
    CHECK(value_of("shop_hits_total") == 0);
}

TEST_CASE("a source of metrics that fails is left out, and the log says why") {
    test::log_capture log_of;
    const tandem::metric_registration bad(
        [](tandem::metric_list& into) { into.gauge("not a name", "Nothing.", 1); });
    const tandem::metric_registration bad_label([](tandem::metric_list& into) {
        into.gauge("a_name", "Nothing.", 1, {{"a:b", "x"}});
    });
    const registered<tandem::gauge> first("shop_things", "Things.");
    const registered<tandem::counter> second("shop_things", "Things.");
    registered<tandem::gauge> good("shop_open", "Doors open.");
    good.set(1);
    CHECK(metrics().value("shop_open") == 1);
    const auto texts = log_of.texts();
    REQUIRE(texts.size() == 3);
    CHECK(texts[0] == "a source of metrics failed: 'not a name' is no name for a metric");
    CHECK(texts[1] == "a source of metrics failed: 'a:b' is no name for a label");
    CHECK(texts[2] == "a source of metrics failed: metric 'shop_things' is used with two kinds");
}

TEST_CASE("a loop counts its steps, and knows its tasks, timers and ready queue") {
    double tasks = 0;
    double timers = 0;
    double ready = 0;
    double before = 0;
    double after = 0;
    double operations = -1;
    auto main = [&]() -> task<> {
        tandem::event done;
        auto body = [&](tandem::task_group& group) -> task<> {
            auto wait = [](tandem::event& until) -> task<> { co_await until.wait(); };
            auto limited = [](tandem::event& until) -> task<> { co_await tandem::timeout(1h, until.wait()); };
            for (int i = 0; i < 10; ++i)
                group.spawn(wait(done));
            for (int i = 0; i < 5; ++i)
                group.spawn(limited(done));
            ready = value_of("tandem_loop_ready_tasks");
            co_await tandem::sleep(1s);
            const auto now = metrics();
            tasks = now.value("tandem_loop_tasks");
            timers = now.value("tandem_loop_timers");
            operations = now.value("tandem_loop_operations_in_flight");
            before = now.value("tandem_loop_steps_total");
            for (int i = 0; i < 100; ++i)
                co_await tandem::yield();
            after = value_of("tandem_loop_steps_total");
            done.set();
        };
        co_await tandem::with_group(body);
    };
    tandem::testing::run_virtual(main());
    CHECK(ready == 15);
    CHECK(tasks == 16); // main too
    CHECK(timers == 5);
    CHECK(operations == 0);
    CHECK(after - before == 100);
    CHECK(value_of("tandem_loop_steps_total") == 0); // the loop is gone
}

TEST_CASE("a loop measures how long its turns are and how late its timers fire") {
    tandem::histogram_snapshot turns;
    tandem::histogram_snapshot lateness;
    auto main = [&]() -> task<> {
        auto body = [&](tandem::task_group& group) -> task<> {
            auto nap = []() -> task<> { co_await tandem::sleep(1ms); };
            group.spawn(nap());
            co_await tandem::yield();
            std::this_thread::sleep_for(30ms); // nobody looks at the timer meanwhile
            co_await tandem::sleep(1ms);
            co_await tandem::sleep(1ms); // in the turn after that, at the earliest
        };
        co_await tandem::with_group(body);
        const auto now = metrics();
        turns = now.distribution("tandem_loop_turn_seconds");
        lateness = now.distribution("tandem_loop_timer_lateness_seconds");
    };
    tandem::block_on(main());
    CHECK(lateness.count() == 3);
    CHECK(lateness.percentile(100) >= 0.029 * 0.968);
    CHECK(turns.percentile(100) >= 0.030 * 0.968);
    CHECK(turns.count() >= 2);
    CHECK(turns.sum() >= 0.030);
}

TEST_CASE("time of a test's own makes no timer late") {
    tandem::histogram_snapshot lateness;
    tandem::histogram_snapshot turns;
    auto main = [&]() -> task<> {
        for (int i = 0; i < 7; ++i)
            co_await tandem::sleep(1h);
        lateness = metrics().distribution("tandem_loop_timer_lateness_seconds");
        turns = metrics().distribution("tandem_loop_turn_seconds");
    };
    tandem::testing::run_virtual(main());
    CHECK(lateness.count() == 7);
    CHECK(lateness.sum() == 0);
    CHECK(turns.count() == 0);
}

TEST_CASE("another thread reads the figures of a loop, also while that is stuck in a step") {
    std::atomic<bool> is_stuck = false;
    std::atomic<bool> is_read = false;
    double tasks = 0;
    double held_before = 0;
    double held = 0;
    std::thread observer([&] {
        while (!is_stuck)
            std::this_thread::yield();
        held_before = value_of("tandem_loop_held_seconds");
        while (value_of("tandem_loop_held_seconds") < held_before + 0.01)
            std::this_thread::yield();
        const auto now = metrics();
        tasks = now.value("tandem_loop_tasks");
        held = now.value("tandem_loop_held_seconds");
        is_read = true;
    });
    auto main = [&]() -> task<> {
        tandem::event done;
        auto body = [&](tandem::task_group& group) -> task<> {
            auto wait = [](tandem::event& until) -> task<> { co_await until.wait(); };
            for (int i = 0; i < 3; ++i)
                group.spawn(wait(done));
            co_await tandem::sleep(1ms);
            is_stuck = true;
            while (!is_read)
                std::this_thread::yield();
            done.set();
        };
        co_await tandem::with_group(body);
    };
    tandem::block_on(main());
    observer.join();
    CHECK(tasks == 4);
    CHECK(held >= 0.01);
}

TEST_CASE("loops that run at once have labels of their own, which later ones get again") {
    const auto labels = [] {
        std::vector<std::string> all;
        for (const auto& family : metrics().families())
            if (family.name == "tandem_loop_steps_total")
                for (const auto& sample : family.samples)
                    all.push_back(sample.labels.at(0).second);
        return all;
    };
    std::vector<std::string> seen;
    auto main = [&]() -> task<> {
        co_await tandem::yield();
        std::thread([&] {
            auto inner = [&]() -> task<> {
                co_await tandem::yield();
                seen = labels();
            };
            tandem::block_on(inner());
        }).join();
    };
    for (int i = 0; i < 2; ++i) {
        tandem::block_on(main());
        CHECK(seen == std::vector<std::string>{"0", "1"});
    }
    CHECK(labels().empty());
}

TEST_CASE("a thread_pool's calls are counted, and those that wait for a thread") {
    // Other pools of this process, such as that of files, count as well.
    const double other_threads = value_of("tandem_thread_pool_threads");
    const double other_calls = value_of("tandem_thread_pool_calls_total");
    auto main = [&]() -> task<> {
        tandem::thread_pool threads(1);
        CHECK(value_of("tandem_thread_pool_threads") == other_threads + 1);
        for (int i = 0; i < 3; ++i)
            co_await threads.run(twice, i);
        CHECK(value_of("tandem_thread_pool_calls_total") == other_calls + 3);
        std::atomic<bool> has_begun = false;
        std::atomic<bool> may_end = false;
        auto body = [&](tandem::task_group& group) -> task<> {
            auto hold = [](std::atomic<bool>* begun, std::atomic<bool>* end) {
                *begun = true;
                while (!*end)
                    std::this_thread::yield();
            };
            group.spawn(threads.run(hold, &has_begun, &may_end));
            group.spawn(threads.run(twice, 1));
            group.spawn(threads.run(twice, 2));
            while (!has_begun)
                co_await tandem::sleep(1ms);
            const auto now = metrics();
            may_end = true;
            CHECK(now.value("tandem_thread_pool_running_calls") == 1);
            CHECK(now.value("tandem_thread_pool_queued_calls") == 2);
            CHECK(now.value("tandem_loop_operations_in_flight") == 3);
        };
        co_await tandem::with_group(body);
        CHECK(value_of("tandem_thread_pool_calls_total") == other_calls + 6);
        CHECK(value_of("tandem_thread_pool_running_calls") == 0);
        CHECK(value_of("tandem_thread_pool_queued_calls") == 0);
    };
    tandem::block_on(main());
    CHECK(value_of("tandem_thread_pool_threads") == other_threads);
}

TEST_CASE("a process_pool's jobs are counted by how they ended") {
    auto main = []() -> task<> {
        tandem::process_pool cpu;
        CHECK(value_of("tandem_process_pool_workers_started_total") == 0);
        for (int i = 0; i < 3; ++i)
            co_await cpu.run(twice, i);
        auto failing = [](tandem::process_pool& pool) -> task<> {
            try {
                co_await pool.run(refuse, 1);
            } catch (const std::runtime_error&) {
            }
        };
        co_await failing(cpu);
        const auto now = metrics();
        CHECK(now.value("tandem_process_pool_jobs_submitted_total") == 4);
        CHECK(now.value("tandem_process_pool_jobs_total", {{"outcome", "done"}}) == 3);
        CHECK(now.value("tandem_process_pool_jobs_total", {{"pool", "0"}, {"outcome", "failed"}}) == 1);
        CHECK(now.value("tandem_process_pool_jobs_total") == 4);
        CHECK(now.value("tandem_process_pool_workers") == 1);
        CHECK(now.value("tandem_process_pool_workers_started_total") == 1);
        CHECK(now.value("tandem_process_pool_queued_jobs") == 0);
        CHECK(now.value("tandem_process_pool_running_jobs") == 0);
        co_await cpu.stop();
        CHECK(value_of("tandem_process_pool_workers") == 0);
    };
    tandem::block_on(main());
    CHECK(value_of("tandem_process_pool_jobs_submitted_total") == 0);
}
