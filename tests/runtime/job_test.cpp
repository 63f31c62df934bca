// A submitted call as a value, whoever does it.
#include <catch2/catch.hpp>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/threads/block_on.hpp>

#include "support/pools.hpp"

#define FOR_EACH_POOL(name) TEMPLATE_TEST_CASE(name, "", tandem::thread_pool, tandem::process_pool)

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::job;
using tandem::job_state;
using tandem::task;

namespace {

int refuse(int value) {
    throw std::domain_error("refused " + std::to_string(value));
}
/// A function with a loop of its own.
int wait_in_a_loop(const std::string& started, std::stop_token stop) {
    test::touch(started);
    auto wait = []() -> task<int> {
        co_await tandem::sleep(1h);
        co_return 1;
    };
    return block_on(stop, wait());
}

template <class T> task<T> outcome_of(const job<T>& what) {
    co_return co_await what;
}

/// Occupies a pool of one worker until it is told to open.
template <class Pool> class occupied {
  public:
    occupied(Pool& pool, const test::temp_folder& folder)
        : folder_(folder.path().string())
        , holder_(pool.submit(test::hold, folder_, 0)) {}
    task<> until_it_runs() { return test::until_exists(folder_ + "/started-0"); }
    task<> open() {
        test::touch(folder_ + "/open");
        return end();
    }

  private:
    task<> end() { co_await holder_; }
    std::string folder_;
    job<int> holder_;
};

} // namespace

FOR_EACH_POOL("a submitted call runs at once, and its value waits for the await") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        auto noted = pool.submit(test::note, folder / "notes", 7);
        auto answer = pool.submit(test::twice, 21);
        while (!answer.is_done())
            co_await tandem::sleep(1ms);
        CHECK(test::notes_in(folder / "notes") == std::vector{7});
        CHECK(answer.state() == job_state::done);
        CHECK(answer.attempts() == 1);
        const int value = co_await answer;
        CHECK(value == 42);
        CHECK(answer.state() == job_state::done);
        co_await noted;
    };
    block_on(all());
}

FOR_EACH_POOL("a job tells where it is, and how long it took") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        occupied<TestType> holder(pool, folder);
        co_await holder.until_it_runs();
        auto later = pool.submit(test::twice, 1);
        co_await tandem::sleep(2ms);
        CHECK(later.state() == job_state::queued);
        CHECK(later.attempts() == 0);
        CHECK_FALSE(later.times().started_at());
        CHECK(later.times().ran() == tandem::duration::zero());
        CHECK(later.times().waited() >= 2ms);
        co_await holder.open();
        co_await later;
        const auto times = later.times();
        REQUIRE(times.started_at());
        REQUIRE(times.ended_at());
        CHECK(times.queued_at() <= *times.started_at());
        CHECK(*times.started_at() <= *times.ended_at());
        CHECK(times.waited() >= 2ms);
        CHECK(times.ran() == *times.ended_at() - *times.started_at());
    };
    block_on(all());
}

FOR_EACH_POOL("a job's error is that of its function") {
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        auto failing = pool.submit(refuse, 3);
        auto outcome = co_await tandem::as_result(outcome_of(failing));
        CHECK_THROWS_AS(outcome.value(), std::domain_error);
        CHECK(outcome.what() == "refused 3");
        CHECK(failing.state() == job_state::failed);
    };
    block_on(all());
}

FOR_EACH_POOL("awaiting a job twice, or in two tasks at a time, is a usage_error") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        auto once = pool.submit(test::twice, 1);
        co_await once;
        auto again = co_await tandem::as_result(outcome_of(once));
        CHECK_THROWS_AS(again.value(), tandem::usage_error);

        auto shared = pool.submit(test::hold, folder.path().string(), 0);
        auto first = [&]() -> task<int> { co_return co_await shared; };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(first());
            co_await tandem::yield();
            auto second = co_await tandem::as_result(outcome_of(shared));
            CHECK_THROWS_AS(second.value(), tandem::usage_error);
            test::touch(folder / "open");
        };
        co_await tandem::with_group(body);
    };
    block_on(all());
    // Outside of a coroutine there is no scope for it.
    CHECK_THROWS_AS(pool.submit(test::twice, 1), tandem::usage_error);
}

FOR_EACH_POOL("a cancelled job that is queued never runs") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        occupied<TestType> holder(pool, folder);
        co_await holder.until_it_runs();
        auto queued = pool.submit(test::note, folder / "notes", 1);
        queued.cancel();
        queued.cancel();
        auto outcome = co_await tandem::as_result(outcome_of(queued));
        CHECK_THROWS_AS(outcome.value(), tandem::job_cancelled);
        CHECK(queued.state() == job_state::cancelled);
        CHECK(queued.attempts() == 0);
        co_await holder.open();
        co_await pool.run(test::twice, 1);
        CHECK(test::notes_in(folder / "notes").empty());
    };
    block_on(all());
}

FOR_EACH_POOL("a cancelled job that runs is told by its stop_token, and its value delivered") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        auto running = pool.submit(test::hold, folder.path().string(), 5);
        co_await test::until_exists(folder / "started-5");
        CHECK(running.state() == job_state::running);
        running.cancel();
        const int value = co_await running;
        CHECK(value == -5);
        CHECK(running.state() == job_state::done);
    };
    block_on(all());
}

FOR_EACH_POOL("a function that ends its own loop when it is told to stop has been cancelled") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        auto running = pool.submit(wait_in_a_loop, folder / "started");
        co_await test::until_exists(folder / "started");
        running.cancel();
        auto outcome = co_await tandem::as_result(outcome_of(running));
        CHECK_THROWS_AS(outcome.value(), tandem::job_cancelled);
        const int answer = co_await pool.run(test::twice, 4);
        CHECK(answer == 8);
    };
    block_on(all());
}

TEST_CASE("a job in a process that takes no stop_token is stopped all the same") {
    test::temp_folder folder;
    auto pool = test::make_pool<tandem::process_pool>(1);
    auto deaf = [](const std::string& file) {
        test::touch(file);
        std::this_thread::sleep_for(1h);
    };
    auto all = [&]() -> task<> {
        auto running = pool.submit(deaf, folder / "started");
        co_await test::until_exists(folder / "started");
        running.cancel();
        auto outcome = co_await tandem::as_result(outcome_of(running));
        CHECK_THROWS_AS(outcome.value(), tandem::job_cancelled);
        CHECK(running.state() == job_state::cancelled);
        const int answer = co_await pool.run(test::twice, 4);
        CHECK(answer == 8);
    };
    block_on(all());
}

FOR_EACH_POOL("dropping a job cancels it, wherever it is") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        {
            auto running = pool.submit(test::hold, folder.path().string(), 1);
            auto queued = pool.submit(test::note, folder / "notes", 1);
            co_await test::until_exists(folder / "started-1");
        }
        co_await test::until_exists(folder / "stopped-1");
        const int answer = co_await pool.run(test::twice, 4);
        CHECK(answer == 8);
        CHECK(test::notes_in(folder / "notes").empty());
    };
    block_on(all());
}

FOR_EACH_POOL("a loop waits for jobs that were dropped and could not stop at once") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        auto running = pool.submit(test::hold, folder.path().string(), 1);
        co_await test::until_exists(folder / "started-1");
    };
    block_on(all());
    CHECK(test::exists(folder / "stopped-1"));
}

FOR_EACH_POOL("the deadline of the scope reaches the job") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        auto work = [&]() -> task<int> {
            auto endless = pool.submit(wait_in_a_loop, folder / "started");
            co_return co_await endless;
        };
        auto outcome = co_await tandem::as_result(tandem::timeout(50ms, work()));
        CHECK_THROWS_AS(outcome.value(), tandem::timed_out);
        const int answer = co_await pool.run(test::twice, 4);
        CHECK(answer == 8);
    };
    block_on(all());
}

FOR_EACH_POOL("cancelling the await cancels the job, and a value that comes all the same is delivered") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    int delivered = 0;
    auto all = [&]() -> task<> {
        auto running = pool.submit(test::hold, folder.path().string(), 9);
        auto await_it = [&]() -> task<> { delivered = co_await running; };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(await_it());
            co_await test::until_exists(folder / "started-9");
            group.cancel();
        };
        co_await tandem::with_group(body);
        CHECK(test::exists(folder / "stopped-9"));
    };
    block_on(all());
    CHECK(delivered == -9);
}

FOR_EACH_POOL("wait leaves the job and its outcome alone") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        auto running = pool.submit(test::hold, folder.path().string(), 2);
        auto await_it = [&]() -> task<> { co_await running.wait(); };
        const bool ended = co_await tandem::move_on_after(2ms, await_it());
        CHECK_FALSE(ended);
        CHECK_FALSE(running.is_done());
        test::touch(folder / "open");
        co_await running.wait();
        co_await running.wait();
        const int value = co_await running;
        CHECK(value == 2);
    };
    block_on(all());
}

FOR_EACH_POOL("a job goes on when the scope in which it was submitted has ended") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        std::optional<job<int>> kept;
        auto body = [&](tandem::task_group&) -> task<> {
            kept.emplace(pool.submit(test::hold, folder.path().string(), 3));
            co_return;
        };
        co_await tandem::with_group(body);
        test::touch(folder / "open");
        const int value = co_await *kept;
        CHECK(value == 3);
    };
    block_on(all());
}

FOR_EACH_POOL("jobs in a vector go to gather, race and as_completed") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(2);
    auto all = [&]() -> task<> {
        std::vector<job<int>> jobs;
        for (int i = 0; i < 20; ++i)
            jobs.push_back(pool.submit(test::twice, i));
        const auto values = co_await tandem::gather(std::move(jobs));
        REQUIRE(values.size() == 20);
        CHECK(values[19] == 38);

        jobs.clear();
        jobs.push_back(pool.submit(refuse, 1));
        jobs.push_back(pool.submit(test::twice, 1));
        auto outcomes = co_await tandem::gather(tandem::keep_going, std::move(jobs));
        CHECK(outcomes.at(0).what() == "refused 1");
        CHECK(outcomes.at(1).value() == 2);

        jobs.clear();
        jobs.push_back(pool.submit(test::hold, folder.path().string(), 1));
        jobs.push_back(pool.submit(test::twice, 4));
        const int winner = co_await tandem::race(std::move(jobs));
        CHECK(winner == 8);

        jobs.clear();
        for (int i = 0; i < 20; ++i)
            jobs.push_back(pool.submit(test::twice, i));
        auto coming = tandem::as_completed(std::move(jobs));
        int sum = 0;
        while (auto value = co_await coming.next())
            sum += *value;
        CHECK(sum == 380);
    };
    block_on(all());
    // The loser of the race had been joined, if it ran at all.
    CHECK(test::exists(folder / "started-1") == test::exists(folder / "stopped-1"));
}

FOR_EACH_POOL(
    "whenever a crowd of jobs is cancelled, each has a value or was cancelled, and the pool works") {
    auto pool = test::make_pool<TestType>(2);
    int done = 0, cancelled = 0;
    auto all = [&]() -> task<> {
        for (int moment = 0; moment < 30; ++moment) {
            std::vector<job<int>> jobs;
            for (int i = 0; i < 8; ++i)
                jobs.push_back(pool.submit(test::twice, i));
            for (int step = 0; step < moment; ++step)
                co_await tandem::yield();
            if (moment >= 20) co_await tandem::sleep(std::chrono::microseconds(50 * (moment - 20)));
            for (auto& each : jobs)
                each.cancel();
            for (int i = 0; i < 8; ++i) {
                auto outcome = co_await tandem::as_result(outcome_of(jobs[static_cast<std::size_t>(i)]));
                if (outcome) {
                    ++done;
                    CHECK(outcome.value() == 2 * i);
                    CHECK(jobs[static_cast<std::size_t>(i)].state() == job_state::done);
                } else {
                    ++cancelled;
                    CHECK_THROWS_AS(outcome.value(), tandem::job_cancelled);
                    CHECK(jobs[static_cast<std::size_t>(i)].state() == job_state::cancelled);
                }
            }
        }
        const int answer = co_await pool.run(test::twice, 4);
        CHECK(answer == 8);
    };
    block_on(all());
    CHECK(done + cancelled == 240);
}
