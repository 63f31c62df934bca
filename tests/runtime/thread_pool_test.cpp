#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::task;
using tandem::thread_pool;

static_assert(tandem::executor<thread_pool>);

namespace {

int add(int a, int b) {
    return a + b;
}

/// Holds up the threads that come to it until it is opened.
class gate {
  public:
    void pass() {
        std::unique_lock lock(access_);
        ++arrived_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
    }
    void open() {
        const std::lock_guard lock(access_);
        open_ = true;
        changed_.notify_all();
    }
    void wait_for_arrivals(int count) {
        std::unique_lock lock(access_);
        changed_.wait(lock, [&] { return arrived_ >= count; });
    }

  private:
    std::mutex access_;
    std::condition_variable changed_;
    int arrived_ = 0;
    bool open_ = false;
};

} // namespace

TEST_CASE("a thread pool calls a function with its arguments and gives back its value") {
    thread_pool threads(2);
    CHECK(threads.size() == 2);
    CHECK(thread_pool().size() >= 1);
    auto all = [&]() -> task<> {
        const int sum = co_await threads.run(add, 2, 3);
        CHECK(sum == 5);
        const auto here = std::this_thread::get_id();
        const auto there = co_await threads.run([] { return std::this_thread::get_id(); });
        CHECK(there != here);
        bool called = false;
        co_await threads.run([&] { called = true; });
        CHECK(called);
    };
    block_on(all());
}

TEST_CASE("a thread pool moves what only moves, copies values and refers by std::ref") {
    thread_pool threads(1);
    auto all = [&]() -> task<> {
        auto given = std::make_unique<int>(4);
        auto back = co_await threads.run(
            [](std::unique_ptr<int> number) {
                ++*number;
                return number;
            },
            std::move(given));
        CHECK(*back == 5);
        std::string text = "before";
        auto change = [](std::string& what) { what = "after"; };
        co_await threads.run(change, std::ref(text));
        CHECK(text == "after");
        auto read = [](const std::string& what) { return what.size(); };
        const auto length = co_await threads.run(read, text);
        CHECK(length == 5);
    };
    block_on(all());
}

TEST_CASE("a function's exception arrives in the coroutine with its own type") {
    thread_pool threads(1);
    auto all = [&]() -> task<> { co_await threads.run([] { throw std::domain_error("of the function"); }); };
    CHECK_THROWS_AS(block_on(all()), std::domain_error);
}

TEST_CASE("functions run on all the threads, the loop goes on meanwhile") {
    thread_pool threads(4);
    gate door;
    auto all = [&]() -> task<> {
        auto body = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 4; ++i)
                group.spawn(threads.run([&] { door.pass(); }));
            co_await tandem::sleep(1ms);
            door.wait_for_arrivals(4);
            door.open();
        };
        co_await tandem::with_group(body);
    };
    block_on(all());
}

TEST_CASE("more calls than threads are all made, first come, first served") {
    thread_pool threads(1);
    std::vector<int> order;
    auto all = [&]() -> task<> {
        auto body = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 500; ++i)
                group.spawn(threads.run([&order](int name) { order.push_back(name); }, i));
            co_return;
        };
        co_await tandem::with_group(body);
    };
    block_on(all());
    REQUIRE(order.size() == 500);
    CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("cancellation takes a call that has not begun out of the queue") {
    thread_pool threads(1);
    gate door;
    bool called = false;
    auto all = [&]() -> task<> {
        auto queued = [&]() -> task<> { co_await threads.run([&] { called = true; }); };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(threads.run([&] { door.pass(); }));
            co_await tandem::yield();
            auto outcome = co_await tandem::as_result(tandem::timeout(1ms, queued()));
            CHECK_THROWS_AS(outcome.value(), tandem::timed_out);
            door.open();
        };
        co_await tandem::with_group(body);
        co_await threads.run([] {});
    };
    block_on(all());
    CHECK_FALSE(called);
}

TEST_CASE("cancellation tells the stop_token of a call that runs, and delivers its value") {
    thread_pool threads(1);
    std::atomic<bool> has_begun = false;
    auto until_stopped = [&](int value, std::stop_token stop) {
        has_begun = true;
        while (!stop.stop_requested())
            std::this_thread::yield();
        return value;
    };
    auto token_first = [&](std::stop_token stop, int value) {
        has_begun = true;
        while (!stop.stop_requested())
            std::this_thread::yield();
        return value;
    };
    auto value_of_cancelled = [&](task<int> call) -> task<int> {
        has_begun = false;
        int value = 0;
        auto deliver = [&]() -> task<> { value = co_await std::move(call); };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(deliver());
            while (!has_begun) // before that it would be taken out of the queue
                co_await tandem::sleep(1ms);
            group.cancel();
        };
        co_await tandem::with_group(body);
        co_return value;
    };
    auto all = [&]() -> task<> {
        const int last = co_await value_of_cancelled(threads.run(until_stopped, 6));
        CHECK(last == 6);
        const int first = co_await value_of_cancelled(threads.run(token_first, 7));
        CHECK(first == 7);
    };
    block_on(all());
}

TEST_CASE("a running call that does not look at a stop_token is waited for") {
    thread_pool threads(1);
    gate door;
    std::atomic<bool> ended = false;
    auto all = [&]() -> task<> {
        auto work = [&]() -> task<int> {
            co_return co_await threads.run([&] {
                door.pass();
                ended = true;
                return 3;
            });
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(work());
            co_await tandem::yield();
            door.wait_for_arrivals(1);
            group.cancel();
            door.open();
        };
        co_await tandem::with_group(body);
        CHECK(ended);
    };
    block_on(all());
}

TEST_CASE("one pool serves several loops at once") {
    thread_pool threads(2);
    std::atomic<int> right = 0;
    std::vector<std::thread> loops;
    for (int i = 0; i < 4; ++i) {
        loops.emplace_back([&, i] {
            auto all = [&]() -> task<> {
                for (int k = 0; k < 200; ++k) {
                    const int sum = co_await threads.run(add, i, k);
                    if (sum == i + k) ++right;
                }
            };
            block_on(all());
        });
    }
    for (auto& each : loops)
        each.join();
    CHECK(right == 800);
}

TEST_CASE("calls that are cancelled as they begin and end are neither lost nor made twice") {
    thread_pool threads(2);
    for (int round = 0; round < 200; ++round) {
        std::atomic<int> called = 0;
        int delivered = 0;
        auto call = [&]() -> task<> {
            co_await threads.run([&] { ++called; });
            ++delivered;
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 8; ++i)
                group.spawn(call());
            for (int i = 0; i < round % 20; ++i)
                co_await tandem::yield();
            group.cancel();
        };
        auto all = [&]() -> task<> { co_await tandem::with_group(body); };
        block_on(all());
        CHECK(delivered == called);
    }
}

TEST_CASE("a thread pool grows for the calls that wait") {
    thread_pool threads(1);
    gate door;
    auto all = [&]() -> task<> {
        auto first = threads.submit([&] { door.pass(); });
        auto second = threads.submit([&] { door.pass(); });
        door.wait_for_arrivals(1);
        CHECK(threads.queued() == 1);
        threads.resize(2);
        CHECK(threads.size() == 2);
        door.wait_for_arrivals(2);
        door.open();
        co_await tandem::gather(std::move(first), std::move(second));
    };
    block_on(all());
}

TEST_CASE("a thread pool that shrinks lets what runs end, and runs what waits") {
    thread_pool threads(3);
    gate door;
    auto all = [&]() -> task<> {
        std::vector<tandem::job<int>> jobs;
        for (int i = 0; i < 5; ++i)
            jobs.push_back(threads.submit([&door, i] {
                door.pass();
                return i;
            }));
        door.wait_for_arrivals(3);
        threads.resize(1);
        CHECK(threads.size() == 1);
        CHECK(threads.statistics().threads == 3);
        door.open();
        const std::vector<int> values = co_await tandem::gather(std::move(jobs));
        CHECK(values == std::vector<int>{0, 1, 2, 3, 4});
        while (threads.statistics().threads != 1)
            co_await tandem::sleep(1ms);
        // And back again.
        threads.resize(4);
        CHECK(threads.statistics().threads == 4);
    };
    block_on(all());
}

TEST_CASE("a thread pool may be resized from several threads while it works") {
    thread_pool threads(2);
    std::atomic<int> made = 0;
    std::vector<std::thread> others;
    for (int i = 0; i < 3; ++i)
        others.emplace_back([&, i] {
            for (int k = 0; k < 40; ++k)
                threads.resize(1 + (i + k) % 4);
        });
    auto all = [&]() -> task<> {
        for (int i = 0; i < 200; ++i)
            co_await threads.run([&] { ++made; });
    };
    block_on(all());
    for (auto& each : others)
        each.join();
    CHECK(made == 200);
}

TEST_CASE("a thread pool's drain waits until no call is queued or running") {
    thread_pool threads(2);
    auto all = [&]() -> task<> {
        co_await threads.drain(); // there is nothing to wait for
        for (int round = 0; round < 50; ++round) {
            std::vector<tandem::job<int>> jobs;
            for (int i = 0; i < 6; ++i)
                jobs.push_back(threads.submit(add, i, i));
            if (round % 2) jobs[5].cancel();
            co_await threads.drain();
            for (const auto& each : jobs)
                CHECK(each.is_done());
        }
        const int sum = co_await threads.run(add, 2, 3);
        CHECK(sum == 5);
    };
    block_on(all());
}

TEST_CASE("a thread pool's drain waits for the calls of other loops, and for those made meanwhile") {
    thread_pool threads(1);
    gate door;
    std::thread other([&] { block_on(threads.run([&] { door.pass(); })); });
    door.wait_for_arrivals(1);
    bool is_drained = false;
    auto draining = [&]() -> task<> {
        co_await threads.drain();
        is_drained = true;
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(draining());
        co_await tandem::yield();
        auto late = threads.submit(add, 1, 2);
        CHECK_FALSE(is_drained);
        door.open();
        const int sum = co_await late;
        CHECK(sum == 3);
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    other.join();
    CHECK(is_drained);
}

TEST_CASE("cancelling a thread pool's drain changes nothing") {
    thread_pool threads(1);
    gate door;
    auto all = [&]() -> task<> {
        auto held = threads.submit([&] { door.pass(); });
        auto late = co_await tandem::as_result(tandem::timeout(1ms, threads.drain()));
        CHECK_THROWS_AS(late.value(), tandem::timed_out);
        door.open();
        co_await held;
        co_await threads.drain();
    };
    block_on(all());
}

TEST_CASE("a thread pool counts its calls by how they ended, and times them") {
    thread_pool threads(1);
    gate door;
    auto all = [&]() -> task<> {
        co_await threads.run(add, 1, 2);
        auto failing = [] { throw std::domain_error("of the function"); };
        auto failed = co_await tandem::as_result(threads.run(failing));
        CHECK_FALSE(failed.has_value());
        auto running = threads.submit([&] { door.pass(); });
        door.wait_for_arrivals(1);
        auto dropped = threads.submit(add, 1, 2);
        dropped.cancel();
        auto queued = threads.submit(add, 1, 2);
        co_await tandem::sleep(20ms);
        const auto seen = threads.statistics();
        CHECK(seen.submitted == 5);
        CHECK(seen.done == 1);
        CHECK(seen.failed == 1);
        CHECK(seen.cancelled == 1);
        CHECK(seen.running == 1);
        CHECK(seen.queued == 1);
        CHECK(seen.threads == 1);
        door.open();
        co_await running;
        co_await queued;
        CHECK(threads.statistics().running == 0);
        CHECK(threads.statistics().done == 3);
    };
    block_on(all());
    const auto seen = threads.statistics();
    CHECK(seen.run.p50 > 0s);
    // The call that was held, and the one behind it.
    CHECK(seen.run.p99 >= 19ms);
    CHECK(seen.wait.p99 >= 19ms);
    CHECK(seen.utilisation > 0);
    CHECK(seen.utilisation <= 1);
}
