// The life of a pool's workers: started early, replaced, reaped, more of them and fewer.
#include <catch2/catch.hpp>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/gather.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/threads/block_on.hpp>

#include <cstdlib>
#include <cstring>
#include <set>
#include <sys/resource.h>

#include "support/nothing_left.hpp"
#include "support/pools.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::job;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

constexpr const char* die_variable = "TANDEM_TEST_WORKERS_DIE";
/// Workers run static initialisers: this one ends them there, while the test says so.
[[maybe_unused]] const bool lives = [] {
    if (std::getenv(die_variable) && std::getenv("TANDEM_WORKER")) std::_Exit(7);
    return true;
}();

int work_here() {
    return getpid();
}

/// Touches so many MiB more, and keeps them.
int grow(int mebibytes) {
    static std::vector<std::vector<char>> kept;
    kept.emplace_back(static_cast<std::size_t>(mebibytes) << 20, 'x');
    return getpid();
}

void say_and_sleep(const std::string& file) {
    test::touch(file);
    std::this_thread::sleep_for(1h);
}

/// Lets the loop go on until `done()`.
template <class Predicate> task<> until(Predicate done) {
    while (!done())
        co_await tandem::sleep(1ms);
}

/// As many jobs as that, each held in a worker of its own.
class held_jobs {
  public:
    task<> start(process_pool& pool, int count) {
        for (int i = 0; i < count; ++i)
            jobs_.push_back(pool.submit(test::hold, folder_.path().string(), next_ + i));
        for (int i = 0; i < count; ++i)
            co_await test::until_exists(folder_ / ("started-" + std::to_string(next_ + i)));
        next_ += count;
    }
    void let_go() { test::touch(folder_ / "open"); }
    /// The sum of what they returned.
    task<int> join() {
        let_go();
        int sum = 0;
        for (job<int>& each : jobs_)
            sum += co_await each;
        co_return sum;
    }

  private:
    test::temp_folder folder_;
    std::vector<job<int>> jobs_;
    int next_ = 1;
};

} // namespace

TEST_CASE("a worker gives way to another after its jobs_per_worker") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(1).jobs_per_worker(2));
    std::vector<int> pids;
    auto all = [&]() -> task<> {
        for (int i = 0; i < 6; ++i)
            pids.push_back(co_await pool.run(work_here));
        co_await pool.stop();
    };
    block_on(all());
    CHECK(pids[0] == pids[1]);
    CHECK(pids[2] == pids[3]);
    CHECK(pids[4] == pids[5]);
    CHECK(std::set<int>(pids.begin(), pids.end()).size() == 3);
    CHECK(pool.statistics().recycled == 3);
    CHECK(pool.statistics().restarts == 3);
    CHECK(pool.statistics().died == 0);
    CHECK(pool.statistics().done == 6);
}

TEST_CASE("a worker's successor starts when it gets its last job, and the next job need not wait") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(1).jobs_per_worker(1));
    auto all = [&]() -> task<> {
        held_jobs held;
        co_await held.start(pool, 1);
        // The pool has one place, and the last job of the worker that had it still runs.
        co_await pool.run(work_here);
        CHECK(pool.statistics().running == 1);
        co_await held.join();
    };
    block_on(all());
    CHECK(pool.statistics().done == 2);
}

TEST_CASE("however often workers give way, every job runs once") {
    const test::nothing_left clean;
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(3).jobs_per_worker(GENERATE(1, 2, 7)));
    auto all = [&]() -> task<> {
        std::vector<job<void>> jobs;
        for (int i = 0; i < 60; ++i)
            jobs.push_back(pool.submit(test::note, folder / ("note-" + std::to_string(i)), i));
        co_await tandem::gather(std::move(jobs));
    };
    block_on(all());
    for (int i = 0; i < 60; ++i)
        CHECK(test::notes_in(folder / ("note-" + std::to_string(i))) == std::vector<int>{i});
    CHECK(pool.statistics().done == 60);
    CHECK(pool.statistics().died == 0);
}

TEST_CASE("a worker that has grown beyond recycle_above gives way to another") {
    const test::nothing_left clean;
#ifdef __SANITIZE_ADDRESS__
    constexpr int base = 1000; // what it needs itself
#else
    constexpr int base = 0;
#endif
    process_pool pool(process_pool_options().workers(1).recycle_above(std::size_t{base + 300} << 20));
    auto all = [&]() -> task<> {
        const int first = co_await pool.run(grow, 8);
        const int second = co_await pool.run(grow, 8);
        CHECK(first == second);
        CHECK(pool.statistics().recycled == 0);
        const int third = co_await pool.run(grow, base + 400);
        CHECK(third == first);
        const int fourth = co_await pool.run(grow, 8);
        CHECK(fourth != first);
        co_await pool.stop();
    };
    block_on(all());
    CHECK(pool.statistics().recycled == 1);
    CHECK(pool.statistics().restarts == 1);
    CHECK(pool.statistics().died == 0);
}

TEST_CASE("workers that are too large from the start give way after a job each, and no sooner") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(1).recycle_above(1));
    auto all = [&]() -> task<> {
        std::set<int> workers;
        for (int i = 0; i < 3; ++i) {
            const int worker = co_await pool.run(grow, 1);
            workers.insert(worker);
        }
        CHECK(workers.size() == 3);
        co_await pool.stop();
    };
    block_on(all());
    CHECK(pool.statistics().recycled == 3);
    CHECK(pool.statistics().died == 0);
}

TEST_CASE("workers that are idle for long exit, but for those to keep") {
    const test::nothing_left clean;
    const std::size_t kept = GENERATE(0, 1);
    process_pool pool(process_pool_options().workers(3).idle_time(10ms).keep_workers(kept));
    auto all = [&]() -> task<> {
        held_jobs held;
        co_await held.start(pool, 3);
        // Those that run something are not idle.
        co_await tandem::sleep(40ms);
        CHECK(pool.workers().size() == 3);
        const int sum = co_await held.join();
        CHECK(sum == 1 + 2 + 3);
        co_await until([&] { return pool.workers().size() == kept; });
        co_await tandem::sleep(40ms);
        CHECK(pool.workers().size() == kept);
        // There will be one when it is needed.
        co_await pool.run(work_here);
        co_await until([&] { return pool.workers().size() == kept; });
    };
    block_on(all());
    CHECK(pool.statistics().died == 0);
    CHECK(pool.statistics().restarts == 0);
    CHECK(pool.statistics().reaped == (kept ? 2 : 4));
}

TEST_CASE("warm_up starts workers before there are jobs") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(3));
    auto all = [&]() -> task<> {
        co_await pool.warm_up(2);
        CHECK(pool.workers().size() == 2);
        co_await pool.warm_up();
        CHECK(pool.workers().size() == 3);
        // There is nothing left to be done, and there are no more to be had.
        co_await pool.warm_up(1);
        co_await pool.warm_up(100);
        held_jobs held;
        co_await held.start(pool, 3);
        // Workers with work are up as well.
        co_await pool.warm_up();
        co_await held.join();
    };
    block_on(all());
    CHECK(pool.statistics().started == 3);
}

TEST_CASE("two may warm up at a time, and idle workers stay until they have done so") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(3).idle_time(1us));
    auto all = [&]() -> task<> { co_await tandem::gather(pool.warm_up(1), pool.warm_up(3)); };
    block_on(all());
    CHECK(pool.statistics().started >= 3);
    CHECK(pool.statistics().died == 0);
}

TEST_CASE("a cancelled warm_up leaves the pool as good as new") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(2));
    auto all = [&]() -> task<> {
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(pool.warm_up());
            co_await tandem::yield();
            group.cancel();
        };
        co_await tandem::with_group(body);
        co_await pool.run(work_here);
        co_await pool.warm_up();
    };
    block_on(all());
    CHECK(pool.statistics().started == 2);
}

TEST_CASE("warm_up of a stopped pool, or of one that stops meanwhile, throws broken_pool") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(2));
    auto all = [&]() -> task<> {
        auto warming = [&]() -> task<> {
            auto warm = co_await tandem::as_result(pool.warm_up());
            CHECK_THROWS_WITH(warm.value(), Catch::Contains("stopped while it warmed up"));
        };
        co_await tandem::gather(warming(), pool.stop());
        auto warm = co_await tandem::as_result(pool.warm_up());
        CHECK_THROWS_AS(warm.value(), tandem::broken_pool);
        CHECK_THROWS_WITH(warm.value(), Catch::Contains("stopped"));
    };
    block_on(all());
}

#ifndef __SANITIZE_ADDRESS__
// UndefinedBehaviorSanitizer looks at an object's type through a pipe, for which there is no descriptor.
TEST_CASE("warm_up throws broken_pool where no worker can be started") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(2));
    auto all = [&]() -> task<> {
        rlimit before{};
        getrlimit(RLIMIT_NOFILE, &before);
        const rlimit none{1, before.rlim_max};
        setrlimit(RLIMIT_NOFILE, &none);
        auto warm = co_await tandem::as_result(pool.warm_up());
        setrlimit(RLIMIT_NOFILE, &before);
        CHECK_THROWS_AS(warm.value(), tandem::broken_pool);
        CHECK_THROWS_WITH(warm.value(), Catch::Contains("no worker can be started"));
        co_await pool.warm_up();
    };
    block_on(all());
}
#endif

TEST_CASE("warm_up waits for the initializer, and fails as that does") {
    const test::nothing_left clean;
    test::temp_folder folder;
    auto slow = [](const std::string& file) {
        std::this_thread::sleep_for(20ms);
        test::note(file, 1);
    };
    process_pool good(process_pool_options().workers(2).initializer(slow, folder / "notes"));
    block_on(good.warm_up());
    CHECK(test::notes_in(folder / "notes").size() == 2);
    auto failing = [] { throw std::domain_error("no model to load"); };
    process_pool bad(process_pool_options().workers(2).initializer(failing));
    CHECK_THROWS_AS(block_on(bad.warm_up()), tandem::broken_pool);
    CHECK_THROWS_WITH(block_on(bad.warm_up()), Catch::Contains("no model to load"));
}

TEST_CASE("workers that die as they start break the pool, whatever they are started for") {
    const test::nothing_left clean;
    const std::string wanted_for = GENERATE("a job", "a job that may crash", "warming up");
    process_pool pool(process_pool_options().workers(2).jobs_per_worker(1).idle_time(1ms));
    setenv(die_variable, "1", 1);
    auto all = [&]() -> task<> {
        auto start = [&]() -> task<> {
            if (wanted_for == "a job")
                co_await pool.run(work_here);
            else if (wanted_for == "warming up")
                co_await pool.warm_up();
            else
                co_await pool.with(tandem::crash_retries(1000)).run(work_here);
        };
        auto started = co_await tandem::as_result(start());
        CHECK_THROWS_AS(started.value(), tandem::broken_pool);
        CHECK_THROWS_WITH(started.value(), Catch::Contains("workers end as soon as they start") &&
                                               Catch::Contains("exited with status 7"));
        co_await pool.drain();
    };
    block_on(all());
    unsetenv(die_variable);
    CHECK(pool.statistics().started <= 4);
}

TEST_CASE("a successor that dies as it starts is no loop either, and the pool goes on without") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(1).jobs_per_worker(2));
    auto all = [&]() -> task<> {
        co_await pool.run(work_here);
        setenv(die_variable, "1", 1);
        co_await pool.run(work_here);
        co_await until([&] { return pool.workers().empty(); });
        unsetenv(die_variable);
        co_await pool.run(work_here);
    };
    block_on(all());
    unsetenv(die_variable);
    CHECK(pool.statistics().started == 3);
}

TEST_CASE("a pool that grows starts workers for the jobs that wait") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        held_jobs held;
        co_await held.start(pool, 1);
        auto waiting = pool.submit(work_here);
        co_await tandem::sleep(5ms);
        CHECK(pool.statistics().queued == 1);
        pool.resize(2);
        co_await waiting;
        CHECK(pool.statistics().running == 1);
        co_await held.join();
    };
    block_on(all());
}

TEST_CASE("a pool that shrinks lets what runs end") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(3));
    auto all = [&]() -> task<> {
        held_jobs held;
        co_await held.start(pool, 3);
        pool.resize(1);
        CHECK(pool.workers().size() == 3);
        auto next = pool.submit(work_here);
        const int sum = co_await held.join();
        CHECK(sum == 1 + 2 + 3);
        co_await next;
        co_await until([&] { return pool.workers().size() == 1; });
        // And back again.
        pool.resize(3);
        co_await pool.warm_up();
        CHECK(pool.workers().size() == 3);
    };
    block_on(all());
    CHECK(pool.statistics().died == 0);
    CHECK(pool.statistics().restarts == 0);
    CHECK(pool.statistics().done == 4);
}

TEST_CASE("idle workers leave a pool that shrinks, and those that have just been started") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(4));
    auto all = [&]() -> task<> {
        co_await pool.warm_up(2);
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(pool.warm_up());
            co_await tandem::yield();
            CHECK(pool.workers().size() == 4);
            pool.resize(1);
        };
        // Who waits for more than there can be has all that there are.
        co_await tandem::with_group(body);
        co_await until([&] { return pool.workers().size() == 1; });
        co_await pool.run(work_here);
    };
    block_on(all());
    CHECK(pool.statistics().started == 4);
    CHECK(pool.statistics().died == 0);
}

TEST_CASE("a pool may be resized before it is used") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(1));
    pool.resize(2);
    auto all = [&]() -> task<> {
        held_jobs held;
        co_await held.start(pool, 2);
        co_await held.join();
    };
    block_on(all());
    CHECK(pool.statistics().started == 2);
}

TEST_CASE("drain waits until no job is queued or running, and the pool goes on") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        co_await pool.drain(); // there is nothing to wait for
        std::vector<job<int>> jobs;
        for (int i = 0; i < 5; ++i)
            jobs.push_back(pool.submit(test::twice, i));
        jobs[3].cancel();
        co_await pool.drain();
        for (const job<int>& each : jobs)
            CHECK(each.is_done());
        CHECK(pool.statistics().done == 4);
        CHECK(pool.workers().size() == 1);
        const int four = co_await pool.run(test::twice, 2);
        CHECK(four == 4);
    };
    block_on(all());
}

TEST_CASE("jobs submitted while a pool drains are accepted, and waited for") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        held_jobs held;
        co_await held.start(pool, 1);
        bool is_drained = false;
        auto draining = [&]() -> task<> {
            co_await pool.drain();
            is_drained = true;
            CHECK(pool.statistics().done == 2);
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(draining());
            co_await tandem::yield();
            auto late = pool.submit(work_here);
            CHECK_FALSE(is_drained);
            co_await held.join();
            co_await late;
        };
        co_await tandem::with_group(body);
        CHECK(is_drained);
    };
    block_on(all());
}

TEST_CASE("a drain ends with the last job, also where that is cancelled, crashes or is lost with the pool") {
    const test::nothing_left clean;
    const std::string how = GENERATE("cancelled", "crashes", "the pool ends");
    auto pool = std::make_unique<process_pool>(process_pool_options().workers(1).grace(10ms));
    const test::temp_folder folder;
    const std::string begun = folder / "begun";
    auto all = [&]() -> task<> {
        auto draining = [&]() -> task<> { co_await pool->drain(); };
        auto body = [&](tandem::task_group& group) -> task<> {
            auto running = [&]() -> task<> {
                auto lost = co_await tandem::as_result(pool->run(say_and_sleep, begun));
                CHECK_FALSE(lost.has_value());
            };
            auto inner = [&](tandem::task_group& runs) -> task<> {
                runs.spawn(running());
                // A worker that is killed before it takes a job has not lost it.
                co_await test::until_exists(begun);
                group.spawn(draining());
                co_await tandem::yield();
                if (how == "crashes") kill(pool->workers()[0], SIGKILL);
                if (how == "the pool ends") pool.reset();
                if (how == "cancelled") runs.cancel();
            };
            co_await tandem::with_group(inner);
        };
        co_await tandem::with_group(body);
    };
    block_on(all());
}

TEST_CASE("cancelling a drain changes nothing") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        held_jobs held;
        co_await held.start(pool, 1);
        auto late = co_await tandem::as_result(tandem::timeout(1ms, pool.drain()));
        CHECK_THROWS_AS(late.value(), tandem::timed_out);
        CHECK(pool.statistics().running == 1);
        co_await held.join();
        co_await pool.drain();
    };
    block_on(all());
}

TEST_CASE("a pool's scope ends when its workers are gone, those that give way too") {
    const test::nothing_left clean;
    auto all = [&]() -> task<> {
        process_pool pool(process_pool_options().workers(2).jobs_per_worker(1));
        held_jobs held;
        co_await held.start(pool, 2);
        pool.resize(1);
        CHECK(pool.workers().size() >= 2);
    };
    block_on(all());
    CHECK_FALSE(test::has_children());
}

TEST_CASE("a loop's end takes the workers of all phases with it, and the pool can go on in another") {
    const test::nothing_left clean;
    process_pool pool(process_pool_options().workers(2).jobs_per_worker(2).idle_time(1h));
    for (int round = 0; round < 2; ++round) {
        auto all = [&]() -> task<> {
            co_await pool.warm_up();
            co_await tandem::gather(pool.run(work_here), pool.run(work_here));
        };
        block_on(all());
        CHECK(pool.workers().empty());
        CHECK_FALSE(test::has_children());
    }
    CHECK(pool.statistics().done == 4);
}

TEST_CASE("warming up, draining and stopping may be cancelled at any moment") {
    const test::nothing_left clean;
#ifdef __SANITIZE_ADDRESS__
    constexpr auto stride = 20ms; // a worker takes a quarter of a second to start
#else
    constexpr auto stride = 250us;
#endif
    bool has_ended = false;
    for (int moment = 0; moment < 400 && !has_ended; ++moment) {
        process_pool pool(process_pool_options().workers(2).jobs_per_worker(2).idle_time(1ms));
        bool stops = false;
        auto life = [&]() -> task<> {
            co_await pool.warm_up();
            auto job = pool.submit(work_here);
            co_await pool.drain();
            CHECK(job.is_done());
            pool.resize(1);
            co_await pool.warm_up();
            stops = true;
            co_await pool.stop();
        };
        auto all = [&]() -> task<> {
            auto ended = co_await tandem::as_result(tandem::timeout(moment * stride, life()));
            has_ended = ended.has_value();
            // Whatever was cancelled, the pool is as it was, or stopped.
            auto again = co_await tandem::as_result(pool.run(test::twice, 2));
            CHECK(again.has_value() == !stops);
        };
        block_on(all());
    }
}
