// Workers that die.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <thread>
#include <unistd.h>

#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

int identity(int value) {
    return value;
}
void segfault() {
    // Not by a null pointer, which sanitizers turn into an exit.
    std::signal(SIGSEGV, SIG_DFL);
    std::raise(SIGSEGV);
}
void abort_here() {
    std::abort();
}
void exit_with(int status) {
    std::_Exit(status);
}
void say_and_die(std::string words) {
    std::fprintf(stderr, "first\n%s", words.c_str());
    std::_Exit(9);
}
void sleep_long() {
    std::this_thread::sleep_for(1h);
}

void create(const std::string& file) {
    std::ofstream(file) << getpid();
}
/// Waits for `file`, made by the test, so that the job ends when the test says so.
int wait_for(std::string file) {
    while (access(file.c_str(), F_OK) != 0)
        std::this_thread::sleep_for(2ms);
    return getpid();
}
void announce_and_sleep(std::string file) {
    create(file);
    sleep_long();
}

/// Lets the loop go on until `done()`.
template <class Predicate> task<> until(Predicate done) {
    while (!done())
        co_await tandem::sleep(2ms);
}

/// How the one job of a pool ended that lost its worker.
template <class F, class... A> tandem::worker_exit crash(F function, A... arguments) {
    process_pool pool(process_pool_options().workers(1));
    try {
        block_on(pool.run(function, std::move(arguments)...));
    } catch (const tandem::worker_died& error) {
        CHECK(pool.statistics().crashed == 1);
        return error.how();
    }
    FAIL("the worker did not die");
    return {};
}

std::size_t open_descriptors() {
    std::size_t count = 0;
    DIR* folder = opendir("/proc/self/fd");
    while (readdir(folder))
        ++count;
    closedir(folder);
    return count;
}

} // namespace

TEST_CASE("a job that crashes fails with worker_died, which says how") {
    CHECK(crash(segfault).signal == SIGSEGV);
    CHECK(crash(abort_here).signal == SIGABRT);
    const auto how = crash(exit_with, 3);
    CHECK(how.signal == 0);
    CHECK(how.status == 3);
    CHECK(how.pid > 0);
    CHECK(how.peak_memory > 0);
}

TEST_CASE("worker_died names the job and has the worker's last words") {
    process_pool pool(process_pool_options().workers(1));
    try {
        block_on(pool.run(say_and_die, "and last"));
        FAIL("the worker did not die");
    } catch (const tandem::worker_died& error) {
        CHECK(error.exit_status() == 9);
        CHECK(error.last_words() == "first\nand last");
        CHECK_THAT(error.what(), Catch::StartsWith("job 1 (") && Catch::Contains("say_and_die(") &&
                                     Catch::Contains("exited with status 9") && Catch::Contains("and last"));
    }
}

TEST_CASE("a worker that died is replaced, and the next job runs") {
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<int> {
        auto crashed = co_await tandem::as_result(pool.run(abort_here));
        if (crashed) co_return -1;
        co_return co_await pool.run(identity, 5);
    };
    CHECK(block_on(all()) == 5);
    CHECK(pool.statistics().crashed == 1);
    CHECK(pool.statistics().died == 1);
    CHECK(pool.statistics().done == 1);
}

TEST_CASE("a crash fails only its own job") {
    test::temp_folder folder;
    const std::string file = folder / "go";
    process_pool pool(process_pool_options().workers(2));
    int other = 0;
    std::vector<int> later;
    auto keep = [&](int& to, task<int> job) -> task<> { to = co_await std::move(job); };
    auto body = [&](tandem::task_group& group) -> task<> {
        later.resize(20);
        group.spawn(keep(other, pool.run(wait_for, file)));
        // Queued behind the one that crashes.
        auto crashing = tandem::as_result(pool.run(abort_here));
        for (int i = 0; i < 20; ++i)
            group.spawn(keep(later[static_cast<std::size_t>(i)], pool.run(identity, i)));
        const bool failed = !(co_await std::move(crashing)).has_value();
        if (failed) co_await pool.run(create, file);
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    CHECK(other > 0);
    for (int i = 0; i < 20; ++i)
        CHECK(later[static_cast<std::size_t>(i)] == i);
    CHECK(pool.statistics().crashed == 1);
    CHECK(pool.statistics().done == 22);
}

TEST_CASE("a worker killed from outside in the middle of its job fails that job") {
    test::temp_folder folder;
    const std::string file = folder / "started";
    process_pool pool(process_pool_options().workers(1));
    int signal = 0;
    auto victim = [&]() -> task<> {
        try {
            co_await pool.run(announce_and_sleep, file);
        } catch (const tandem::worker_died& error) {
            signal = error.signal();
        }
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(victim());
        co_await until([&] { return access(file.c_str(), F_OK) == 0; });
        kill(pool.workers().at(0), SIGKILL);
    };
    auto all = [&]() -> task<int> {
        co_await tandem::with_group(body);
        co_return co_await pool.run(identity, 8);
    };
    CHECK(block_on(all()) == 8);
    CHECK(signal == SIGKILL);
}

TEST_CASE("an idle worker that is killed costs no job") {
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<int> {
        int sum = 0;
        for (int round = 0; round < 20; ++round) {
            sum += co_await pool.run(identity, 1);
            // The job below is given to a worker whose end the pool may not have seen yet.
            kill(pool.workers().at(0), SIGKILL);
        }
        co_return sum;
    };
    CHECK(block_on(all()) == 20);
    CHECK(pool.statistics().crashed == 0);
}

TEST_CASE("what a job has started dies with its worker") {
    test::temp_folder folder;
    const std::string file = folder / "child";
    process_pool pool(process_pool_options().workers(1));
    CHECK_THROWS_AS(block_on(pool.run(
                        [](std::string where) {
                            const pid_t child = fork();
                            if (child == 0) sleep_long();
                            std::ofstream(where) << child;
                            std::_Exit(1);
                        },
                        file)),
                    tandem::worker_died);
    int child = 0;
    std::ifstream(file) >> child;
    REQUIRE(child > 0);
    while (kill(child, 0) == 0) {
        // Somebody else may have to reap it.
        std::string state;
        std::ifstream("/proc/" + std::to_string(child) + "/stat") >> state >> state >> state;
        if (state == "Z") break;
        std::this_thread::sleep_for(2ms);
    }
}

TEST_CASE("hundreds of restarts leave no descriptor behind") {
    process_pool pool(process_pool_options().workers(1));
    auto crash_often = [&](int times) -> task<> {
        for (int i = 0; i < times; ++i) {
            auto crashed = co_await tandem::as_result(pool.run(exit_with, 1));
            if (crashed) throw std::logic_error("the worker did not die");
        }
        co_await pool.run(identity, 1);
    };
    std::size_t before = 0;
    std::size_t after = 0;
    auto all = [&]() -> task<> {
        co_await crash_often(10);
        co_await until([&] { return pool.statistics().workers == 1; });
        before = open_descriptors();
        co_await crash_often(300);
        co_await until([&] { return pool.statistics().workers == 1; });
        after = open_descriptors();
    };
    block_on(all());
    CHECK(before == after);
    CHECK(pool.statistics().crashed == 310);
}
