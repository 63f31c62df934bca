// What runs in every worker before its first job.
#include <catch2/catch.hpp>

#include <tandem/pool/carry_exception.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <thread>
#include <unistd.h>

#include "support/log_capture.hpp"
#include "support/nothing_left.hpp"
#include "support/pools.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

class bad_model : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};
const tandem::carry_exception<bad_model> carry_bad_model;

std::map<std::string, int> table;
std::thread::id initialised_by;

void fill_table(const std::map<std::string, int>& entries) {
    table = entries;
    initialised_by = std::this_thread::get_id();
}
int look_up(const std::string& name) {
    return table.at(name);
}
void note_self(const std::string& file) {
    test::note(file, getpid());
}
void refuse_model(const std::string& name) {
    throw bad_model("no model " + name);
}
void crash_noted(const std::string& file) {
    test::note(file, getpid());
    std::fputs("the end is near\n", stderr);
    std::_Exit(5);
}
/// As many times as there is room for in the file, then not.
void crash_twice(const std::string& file) {
    test::note(file, getpid());
    if (test::notes_in(file).size() <= 2) std::raise(SIGKILL);
}
std::size_t total = 0;
void take_text(const std::string& text) {
    total = text.size();
}

} // namespace

TEST_CASE("an initializer runs in every worker before its first job, once, on the thread of the jobs") {
    const test::temp_folder folder;
    const std::string file = folder / "started";
    process_pool pool(process_pool_options().workers(2).initializer(note_self, file));
    std::set<int> workers;
    auto all = [&]() -> task<> {
        auto first = pool.submit(test::hold, folder.path(), 1);
        auto second = pool.submit(test::hold, folder.path(), 2);
        co_await test::until_exists(folder / "started-1");
        co_await test::until_exists(folder / "started-2");
        for (const int pid : pool.workers())
            workers.insert(pid);
        test::touch(folder / "open");
        co_await first;
        co_await second;
        for (int i = 0; i < 10; ++i)
            co_await pool.run(test::twice, i);
    };
    block_on(all());
    const auto noted = test::notes_in(file);
    CHECK(noted.size() == 2);
    CHECK(std::set<int>(noted.begin(), noted.end()) == workers);
}

TEST_CASE("what an initializer makes lies in the worker's globals, and not in ours") {
    const std::map<std::string, int> entries{{"one", 1}, {"two", 2}};
    process_pool pool(process_pool_options().workers(1).initializer(fill_table, entries));
    CHECK(block_on(pool.run(look_up, "two")) == 2);
    CHECK(block_on(pool.run([] { return initialised_by == std::this_thread::get_id(); })));
    CHECK(table.empty());
    // A new worker has it too.
    CHECK_THROWS_AS(block_on(pool.run([] { std::_Exit(1); })), tandem::worker_died);
    CHECK(block_on(pool.run(look_up, "one")) == 1);
}

TEST_CASE("a captureless lambda initializes as well, and what it returns is dropped") {
    process_pool pool(process_pool_options().workers(1).initializer(
        [](int value) {
            table["lambda"] = value;
            return std::string("dropped");
        },
        3));
    CHECK(block_on(pool.run(look_up, "lambda")) == 3);
}

TEST_CASE("an initializer's arguments may be large, and are encoded when they are given") {
    std::string text(20'000'000, 'x');
    process_pool_options options;
    options.workers(2).initializer(take_text, text);
    text.clear();
    process_pool pool(options);
    CHECK(block_on(pool.run([] { return total; })) == 20'000'000);
}

TEST_CASE("what an initializer throws breaks the pool, which carries it") {
    const test::nothing_left checked;
    const test::log_capture log_of;
    process_pool pool(process_pool_options().workers(2).initializer(refuse_model, "zebra"));
    try {
        block_on(pool.run(test::twice, 1));
        FAIL("the job ran");
    } catch (const tandem::broken_pool& error) {
        CHECK_THAT(error.what(), Catch::Contains("the initializer, ") && Catch::Contains("refuse_model(") &&
                                     Catch::Contains("failed: no model zebra"));
        CHECK_THROWS_AS(std::rethrow_exception(error.cause()), bad_model);
    }
    CHECK(pool.statistics().started == 1);
    CHECK_THAT(log_of.texts().at(0), Catch::Contains("no model zebra"));
    // And stays broken, without another try.
    CHECK_THROWS_AS(block_on(pool.run(test::twice, 1)), tandem::broken_pool);
    CHECK(pool.statistics().started == 1);
}

TEST_CASE(
    "an initializer that dies again and again breaks the pool, with the last worker's end as the cause") {
    const test::nothing_left checked;
    const test::log_capture log_of;
    const test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1).initializer(crash_noted, folder / "tried"));
    try {
        block_on(pool.run(test::twice, 1));
        FAIL("the job ran");
    } catch (const tandem::broken_pool& error) {
        CHECK_THAT(error.what(), Catch::Contains("workers end in the initializer, ") &&
                                     Catch::Contains("crash_noted(") &&
                                     Catch::Contains("exited with status 5") &&
                                     Catch::Contains("the end is near") && !Catch::Contains("worker_entry"));
        CHECK_THROWS_AS(std::rethrow_exception(error.cause()), tandem::worker_died);
    }
    CHECK(test::notes_in(folder / "tried").size() == 3);
}

TEST_CASE("a worker that is killed in its initializer now and then costs no job") {
    const test::log_capture log_of;
    const test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1).initializer(crash_twice, folder / "tried"));
    CHECK(block_on(pool.run(test::twice, 4)) == 8);
    CHECK(test::notes_in(folder / "tried").size() == 3);
}

TEST_CASE("an initializer may take longer than a worker has for its hello") {
    const test::temp_folder folder;
    const auto take_long = [](const std::string& begun) {
        test::touch(begun);
        std::this_thread::sleep_for(3s);
    };
    for (int answer = 0; answer != 4;) {
        process_pool pool(
            process_pool_options().workers(1).hello_within(2s).initializer(take_long, folder / "begun"));
        try {
            answer = block_on(pool.run(test::twice, 2));
            CHECK(answer == 4);
        } catch (const tandem::broken_pool&) {
            // On a busy machine the hello itself may be late.
            REQUIRE_FALSE(test::exists(folder / "begun"));
        }
    }
}

TEST_CASE("a pool with a worker in its initializer can be destroyed, and stopped") {
    const test::nothing_left checked;
    const bool stopped = GENERATE(false, true);
    const test::temp_folder folder;
    {
        process_pool pool(process_pool_options().workers(1).initializer(
            [](const std::string& file) {
                test::touch(file);
                std::this_thread::sleep_for(1h);
            },
            folder / "begun"));
        auto all = [&]() -> task<> {
            auto job = pool.submit(test::twice, 1);
            co_await test::until_exists(folder / "begun");
            job.cancel();
            if (stopped) co_await pool.stop();
        };
        block_on(all());
    }
}

TEST_CASE("an initializer whose pool is cancelled while it runs leaves its worker for the next job") {
    const test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1).grace(30s).initializer(
        [](const std::string& where) {
            test::touch(where + "/begun");
            test::hold(where, 0, {});
        },
        folder.path()));
    auto all = [&]() -> task<int> {
        auto job = pool.submit(test::twice, 1);
        co_await test::until_exists(folder / "begun");
        job.cancel();
        test::touch(folder / "open");
        co_return co_await pool.run(test::twice, 5);
    };
    CHECK(block_on(all()) == 10);
    CHECK(pool.statistics().started == 1);
}
