// Jobs that kill their workers, and are run again where their calls say so.
#include <catch2/catch.hpp>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/gather.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/threads/block_on.hpp>
#include <tandem/threads/thread_pool.hpp>

#include <csignal>

#include "support/log_capture.hpp"
#include "support/nothing_left.hpp"
#include "support/pools.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::crash_retries;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

/// Dies in its first `deaths` runs, of which `file` has a note each; then returns how many runs there were.
int die_at_first(std::string file, int deaths) {
    test::note(file, 1);
    const int runs = static_cast<int>(test::notes_in(file).size());
    if (runs <= deaths) raise(SIGKILL);
    return runs;
}
/// The same under another name.
int die_elsewhere(std::string file, int deaths) {
    return die_at_first(file, deaths);
}
constexpr int for_ever = 1'000'000;

int runs_in(const std::string& file) {
    return static_cast<int>(test::notes_in(file).size());
}

} // namespace

TEST_CASE("a job that killed its worker is not run again unless its call says so") {
    const test::nothing_left clean;
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1));
    CHECK_THROWS_AS(block_on(pool.run(die_at_first, folder / "runs", 1)), tandem::worker_died);
    CHECK(runs_in(folder / "runs") == 1);
    CHECK(pool.statistics().retried == 0);
    CHECK(pool.statistics().crashed == 1);
}

TEST_CASE("crash_retries runs it again, and its attempts are counted") {
    const test::nothing_left clean;
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        auto job = pool.with(crash_retries(3)).submit(die_at_first, folder / "runs", 2);
        const int runs = co_await job;
        CHECK(runs == 3);
        CHECK(job.attempts() == 3);
    };
    block_on(all());
    const auto seen = pool.statistics();
    CHECK(seen.submitted == 1);
    CHECK(seen.done == 1);
    CHECK(seen.crashed == 0);
    CHECK(seen.retried == 2);
    CHECK(seen.died == 2);
    CHECK(seen.restarts == 2);
    CHECK(pool.statistics_by_function().at(0).retried == 2);
}

TEST_CASE("a job that dies more often than crash_retries fails with the last death") {
    const test::nothing_left clean;
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        auto job = pool.with(crash_retries(2)).submit(die_at_first, folder / "runs", for_ever);
        auto died = co_await tandem::as_result(std::move(job));
        CHECK_THROWS_AS(died.value(), tandem::worker_died);
        CHECK_THROWS_WITH(died.value(), Catch::Contains("killed by SIGKILL") &&
                                            Catch::Contains("die_at_first") &&
                                            !Catch::Contains("not run again"));
    };
    block_on(all());
    CHECK(runs_in(folder / "runs") == 3);
    CHECK(pool.statistics().crashed == 1);
    CHECK(pool.statistics().retried == 2);
}

TEST_CASE("a function that kills workers again and again is not run again for ever") {
    const test::nothing_left clean;
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1).poison_limit(3));
    auto all = [&]() -> task<> {
        auto stubborn = pool.with(crash_retries(for_ever));
        auto died = co_await tandem::as_result(stubborn.run(die_at_first, folder / "runs", for_ever));
        CHECK(runs_in(folder / "runs") == 3);
        try {
            died.value();
            FAIL("it did not die");
        } catch (const tandem::poisoned_job& error) {
            CHECK(error.deaths() == 3);
            CHECK(error.signal() == SIGKILL);
            CHECK_THAT(error.what(), Catch::StartsWith("job 1 (") && Catch::Contains("die_at_first") &&
                                         Catch::Contains("has killed 3 workers in a row"));
        }
        // It has its one chance each time that it is called, others have all of theirs.
        died = co_await tandem::as_result(stubborn.run(die_at_first, folder / "runs", for_ever));
        CHECK_THROWS_AS(died.value(), tandem::poisoned_job);
        CHECK(runs_in(folder / "runs") == 4);
        const int runs = co_await stubborn.run(die_elsewhere, folder / "others", 2);
        CHECK(runs == 3);
    };
    block_on(all());
    CHECK(pool.statistics().crashed == 2);
    CHECK(pool.statistics().done == 1);
}

TEST_CASE("a call that ends by itself ends the row of deaths") {
    const test::nothing_left clean;
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1).poison_limit(3));
    auto all = [&]() -> task<> {
        auto stubborn = pool.with(crash_retries(for_ever));
        for (int round = 0; round < 3; ++round) {
            const int runs =
                co_await stubborn.run(die_at_first, folder / ("runs-" + std::to_string(round)), 2);
            CHECK(runs == 3);
        }
    };
    block_on(all());
    CHECK(pool.statistics().done == 3);
    CHECK(pool.statistics().retried == 6);
}

TEST_CASE("deaths count for the function, whichever job dies") {
    const test::nothing_left clean;
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1).poison_limit(4));
    auto all = [&]() -> task<> {
        std::vector<tandem::job<int>> jobs;
        for (int i = 0; i < 4; ++i)
            jobs.push_back(pool.with(crash_retries(1)).submit(die_at_first, folder / "runs", for_ever));
        auto ended = co_await tandem::gather(tandem::keep_going, std::move(jobs));
        for (auto& each : ended)
            CHECK_THROWS_AS(each.value(), tandem::worker_died);
        // Two that died twice; and then, each on its first run, two more.
        CHECK_THROWS_AS(ended[2].value(), tandem::poisoned_job);
        CHECK_THROWS_AS(ended[3].value(), tandem::poisoned_job);
    };
    block_on(all());
    CHECK(runs_in(folder / "runs") == 6);
}

TEST_CASE("a job that is run again stands at the head of its queue") {
    const test::nothing_left clean;
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        auto first = [](const std::string& notes, std::string runs) {
            die_at_first(runs, 1);
            test::note(notes, 1);
        };
        auto job = pool.with(crash_retries(1)).submit(first, folder / "notes", folder / "runs");
        auto second = pool.submit(test::note, folder / "notes", 2);
        auto third = pool.submit(test::note, folder / "notes", 3);
        co_await tandem::gather(std::move(job), std::move(second), std::move(third));
    };
    block_on(all());
    CHECK(test::notes_in(folder / "notes") == std::vector<int>{1, 2, 3});
}

TEST_CASE("a job that dies again and again is cancelled like others") {
    const test::nothing_left clean;
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1).poison_limit(for_ever));
    const test::log_capture quiet;
    auto all = [&]() -> task<> {
        auto loops = pool.with(crash_retries(for_ever)).run(die_at_first, folder / "runs", for_ever);
        auto late = co_await tandem::as_result(tandem::timeout(60ms, std::move(loops)));
        CHECK_THROWS_AS(late.value(), tandem::timed_out);
        co_await pool.drain();
    };
    block_on(all());
    CHECK(pool.statistics().cancelled == 1);
}

TEST_CASE("stop waits for a job that is run again") {
    const test::nothing_left clean;
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        auto job = pool.with(crash_retries(2)).submit(die_at_first, folder / "runs", 2);
        co_await pool.stop();
        const int runs = co_await job;
        CHECK(runs == 3);
    };
    block_on(all());
}

TEST_CASE("a chunk of a map is run again as a whole") {
    const test::nothing_left clean;
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        // The second item of the first chunk kills its worker once.
        auto visit = [](const std::string& name) {
            const std::string file = name.substr(1);
            if (name[0] == '!') return die_at_first(file, 1);
            test::note(file, 1);
            return 0;
        };
        const std::vector<std::string> items{"-" + (folder / "a"), "!" + (folder / "b"),
                                             "-" + (folder / "c")};
        auto values = pool.with(crash_retries(1)).map(visit, items, tandem::chunk(2));
        std::vector<int> seen;
        while (auto value = co_await values.next())
            seen.push_back(*value);
        CHECK(seen == std::vector<int>{0, 2, 0});
    };
    block_on(all());
    CHECK(runs_in(folder / "a") == 2);
    CHECK(runs_in(folder / "c") == 1);
}

TEST_CASE("each time that a job is run again the log says why") {
    const test::nothing_left clean;
    test::temp_folder folder;
    test::log_capture log;
    process_pool pool(process_pool_options().workers(1));
    block_on(pool.with(crash_retries(1)).run(die_at_first, folder / "runs", 1));
    REQUIRE(log.texts().size() == 1);
    CHECK_THAT(log.texts()[0], Catch::Contains("killed by SIGKILL") && Catch::Contains("it is run again"));
}

TEST_CASE("a thread_pool takes crash_retries and cost, which mean nothing there") {
    tandem::thread_pool threads(1);
    const int value = block_on(threads.with(crash_retries(3), tandem::cost(1ms)).run(test::twice, 2));
    CHECK(value == 4);
}

TEST_CASE("what calls cost does not change their order") {
    const test::nothing_left clean;
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        auto holder = pool.submit(test::hold, folder.path().string(), 0);
        co_await test::until_exists(folder / "started-0");
        std::vector<tandem::job<void>> jobs;
        for (int i = 0; i < 6; ++i)
            jobs.push_back(pool.with(tandem::cost(i % 2 ? 1us : 1h)).submit(test::note, folder / "notes", i));
        test::touch(folder / "open");
        co_await holder;
        co_await tandem::gather(std::move(jobs));
    };
    block_on(all());
    CHECK(test::notes_in(folder / "notes") == std::vector<int>{0, 1, 2, 3, 4, 5});
}

TEST_CASE("what a call is said to cost decides whether it may wait in a worker behind another") {
    const test::nothing_left clean;
    const bool is_short = GENERATE(true, false);
    test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<> {
        auto quick = pool.with(tandem::cost(1us));
        auto holder = quick.submit(test::hold, folder.path().string(), 0);
        co_await test::until_exists(folder / "started-0");
        auto first = pool.with(tandem::cost(is_short ? 1us : 1h)).submit(test::note, folder / "notes", 1);
        // It overtakes what is in the queue, and not what the worker has already.
        auto urgent = pool.with(tandem::priority(1)).submit(test::note, folder / "notes", 2);
        test::touch(folder / "open");
        co_await holder;
        co_await tandem::gather(std::move(first), std::move(urgent));
    };
    block_on(all());
    CHECK(test::notes_in(folder / "notes") == (is_short ? std::vector<int>{1, 2} : std::vector<int>{2, 1}));
}
