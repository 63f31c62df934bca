// The tree of tasks, as the loop itself and as another thread see it.
#include <catch2/catch.hpp>

#include <atomic>
#include <string>
#include <thread>

#include <tandem/observe/dump_tasks.hpp>
#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

using namespace std::chrono_literals;
using Catch::Contains;
using tandem::dump_tasks;
using tandem::task;

namespace {

/// "dump_tasks_test.cpp:LINE in …", as a dump writes it.
std::string at(int line) {
    return "dump_tasks_test.cpp:" + std::to_string(line) + " in ";
}

int inner_line = 0;
int outer_line = 0;

task<> wait_for(tandem::event& done) {
    inner_line = __LINE__ + 1;
    co_await done.wait();
}

task<> download(tandem::event& done) {
    outer_line = __LINE__ + 1;
    co_await wait_for(done);
}

task<> wait_long(tandem::event& done) {
    co_await tandem::timeout(1h, wait_for(done));
}

/// What a dump says while `body` has spawned its tasks into a group and they all wait.
template <class Spawn> std::string dump_beside(Spawn spawn) {
    std::string text;
    auto main = [&]() -> task<> {
        tandem::event done;
        auto body = [&](tandem::task_group& group) -> task<> {
            spawn(group, done);
            co_await tandem::sleep(5s);
            text = dump_tasks();
            done.set();
        };
        co_await tandem::with_group(body);
    };
    tandem::testing::run_virtual(main());
    return text;
}

} // namespace

TEST_CASE("a dump names a task, how long it has waited, and every await down to the one it stands at") {
    const std::string text = dump_beside(
        [](tandem::task_group& group, tandem::event& done) { group.spawn(download(done), "example.org"); });
    INFO(text);
    CHECK_THAT(text, Contains("2 tasks"));
    CHECK_THAT(text, Contains("example.org ("));
    CHECK_THAT(text, Contains("waiting for 5.0"));
    const auto outer = text.find(at(outer_line));
    const auto inner = text.find(at(inner_line));
    REQUIRE(outer != std::string::npos);
    REQUIRE(inner != std::string::npos);
    CHECK(outer < inner);
    CHECK_THAT(text, Contains("::download\n") && Contains("::wait_for\n"));
}

TEST_CASE("a dump shows tasks below the one that spawned them, and the one that runs") {
    const std::string text = dump_beside([](tandem::task_group& group, tandem::event& done) {
        auto nested = [](tandem::event& until) -> task<> {
            auto body = [&](tandem::task_group& below) -> task<> {
                below.spawn(download(until), "grandchild");
                co_return;
            };
            co_await tandem::with_group(body);
        };
        group.spawn(nested(done), "child");
    });
    INFO(text);
    CHECK_THAT(text, Contains("3 tasks"));
    CHECK_THAT(text, Contains(", running"));
    CHECK_THAT(text, Contains("\n   └─ child ("));
    CHECK_THAT(text, Contains("\n      └─ grandchild ("));
}

TEST_CASE("a dump tells what time limits and cancellations hold where a task stands") {
    const std::string text = dump_beside([](tandem::task_group& group, tandem::event& done) {
        group.spawn(wait_long(done), "limited");
        auto sheltered = [](tandem::event& until) -> task<> { co_await tandem::shield(wait_for(until)); };
        group.spawn(sheltered(done), "sheltered");
    });
    INFO(text);
    CHECK_THAT(text, Contains("[time left: 3595 s]"));
    CHECK_THAT(text, Contains("[shielded]"));
}

TEST_CASE("a dump counts tasks that stand at one place instead of writing each") {
    const std::string text = dump_beside([](tandem::task_group& group, tandem::event& done) {
        for (int i = 0; i < 1000; ++i)
            group.spawn(download(done));
    });
    INFO(text);
    CHECK_THAT(text, Contains("1001 tasks"));
    CHECK_THAT(text, Contains("and 997 more that stand there"));
    CHECK(text.size() < 4000);
}

TEST_CASE("a dump shows a task that is ready to run") {
    std::string text;
    auto main = [&]() -> task<> {
        auto body = [&](tandem::task_group& group) -> task<> {
            auto busy = []() -> task<> { co_await tandem::yield(); };
            group.spawn(busy(), "busy");
            text = dump_tasks();
            co_return;
        };
        co_await tandem::with_group(body);
    };
    tandem::block_on(main());
    CHECK_THAT(text, Contains("busy (") && Contains("ready to run"));
}

TEST_CASE("a dump names member functions, templates and lambdas without their parameters") {
    struct client {
        task<> get(std::string, tandem::event& done) { co_await done.wait(); }
    };
    client web;
    const std::string text = dump_beside([&](tandem::task_group& group, tandem::event& done) {
        group.spawn(web.get("/", done));
        auto lambda = [](tandem::event& until) -> task<> { co_await until.wait(); };
        group.spawn(lambda(done));
    });
    INFO(text);
    CHECK_THAT(text, Contains("client::get\n"));
    CHECK_THAT(text, Contains("<lambda(") || Contains("lambda"));
    CHECK_THAT(text, !Contains("Frame*"));
    CHECK_THAT(text, !Contains("string"));
}

TEST_CASE("another thread sees the tasks of a loop that is stuck in a step") {
    std::atomic<bool> is_stuck = false;
    std::atomic<bool> is_read = false;
    std::string text;
    int stuck_line = 0;
    std::thread observer([&] {
        while (!is_stuck)
            std::this_thread::yield();
        text = tandem::dump_all_tasks();
        is_read = true;
    });
    auto main = [&]() -> task<> {
        tandem::event done;
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(download(done), "example.org");
            stuck_line = __LINE__ + 1;
            co_await tandem::yield();
            is_stuck = true;
            while (!is_read)
                std::this_thread::yield();
            done.set();
        };
        co_await tandem::with_group(body);
    };
    tandem::block_on(main());
    observer.join();
    INFO(text);
    CHECK_THAT(text, Contains("loop on thread"));
    CHECK_THAT(text, !Contains("went on"));
    CHECK_THAT(text, Contains("example.org (") && Contains("waiting for "));
    CHECK_THAT(text, Contains(at(inner_line)));
    CHECK_THAT(text, Contains("dump_tasks_test.cpp:" + std::to_string(stuck_line)));
    CHECK_THAT(text, Contains(", running"));
}

TEST_CASE("another thread gets a loop's own account of tasks that never stand still") {
    std::atomic<bool> is_read = false;
    std::string text;
    std::thread observer;
    auto main = [&]() -> task<> {
        observer = std::thread([&] {
            do { // a loop that is held up for long gives no account
                text = tandem::dump_all_tasks();
            } while (text.find("it went on while it was read") != std::string::npos);
            is_read = true;
        });
        while (!is_read)
            co_await tandem::yield();
    };
    tandem::block_on(main());
    observer.join();
    INFO(text);
    CHECK_THAT(text, Contains("1 task,"));
    CHECK_THAT(text, Contains("dump_tasks_test.cpp:"));
}

TEST_CASE("without a loop there are no tasks to dump") {
    CHECK_THROWS_AS(dump_tasks(), tandem::usage_error);
    CHECK(tandem::dump_all_tasks() == "no loop runs\n");
}
