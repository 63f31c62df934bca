// What a call may be told beside its function: priority, deadline, and how long the queue may get.
#include <catch2/catch.hpp>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/threads/block_on.hpp>

#include <algorithm>

#include "support/pools.hpp"

#define FOR_EACH_POOL(name) TEMPLATE_TEST_CASE(name, "", tandem::thread_pool, tandem::process_pool)

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::job;
using tandem::priority;
using tandem::task;
using tandem::with_deadline;

static_assert(tandem::executor<tandem::thread_pool>);
static_assert(tandem::executor<tandem::process_pool>);
static_assert(tandem::executor<tandem::executor_view<tandem::thread_pool>>);
static_assert(tandem::executor<tandem::executor_view<tandem::process_pool>>);
static_assert(!tandem::executor<std::vector<int>>);

namespace {

int until_stopped(const std::string& started, std::stop_token stop) {
    test::touch(started);
    while (!stop.stop_requested())
        std::this_thread::sleep_for(1ms);
    throw std::runtime_error("was asked to stop");
}

std::size_t queued(const tandem::thread_pool& pool) {
    return pool.queued();
}
std::size_t queued(const tandem::process_pool& pool) {
    return pool.statistics().queued;
}

/// Written once for every executor.
task<int> sum_of_doubles(tandem::executor auto& where, std::vector<int> numbers) {
    auto doubled = where.map(test::twice, numbers, tandem::chunk(2));
    int sum = 0;
    while (auto value = co_await doubled.next())
        sum += *value;
    co_return sum;
}

} // namespace

FOR_EACH_POOL("a function that takes an executor takes each of them, with options or without") {
    auto pool = test::make_pool<TestType>(2);
    auto all = [&]() -> task<> {
        const std::vector<int> numbers{1, 2, 3};
        const int sum = co_await sum_of_doubles(pool, numbers);
        CHECK(sum == 12);
        auto urgent = pool.with(priority(3));
        const int again = co_await sum_of_doubles(urgent, numbers);
        CHECK(again == 12);
    };
    block_on(all());
}

FOR_EACH_POOL("the queue is served by priority, and first come, first served within one") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        auto holder = pool.submit(test::hold, folder.path().string(), 0);
        co_await test::until_exists(folder / "started-0");
        std::vector<job<void>> jobs;
        for (const int level : {0, 5, -1, 5, 0, 7, -1})
            jobs.push_back(
                pool.with(priority(level))
                    .submit(test::note, folder / "notes", level * 10 + static_cast<int>(jobs.size())));
        auto run_it = [&]() -> task<> {
            co_await pool.with(priority(6)).run(test::note, folder / "notes", 6);
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(run_it());
            co_await tandem::yield();
            test::touch(folder / "open");
            co_await tandem::gather(std::move(jobs));
        };
        co_await tandem::with_group(body);
        co_await holder;
        CHECK(test::notes_in(folder / "notes") == std::vector{75, 6, 51, 53, 0, 4, -8, -4});
    };
    block_on(all());
}

FOR_EACH_POOL("a deadline of its own stops a call with timed_out") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        const int quick = co_await pool.with(with_deadline(1h)).run(test::twice, 3);
        CHECK(quick == 6);
        auto limited = pool.with(with_deadline(50ms));
        auto stuck = limited.submit(test::hold, folder.path().string(), 1);
        co_await stuck.wait();
        // Its value came late, but it came, unless the time was over before it had begun.
        CHECK(test::exists(folder / "stopped-1") == (stuck.state() == tandem::job_state::done));

        // One that never leaves the queue.
        auto holder = pool.submit(test::hold, folder.path().string(), 2);
        co_await test::until_exists(folder / "started-2");
        auto queued = limited.submit(test::twice, 1);
        co_await queued.wait();
        CHECK(queued.state() == tandem::job_state::failed);
        auto await_it = [&]() -> task<> { co_await queued; };
        auto outcome = co_await tandem::as_result(await_it());
        CHECK_THROWS_AS(outcome.value(), tandem::timed_out);

        const auto moment = tandem::clock::now();
        auto past = co_await tandem::as_result(pool.with(with_deadline(moment)).run(test::twice, 1));
        CHECK_THROWS_AS(past.value(), tandem::timed_out);
        test::touch(folder / "open");
        co_await holder;
    };
    block_on(all());
}

TEST_CASE("a deadline stops a function that does not listen, where it runs in a process") {
    auto pool = test::make_pool<tandem::process_pool>(1);
    auto all = [&]() -> task<> {
        auto deaf = pool.with(with_deadline(50ms)).run([] { std::this_thread::sleep_for(1h); });
        auto outcome = co_await tandem::as_result(std::move(deaf));
        CHECK_THROWS_AS(outcome.value(), tandem::timed_out);
        const int answer = co_await pool.run(test::twice, 4);
        CHECK(answer == 8);
    };
    block_on(all());
}

FOR_EACH_POOL("options add up, and the view they are on may be kept") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1);
    auto all = [&]() -> task<> {
        const auto urgent = pool.with(priority(9));
        const auto limited = urgent.with(with_deadline(50ms));
        auto failing = co_await tandem::as_result(limited.run(until_stopped, folder / "started"));
        CHECK_FALSE(failing.has_value());
        const int answer = co_await urgent.run(test::twice, 4);
        CHECK(answer == 8);
    };
    block_on(all());
}

FOR_EACH_POOL("a bounded queue refuses try_submit when it is full, and never run or submit") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1, 2);
    auto all = [&]() -> task<> {
        auto holder = pool.try_submit(test::hold, folder.path().string(), 0);
        REQUIRE(holder);
        co_await test::until_exists(folder / "started-0");
        auto first = pool.try_submit(test::twice, 1);
        auto second = pool.try_submit(test::twice, 2);
        REQUIRE(first);
        REQUIRE(second);
        std::string text = "kept";
        auto refused = pool.try_submit([](const std::string& what) { return what.size(); }, std::move(text));
        CHECK_FALSE(refused);
        CHECK(text == "kept");
        auto in_line = pool.submit(test::twice, 3);
        // Room that is made can be used at once.
        first.reset();
        in_line.cancel();
        co_await in_line.wait();
        auto third = pool.try_submit(test::twice, 4);
        CHECK(third);
        CHECK_FALSE(pool.try_submit(test::twice, 5));
        test::touch(folder / "open");
        const int value = co_await *third;
        CHECK(value == 8);
        co_await *second;
        co_await *holder;
    };
    block_on(all());
}

FOR_EACH_POOL("room holds a producer back until the queue has room") {
    test::temp_folder folder;
    auto pool = test::make_pool<TestType>(1, 3);
    auto all = [&]() -> task<> {
        auto holder = pool.submit(test::hold, folder.path().string(), 0);
        co_await test::until_exists(folder / "started-0");
        std::vector<job<int>> jobs;
        std::size_t longest = 0;
        auto produce = [&](std::size_t count) -> task<> {
            while (jobs.size() < count) {
                co_await pool.room();
                jobs.push_back(pool.submit(test::twice, static_cast<int>(jobs.size())));
                longest = std::max(longest, queued(pool));
            }
        };
        co_await produce(3);
        const bool had_room = co_await tandem::move_on_after(20ms, pool.room());
        CHECK_FALSE(had_room);
        test::touch(folder / "open");
        co_await produce(30);
        CHECK(longest == 3);
        const auto values = co_await tandem::gather(std::move(jobs));
        CHECK(values.size() == 30);
        co_await holder;
    };
    block_on(all());
}

FOR_EACH_POOL("a wait for room that is cancelled at any moment leaves room to others") {
    auto pool = test::make_pool<TestType>(1, 1);
    auto all = [&]() -> task<> {
        for (int moment = 0; moment < 40; ++moment) {
            std::vector<job<int>> jobs;
            for (int i = 0; i < 4; ++i)
                jobs.push_back(pool.submit(test::twice, i));
            auto wait = [&]() -> task<> { co_await pool.room(); };
            auto body = [&](tandem::task_group& group) -> task<> {
                group.spawn(wait());
                group.spawn(wait());
                for (int step = 0; step < moment % 10; ++step)
                    co_await tandem::yield();
                if (moment >= 10) co_await tandem::sleep(std::chrono::microseconds(20 * moment));
                group.cancel();
            };
            co_await tandem::with_group(body);
            co_await tandem::gather(std::move(jobs));
            co_await pool.room();
        }
        CHECK(pool.try_submit(test::twice, 1));
    };
    block_on(all());
}
