// Random workers killed under load, and what must not leak.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <csignal>
#include <fcntl.h>
#include <malloc.h>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <unistd.h>

#include "support/nothing_left.hpp"
#include "support/pools.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true; // its allocator keeps freed memory, and does not tell
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

/// Notes in one piece that it has begun, works for a moment, and returns who did it.
int begin_and_work(const std::string& file, int number) {
    const std::string line = std::to_string(number) + '\n';
    const int descriptor = open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (descriptor < 0 || write(descriptor, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        throw std::runtime_error("cannot write " + file);
    close(descriptor);
    std::this_thread::sleep_for(500us);
    return getpid();
}

std::size_t resident_bytes() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::ptrdiff_t heap_bytes() {
    return static_cast<std::ptrdiff_t>(mallinfo2().uordblks);
}

/// Runs the jobs of `next()` until it gives no more, several at a time.
template <class Next> task<> in_parallel(int at_once, Next next) {
    auto work = [&]() -> task<> {
        while (true) {
            const bool more = co_await next();
            if (!more) break;
        }
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        for (int i = 0; i < at_once; ++i)
            group.spawn(work());
        co_return;
    };
    co_await tandem::with_group(body);
}

} // namespace

TEST_CASE("random workers killed every few milliseconds: each job ends once, and none runs twice") {
    const test::nothing_left nothing;
    const test::temp_folder folder;
    const std::string file = folder / "begun";
    test::touch(file);
    constexpr int kills_wanted = 250;
    std::minstd_rand random(20261124);
    process_pool pool(process_pool_options().workers(3));
    std::map<int, int> answers; // how often each job has been answered
    std::set<int> done;
    std::set<int> lost;
    std::set<int> at_work; // processes that have run a job: killing those that start breaks a pool, rightly
    int kills = 0;
    int submitted = 0;

    auto one = [&]() -> task<bool> {
        if (kills >= kills_wanted) co_return false;
        const int number = submitted++;
        try {
            const int worker = co_await pool.run(begin_and_work, file, number);
            at_work.insert(worker);
            done.insert(number);
        } catch (const tandem::worker_died&) {
            lost.insert(number);
        }
        ++answers[number];
        co_return true;
    };
    auto kill_one = [&]() {
        std::vector<int> candidates;
        for (const int pid : pool.workers())
            if (at_work.count(pid)) candidates.push_back(pid);
        if (candidates.empty()) return;
        kill(candidates[random() % candidates.size()], SIGKILL);
        ++kills;
    };
    auto killer = [&]() -> task<> {
        while (kills < kills_wanted) {
            co_await tandem::sleep(std::chrono::milliseconds(1 + random() % 4));
            kill_one();
        }
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(in_parallel(8, one));
        group.spawn(killer());
        co_return;
    };
    auto all = [&]() -> task<> {
        co_await tandem::with_group(body);
        co_await pool.stop();
    };
    block_on(all());

    INFO(submitted << " jobs, " << done.size() << " done, " << lost.size() << " lost, " << kills << " kills");
    CHECK(answers.size() == static_cast<std::size_t>(submitted));
    for (const auto& [number, count] : answers)
        if (count != 1) FAIL_CHECK("job " << number << " was answered " << count << " times");
    CHECK(done.size() + lost.size() == answers.size());
    CHECK(lost.size() > 0);
    std::map<int, int> begun;
    for (const int number : test::notes_in(file))
        ++begun[number];
    for (const auto& [number, count] : begun)
        if (count != 1) FAIL_CHECK("job " << number << " was begun " << count << " times");
    for (const int number : done)
        if (begun.count(number) == 0) FAIL_CHECK("job " << number << " was done and never begun");
    const auto counts = pool.statistics();
    CHECK(counts.submitted == static_cast<std::uint64_t>(submitted));
    CHECK(counts.done == done.size());
    CHECK(counts.crashed == lost.size());
    CHECK(counts.failed + counts.cancelled + counts.refused == 0);
    CHECK(counts.queued + counts.running == 0);
    CHECK(counts.started <= static_cast<std::uint64_t>(kills) + 3);
}

TEST_CASE("a hundred thousand jobs leave neither descriptors nor memory behind") {
    process_pool pool(process_pool_options().workers(2));
    int left = 0;
    std::vector<std::size_t> worker_memory;
    auto each = [&]() -> task<bool> {
        if (left <= 0) co_return false;
        const int number = left--;
        const int answer = co_await pool.run(test::twice, number);
        if (answer != 2 * number) throw std::logic_error("a wrong answer");
        co_return true;
    };
    auto run = [&](int count) -> task<> {
        left = count;
        co_await in_parallel(16, each);
    };
    std::ptrdiff_t descriptors = 0;
    std::ptrdiff_t heap = 0;
    std::size_t resident = 0;
    auto all = [&]() -> task<> {
        co_await run(5000); // caches fill
        descriptors = test::open_descriptors();
        heap = heap_bytes();
        const std::size_t before = co_await pool.run(resident_bytes);
        resident = resident_bytes();
        co_await run(100'000);
        descriptors = test::open_descriptors() - descriptors;
        heap = heap_bytes() - heap;
        const std::size_t now = resident_bytes();
        resident = now - std::min(now, resident);
        const std::size_t after = co_await pool.run(resident_bytes);
        worker_memory = {before, after};
    };
    block_on(all());
    CHECK(descriptors == 0);
    CHECK(pool.statistics().done == 105'002);
    if (!sanitized) {
        // A byte or two a job would show.
        CHECK(heap < 64 * 1024);
        CHECK(resident < (2 << 20));
        CHECK(worker_memory[1] < worker_memory[0] + (2 << 20));
    }
}

TEST_CASE("a thousand restarts leave neither descriptors nor memory nor processes behind") {
    const test::nothing_left nothing;
    // With a sanitizer a worker takes a quarter of a second to start, and the heap is not looked at.
    constexpr int restarts = sanitized ? 100 : 1000;
    process_pool pool(process_pool_options().workers(2));
    int left = 0;
    auto one = [&]() -> task<bool> {
        if (left <= 0) co_return false;
        --left;
        const auto crashed = co_await tandem::as_result(pool.run([] { std::_Exit(0); }));
        if (crashed) throw std::logic_error("the worker did not die");
        co_return true;
    };
    auto settle = [&]() -> task<> {
        while (pool.statistics().workers < 2)
            co_await tandem::sleep(1ms);
        co_await pool.run(test::twice, 1);
    };
    std::ptrdiff_t descriptors = 0;
    std::ptrdiff_t heap = 0;
    auto all = [&]() -> task<> {
        left = 50;
        co_await in_parallel(2, one);
        co_await settle();
        descriptors = test::open_descriptors();
        heap = heap_bytes();
        left = restarts;
        co_await in_parallel(2, one);
        co_await settle();
        descriptors = test::open_descriptors() - descriptors;
        heap = heap_bytes() - heap;
        co_await pool.stop();
    };
    block_on(all());
    CHECK(descriptors == 0);
    CHECK(pool.statistics().crashed == restarts + 50);
    CHECK(pool.statistics().started >= restarts + 50);
    // A hundred bytes a restart would show.
    if (!sanitized) CHECK(heap < 100 * restarts);
}
