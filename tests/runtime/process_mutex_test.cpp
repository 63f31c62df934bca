// One at a time, in whichever process.
#include <catch2/catch.hpp>

#include <tandem/pool/process_mutex.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/shared_value.hpp>
#include <tandem/runtime.hpp>

#include <csignal>
#include <thread>

#include "support/log_capture.hpp"
#include "support/nothing_left.hpp"
#include "support/pools.hpp"
#include "support/running_threads.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using tandem::block_on;
using tandem::process_mutex;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::shared_value;
using tandem::task;

namespace {

/// Two numbers that only the mutex keeps equal.
struct pair_of_counts {
    shared_value<long> one;
    shared_value<long> two;
};
void count_both(process_mutex access, pair_of_counts counts, int times) {
    for (int i = 0; i < times; ++i) {
        const auto held = access.blocking_lock();
        // Not by fetch_add: this is the mutex' to keep together.
        const long seen = counts.one.load();
        counts.one.store(seen + 1);
        counts.two.store(seen + 1);
    }
}
task<> count_both_here(process_mutex access, pair_of_counts counts, int times) {
    for (int i = 0; i < times; ++i) {
        const auto held = co_await access.lock();
        const long seen = counts.one.load();
        counts.one.store(seen + 1);
        if (i % 10 == 0) co_await tandem::yield();
        counts.two.store(seen + 1);
    }
}
/// Has it until `folder`/open is there.
void hold(process_mutex access, std::string folder) {
    const auto held = access.blocking_lock();
    test::touch(folder + "/held");
    while (!test::exists(folder + "/open"))
        std::this_thread::sleep_for(1ms);
}
void say_who_and_hold(process_mutex access, std::string folder, shared_value<int> who) {
    who.store(getpid());
    hold(access, folder);
}
void lock_and_die(process_mutex access) {
    const auto held = access.blocking_lock();
    raise(SIGKILL);
}
void lock_and_exit(process_mutex access) {
    const auto held = access.blocking_lock();
    std::_Exit(3);
}
int whose_lock(process_mutex access) {
    return access.blocking_lock().abandoned_by();
}
bool lock_within(process_mutex access, tandem::duration limit) {
    return static_cast<bool>(access.blocking_lock(limit));
}
std::string lock_until_stopped(process_mutex access, std::string started, std::stop_token stop) {
    test::touch(started);
    try {
        const auto held = access.blocking_lock(stop);
        return "locked";
    } catch (const tandem::job_cancelled&) {
        return "stopped";
    }
}

std::optional<process_mutex> kept;
void keep(process_mutex access) {
    kept = std::move(access);
}
bool try_kept() {
    return static_cast<bool>(kept->try_lock());
}

process_pool_options workers(unsigned count) {
    return process_pool_options().workers(count).grace(30s);
}

} // namespace

TEST_CASE("workers, threads and tasks of this loop exclude each other") {
    process_pool pool(workers(3));
    tandem::thread_pool threads(1);
    const process_mutex access;
    const pair_of_counts counts;
    auto all = [&]() -> task<> {
        std::vector<tandem::job<void>> jobs;
        for (int i = 0; i < 3; ++i)
            jobs.push_back(pool.submit(count_both, access, counts, 2000));
        jobs.push_back(threads.submit(count_both, access, counts, 2000));
        co_await tandem::gather(count_both_here(access, counts, 200), count_both_here(access, counts, 200));
        for (auto& each : jobs)
            co_await each;
    };
    block_on(all());
    CHECK(counts.one.load() == 8400);
    CHECK(counts.two.load() == 8400);
}

TEST_CASE("a mutex that is free is locked at once, and one that is not is left alone by try_lock") {
    const process_mutex access;
    auto first = access.try_lock();
    CHECK(first);
    CHECK(first.abandoned_by() == 0);
    CHECK_FALSE(access.try_lock());
    first.unlock();
    CHECK_FALSE(first);
    CHECK(access.try_lock());
    CHECK(access.blocking_lock());
}

TEST_CASE("a task waits for a worker's lock while its loop goes on") {
    test::temp_folder folder;
    process_pool pool(workers(1));
    const process_mutex access;
    bool has_it = false;
    auto wants = [&]() -> task<> {
        const auto held = co_await access.lock();
        has_it = true;
    };
    auto all = [&](tandem::task_group& group) -> task<> {
        auto holding = pool.submit(hold, access, folder.path().string());
        co_await test::until_exists(folder / "held");
        CHECK_FALSE(access.try_lock());
        group.spawn(wants());
        // The loop runs timers meanwhile.
        for (int i = 0; i < 20; ++i)
            co_await tandem::sleep(2ms);
        CHECK_FALSE(has_it);
        test::touch(folder / "open");
        co_await holding;
    };
    block_on(tandem::with_group(all));
    CHECK(has_it);
    CHECK(access.try_lock());
}

TEST_CASE("a lock that a task had to wait for is free as soon as the task has unlocked it") {
    const process_mutex access;
    int times_locked = 0;
    auto holds = [&]() -> task<> {
        const auto held = access.try_lock();
        co_await tandem::yield();
    };
    auto wants = [&]() -> task<> {
        auto held = co_await access.lock();
        held.unlock();
        if (access.try_lock()) ++times_locked;
    };
    auto all = [&]() -> task<> {
        for (int i = 0; i < 100; ++i)
            co_await tandem::gather(holds(), wants());
    };
    block_on(all());
    CHECK(times_locked == 100);
}

TEST_CASE("the death of a holder is told to the next owner, in a worker") {
    process_pool pool(workers(2));
    const process_mutex access;
    auto all = [&]() -> task<> {
        int killed = 0;
        try {
            co_await pool.run(lock_and_die, access);
        } catch (const tandem::worker_died& error) {
            killed = error.how().pid;
        }
        const int told = co_await pool.run(whose_lock, access);
        CHECK(told != 0);
        CHECK(told == killed);
        const int later = co_await pool.run(whose_lock, access);
        CHECK(later == 0);
    };
    block_on(all());
}

TEST_CASE("the death of a holder is told to the next owner, in the loop, whatever it died of") {
    process_pool pool(workers(1));
    const process_mutex access;
    auto all = [&]() -> task<> {
        for (auto* deadly : {lock_and_die, lock_and_exit}) {
            int died = 0;
            try {
                co_await pool.run(deadly, access);
            } catch (const tandem::worker_died& error) {
                died = error.how().pid;
            }
            {
                const auto held = co_await access.lock();
                CHECK(held.abandoned_by() == died);
                CHECK(died != 0);
            }
            const auto again = co_await access.lock();
            CHECK(again.abandoned_by() == 0);
        }
    };
    block_on(all());
}

TEST_CASE("those who wait for a worker's lock have it when the worker is killed") {
    test::temp_folder folder;
    process_pool pool(workers(2));
    const process_mutex access;
    const shared_value<int> holder;
    auto wants = [&]() -> task<int> {
        const auto held = co_await access.lock();
        co_return held.abandoned_by();
    };
    auto kill_it = [&]() -> task<> {
        co_await tandem::sleep(20ms);
        kill(holder.load(), SIGKILL);
    };
    auto all = [&]() -> task<> {
        co_await pool.warm_up();
        auto holding = pool.submit(say_who_and_hold, access, folder.path().string(), holder);
        co_await test::until_exists(folder / "held");
        auto waiting = pool.submit(whose_lock, access);
        const auto [told_here, nothing] = co_await tandem::gather(wants(), kill_it());
        const int told_there = co_await waiting;
        // One of the two was the next.
        CHECK(told_here + told_there == holder.load());
        co_await holding.wait();
    };
    block_on(all());
    CHECK(pool.statistics().died == 1);
}

TEST_CASE("a blocking lock gives up after its time limit, and names itself") {
    test::temp_folder folder;
    process_pool pool(workers(1));
    const process_mutex access;
    {
        const auto held = access.blocking_lock();
        CHECK_THROWS_AS(block_on(pool.run(lock_within, access, 20ms)), tandem::timed_out);
        CHECK_THROWS_WITH(block_on(pool.run(lock_within, access, 0ms)),
                          "process_mutex: blocking_lock timed out");
    }
    CHECK(block_on(pool.run(lock_within, access, 30s)));
    CHECK(block_on(pool.run(lock_within, access, tandem::duration::max())));
}

TEST_CASE("a blocking lock ends when the job is asked to stop") {
    test::temp_folder folder;
    process_pool pool(workers(1));
    const process_mutex access;
    const auto held = access.blocking_lock();
    auto all = [&]() -> task<> {
        auto job = pool.submit(lock_until_stopped, access, folder / "started");
        co_await test::until_exists(folder / "started");
        job.cancel();
        const std::string what = co_await job; // it has a result of its own
        CHECK(what == "stopped");
    };
    block_on(all());
    CHECK(pool.statistics().died == 0);
}

TEST_CASE("cancelling a task that waits for the mutex ends its wait and takes nothing") {
    test::temp_folder folder;
    process_pool pool(workers(1));
    const process_mutex access;
    auto wants = [&]() -> task<> { const auto held = co_await access.lock(); };
    auto all = [&]() -> task<> {
        auto holding = pool.submit(hold, access, folder.path().string());
        co_await test::until_exists(folder / "held");
        for (int i = 0; i < 5; ++i)
            CHECK_THROWS_AS(co_await tandem::timeout(3ms, wants()), tandem::timed_out);
        test::touch(folder / "open");
        co_await holding;
        // Whoever waited on behalf of those tasks does not keep it.
        const bool locked = co_await pool.run(lock_within, access, 30s);
        CHECK(locked);
    };
    block_on(all());
}

TEST_CASE("a lock that comes together with the cancellation is delivered or free, whichever is first") {
    process_pool pool(workers(1));
    const process_mutex access;
    int delivered = 0;
    auto wants = [&]() -> task<> {
        const auto held = co_await access.lock();
        ++delivered;
    };
    auto one_round = [&](int i) -> task<> {
        auto held = access.try_lock();
        while (!held) {
            co_await tandem::sleep(1ms);
            held = access.try_lock();
        }
        auto unlock = [&]() -> task<> {
            co_await tandem::sleep(1ms);
            held.unlock();
        };
        auto tries = [&]() -> task<> {
            // The last one has it, however busy the machine is.
            const tandem::duration limit = i < 59 ? std::chrono::microseconds(900 + 10 * i) : 30s;
            static_cast<void>(co_await tandem::as_result(tandem::timeout(limit, wants())));
        };
        co_await tandem::gather(unlock(), tries());
    };
    auto all = [&]() -> task<> {
        for (int i = 0; i < 60; ++i)
            co_await one_round(i);
        const bool locked = co_await pool.run(lock_within, access, 30s);
        CHECK(locked);
    };
    block_on(all());
    CHECK(delivered > 0);
}

TEST_CASE("tasks of one loop have the mutex in the order in which they came") {
    const process_mutex access;
    std::vector<int> order;
    auto wants = [&](int which) -> task<> {
        const auto held = co_await access.lock();
        order.push_back(which);
    };
    auto all = [&](tandem::task_group& group) -> task<> {
        auto held = access.try_lock();
        for (int i = 0; i < 8; ++i)
            group.spawn(wants(i));
        co_await tandem::sleep(5ms);
        held.unlock();
    };
    block_on(tandem::with_group(all));
    CHECK(order == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("who would wait for itself is told so in place of hanging") {
    const process_mutex access;
    const auto held = access.blocking_lock();
    CHECK_THROWS_WITH(access.blocking_lock(),
                      Contains("process_mutex") && Contains("this thread has locked it"));
    auto blocks = [&]() -> task<> {
        const auto again = access.blocking_lock();
        co_return;
    };
    CHECK_THROWS_WITH(block_on(blocks()), Contains("process_mutex: blocking_lock would stop the loop") &&
                                              Contains("co_await lock()"));
}

#ifndef __SANITIZE_THREAD__ // which reports it as well
TEST_CASE("a lock that another thread unlocks is reported, and free when its own thread has ended") {
    const process_mutex access;
    {
        const test::log_capture log;
        process_mutex::scoped_lock held;
        std::thread([&] {
            held = access.blocking_lock();
            std::thread([&] { held.unlock(); }).join();
        }).join();
        REQUIRE(log.records().size() == 1);
        CHECK_THAT(log.records()[0].text, Contains("process_mutex: it was not unlocked by the thread"));
    }
    CHECK(access.blocking_lock(30s).abandoned_by() == getpid());
}
#endif

TEST_CASE("a mutex travels in an initializer, to workers that are forked too") {
    const process_mutex access;
    const bool is_forked = GENERATE(false, true);
    auto options = workers(1).initializer(keep, access);
    if (is_forked) options.preload(keep, access);
    process_pool pool(options);
    CHECK(block_on(pool.run(try_kept)));
    {
        const auto held = access.try_lock();
        CHECK(held);
        CHECK_FALSE(block_on(pool.run(try_kept)));
    }
    CHECK(block_on(pool.run(try_kept)));
}

TEST_CASE("mutexes leave nothing behind") {
    test::temp_folder folder;
    const process_mutex first;
    const test::nothing_left nothing;
    const auto before = test::running_threads();
    {
        const process_mutex access;
        auto wants = [&]() -> task<> { const auto held = co_await access.lock(); };
        auto all = [&](tandem::task_group& group) -> task<> {
            const auto held = access.try_lock();
            group.spawn(wants());
            group.spawn(wants());
            co_await tandem::sleep(1ms);
        };
        block_on(tandem::with_group(all));
    }
    // The thread that waited for them goes when it has found nobody for a while.
    while (test::running_threads() > before)
        std::this_thread::sleep_for(1ms);
    CHECK(test::running_threads() <= before);
}
