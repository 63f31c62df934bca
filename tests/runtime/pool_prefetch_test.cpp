// Jobs that a worker is handed before it can run them.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <algorithm>
#include <csignal>
#include <numeric>
#include <random>
#include <set>

#include "support/pools.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::job;
using tandem::priority;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;
using test::note;
using test::notes_in;

namespace {

process_pool_options handing_over(unsigned workers, std::size_t jobs) {
    return process_pool_options().workers(workers).prefetch(jobs).grace(30s);
}

/// Says that it runs, and goes on until `file` is there. Returns at once where there is none to wait for.
void wait_for(std::string started, std::string file) {
    if (file.empty()) return;
    test::touch(started);
    while (!test::exists(file))
        std::this_thread::sleep_for(1ms);
}
void sleep_deaf(std::string started) {
    test::touch(started);
    std::this_thread::sleep_for(1h);
}
void nap() {
    std::this_thread::sleep_for(3ms);
}
void nap_and_note(const std::string& file, int value) {
    nap();
    note(file, value);
}
std::string doubled(const std::string& text) {
    return text + text;
}

std::vector<job<void>> submit_notes(process_pool& pool, const std::string& file, int count) {
    std::vector<job<void>> jobs;
    for (int i = 0; i < count; ++i)
        jobs.push_back(pool.submit(note, file, i));
    return jobs;
}
task<> all_done(std::vector<job<void>>& jobs) {
    for (auto& each : jobs)
        co_await each;
}

std::vector<int> up_to(int count) {
    std::vector<int> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

/// Lets one worker run a job that waits, puts `first` and then, with a higher priority, `second` in line, and
/// returns which of them ran first. What has been handed over cannot be overtaken.
template <class F> std::vector<int> order_behind_a_job(process_pool& pool, F function) {
    test::temp_folder folder;
    const std::string started = folder / "started";
    const std::string open = folder / "open";
    const std::string file = folder / "notes";
    auto all = [&]() -> task<> {
        // So that it is known how long they take.
        co_await pool.run(wait_for, "", "");
        co_await pool.run(function, folder / "ignored", 0);
        auto holding = pool.submit(wait_for, started, open);
        co_await test::until_exists(started);
        auto first = pool.submit(function, file, 1);
        auto second = pool.with(priority(1)).submit(function, file, 2);
        test::touch(open);
        co_await first;
        co_await second;
        co_await holding;
    };
    block_on(all());
    return notes_in(file);
}

} // namespace

TEST_CASE("jobs are done in their order, however many a worker is handed") {
    const std::size_t most = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{20}, std::size_t{500});
    test::temp_folder folder;
    const std::string file = folder / "notes";
    process_pool pool(handing_over(1, most));
    auto all = [&]() -> task<> {
        auto jobs = submit_notes(pool, file, 300);
        co_await all_done(jobs);
    };
    block_on(all());
    CHECK(notes_in(file) == up_to(300));
    CHECK(pool.statistics().done == 300);
    CHECK(pool.statistics().running + pool.statistics().queued == 0);
}

TEST_CASE("a job that has been handed over is not overtaken, one in the queue is") {
    process_pool handing(handing_over(1, 5));
    CHECK(order_behind_a_job(handing, note) == std::vector{1, 2});
    process_pool keeping(handing_over(1, 0));
    CHECK(order_behind_a_job(keeping, note) == std::vector{2, 1});
}

TEST_CASE("by itself a pool hands over what is known to be short, and keeps what is long") {
    process_pool pool(process_pool_options().workers(1));
    // However busy the machine is, three milliseconds are long.
    CHECK(order_behind_a_job(pool, nap_and_note) == std::vector{2, 1});
}

TEST_CASE("what waits behind a long job goes to a worker that becomes idle") {
    test::temp_folder folder;
    const std::string first = folder / "first";
    const std::string second = folder / "second";
    const std::string open_first = folder / "open first";
    const std::string open_second = folder / "open second";
    const std::string file = folder / "notes";
    process_pool pool(handing_over(2, 20));
    bool first_still_runs = false;
    auto all = [&]() -> task<> {
        auto one = pool.submit(wait_for, first, open_first);
        auto two = pool.submit(wait_for, second, open_second);
        co_await test::until_exists(first);
        co_await test::until_exists(second);
        auto jobs = submit_notes(pool, file, 10);
        CHECK(pool.statistics().running == 2);
        CHECK(pool.statistics().queued == 10);
        test::touch(open_second);
        co_await all_done(jobs);
        first_still_runs = !one.is_done();
        test::touch(open_first);
        co_await one;
        co_await two;
    };
    block_on(all());
    CHECK(first_still_runs);
    auto notes = notes_in(file);
    std::sort(notes.begin(), notes.end());
    CHECK(notes == up_to(10));
}

TEST_CASE("a job behind another is cancelled at once, and never runs") {
    test::temp_folder folder;
    const std::string started = folder / "started";
    const std::string open = folder / "open";
    const std::string file = folder / "notes";
    process_pool pool(handing_over(1, 20));
    bool was_at_once = false;
    auto all = [&]() -> task<> {
        auto holding = pool.submit(wait_for, started, open);
        co_await test::until_exists(started);
        auto jobs = submit_notes(pool, file, 5);
        jobs[1].cancel();
        jobs[4].cancel();
        co_await jobs[1].wait();
        co_await jobs[4].wait();
        was_at_once = !holding.is_done() && pool.statistics().queued == 3;
        test::touch(open);
        for (const std::size_t i : {0, 2, 3})
            co_await jobs[i];
        co_await holding;
    };
    block_on(all());
    CHECK(was_at_once);
    CHECK(notes_in(file) == std::vector{0, 2, 3});
    CHECK(pool.statistics().cancelled == 2);
    CHECK(pool.statistics().started == 1);
}

TEST_CASE("jobs that a killed worker had not begun with run elsewhere, in their order") {
    test::temp_folder folder;
    const std::string started = folder / "started";
    const std::string file = folder / "notes";
    process_pool pool(handing_over(1, 20));
    std::vector<unsigned> attempts;
    auto all = [&]() -> task<> {
        auto victim = pool.submit(sleep_deaf, started);
        co_await test::until_exists(started);
        auto jobs = submit_notes(pool, file, 10);
        kill(pool.workers().at(0), SIGKILL);
        co_await all_done(jobs);
        for (const auto& each : jobs)
            attempts.push_back(each.attempts());
        auto crashed = co_await tandem::as_result(std::move(victim));
        CHECK_THROWS_AS(crashed.value(), tandem::worker_died);
    };
    block_on(all());
    CHECK(notes_in(file) == up_to(10));
    CHECK(attempts == std::vector<unsigned>(10, 1));
    CHECK(pool.statistics().crashed == 1);
    CHECK(pool.statistics().done == 10);
}

TEST_CASE("a worker that is stopped for one job takes no other with it") {
    test::temp_folder folder;
    const std::string started = folder / "started";
    const std::string file = folder / "notes";
    process_pool pool(handing_over(1, 20));
    auto all = [&]() -> task<> {
        auto victim = pool.submit(sleep_deaf, started);
        co_await test::until_exists(started);
        auto jobs = submit_notes(pool, file, 10);
        victim.cancel();
        co_await all_done(jobs);
        co_await victim.wait();
    };
    block_on(all());
    CHECK(notes_in(file) == up_to(10));
    CHECK(pool.statistics().crashed == 0);
    CHECK(pool.statistics().cancelled == 1);
    CHECK(pool.statistics().started == 2);
}

TEST_CASE("a crash fails the job that crashed, not the one before it") {
    process_pool pool(handing_over(1, 60));
    int done = 0;
    int died = 0;
    auto all = [&]() -> task<> {
        for (int round = 0; round < 20; ++round) {
            std::vector<job<void>> jobs;
            for (int i = 0; i < 10; ++i)
                jobs.push_back(pool.submit(
                    [](int n) {
                        if (n == 5) std::_Exit(1);
                    },
                    i));
            for (int i = 0; i < 10; ++i) {
                auto outcome = co_await tandem::as_result(std::move(jobs[static_cast<std::size_t>(i)]));
                ++(outcome ? done : died);
                if (!outcome && i != 5) FAIL_CHECK("job " << i << " died");
            }
        }
    };
    block_on(all());
    CHECK(done == 180);
    CHECK(died == 20);
}

TEST_CASE("a bounded queue counts what has been handed over and not begun") {
    test::temp_folder folder;
    const std::string started = folder / "started";
    const std::string open = folder / "open";
    process_pool pool(handing_over(1, 20).queue_limit(3));
    auto all = [&]() -> task<> {
        auto holding = pool.submit(wait_for, started, open);
        co_await test::until_exists(started);
        auto jobs = submit_notes(pool, folder / "notes", 3);
        CHECK_FALSE(pool.try_submit(note, folder / "notes", 3));
        test::touch(open);
        co_await pool.room();
        co_await all_done(jobs);
        co_await holding;
    };
    block_on(all());
}

TEST_CASE("small and large arguments and results keep their order among each other") {
    process_pool pool(handing_over(2, 30));
    std::mt19937 random(7);
    auto all = [&]() -> task<int> {
        std::vector<std::string> texts;
        std::vector<job<std::string>> jobs;
        for (int i = 0; i < 400; ++i) {
            const std::size_t size = i % 7 == 0 ? random() % 200'000 : random() % 5'000;
            texts.emplace_back(size, static_cast<char>('a' + i % 26));
            jobs.push_back(pool.submit(doubled, texts.back()));
        }
        int right = 0;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            const std::string answer = co_await jobs[i];
            right += answer == texts[i] + texts[i] ? 1 : 0;
        }
        co_return right;
    };
    CHECK(block_on(all()) == 400);
}

TEST_CASE("a job that throws, one that is cancelled and one that is done do not mix up") {
    process_pool pool(handing_over(2, 60));
    int wrong = 0;
    auto all = [&]() -> task<> {
        for (int round = 0; round < 30; ++round) {
            std::vector<job<int>> jobs;
            for (int i = 0; i < 40; ++i)
                jobs.push_back(pool.submit(
                    [](int n) {
                        if (n % 3 == 1) throw std::out_of_range(std::to_string(n));
                        return n;
                    },
                    i));
            for (std::size_t i = 2; i < jobs.size(); i += 3)
                jobs[i].cancel();
            for (std::size_t i = 0; i < jobs.size(); ++i) {
                auto outcome = co_await tandem::as_result(std::move(jobs[i]));
                const int n = static_cast<int>(i);
                try {
                    if (outcome.value() != n || n % 3 == 1) ++wrong;
                } catch (const std::out_of_range& error) {
                    if (error.what() != std::to_string(n)) ++wrong;
                } catch (const tandem::job_cancelled&) {
                    if (n % 3 != 2) ++wrong;
                }
            }
        }
    };
    block_on(all());
    CHECK(wrong == 0);
}

TEST_CASE("whatever is killed and cancelled, every job ends once and runs at most once") {
    test::temp_folder folder;
    const std::string file = folder / "notes";
    process_pool pool(handing_over(2, 30).grace(20ms));
    std::mt19937 random(11);
    int done = 0;
    int others = 0;
    int killed = 0;
    const int count = 1500;
    auto work = [&](tandem::task_group& group) -> task<> {
        group.spawn([](process_pool& cpu, std::mt19937& chance, int& kills) -> task<> {
            while (true) {
                co_await tandem::sleep(std::chrono::milliseconds(3 + chance() % 10));
                // One that has done something: three that end before they have would break the pool.
                const int worker = co_await cpu.with(priority(1)).run(&getpid);
                kill(worker, SIGKILL);
                ++kills;
            }
        }(pool, random, killed));
        std::vector<job<void>> jobs;
        for (int i = 0; i < count; ++i) {
            jobs.push_back(pool.submit(note, file, i));
            if (i % 5 == 0) jobs[random() % jobs.size()].cancel();
            if (i % 50 == 0) co_await tandem::sleep(1ms);
        }
        for (auto& each : jobs) {
            auto outcome = co_await tandem::as_result(std::move(each));
            ++(outcome ? done : others);
        }
        group.cancel();
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(work); };
    block_on(all());
    const auto counts = pool.statistics();
    CHECK(done + others == count);
    CHECK(killed > 0);
    CHECK(counts.done == static_cast<std::uint64_t>(done + killed));
    CHECK(counts.done + counts.failed + counts.crashed + counts.cancelled + counts.refused ==
          counts.submitted);
    CHECK(counts.running + counts.queued == 0);
    const auto notes = notes_in(file);
    CHECK(std::set<int>(notes.begin(), notes.end()).size() == notes.size());
    CHECK(notes.size() >= static_cast<std::size_t>(done));
}
