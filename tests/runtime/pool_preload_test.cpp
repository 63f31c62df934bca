// Workers that are forked from a zygote, which has made something for all of them.
#include <catch2/catch.hpp>

#include <tandem/pool/carry_exception.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <set>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <thread>
#include <tuple>
#include <unistd.h>

#include "support/child_process.hpp"
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

class bad_table : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};
const tandem::carry_exception<bad_table> carry_bad_table;

std::vector<int> table;
int initialised = 0;

/// Notes its process in the file, and makes the table.
void make_table(const std::string& file, int size) {
    test::note(file, getpid());
    for (int i = 0; i < size; ++i)
        table.push_back(i * i);
}
int look_up(int index) {
    return table.at(static_cast<std::size_t>(index));
}
std::size_t where_the_table_is() {
    return reinterpret_cast<std::size_t>(table.data());
}
void overwrite(int index, int value) {
    table.at(static_cast<std::size_t>(index)) = value;
}
int parent_of_worker() {
    return getppid();
}
void refuse_table(const std::string& file) {
    test::note(file, getpid());
    throw bad_table("no table today");
}
void crash_noted(const std::string& file) {
    test::note(file, getpid());
    std::fputs("it was the preload\n", stderr);
    std::_Exit(6);
}
void crash_once(const std::string& file) {
    test::note(file, getpid());
    if (test::notes_in(file).size() < 2) raise(SIGKILL);
    table.assign(3, 7);
}
void wait_for_file(const std::string& folder) {
    test::note(folder + "/begun", getpid());
    while (!test::exists(folder + "/open"))
        std::this_thread::sleep_for(1ms);
}
int niceness() {
    return getpriority(PRIO_PROCESS, 0);
}
std::string variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value ? value : "(none)";
}

process_pool_options with_table(const std::string& file, unsigned workers = 1) {
    return process_pool_options().workers(workers).preload(make_table, file, 100);
}

/// True once the process has ended, which is no child of ours.
bool ends(int pidfd) {
    pollfd watched{pidfd, POLLIN, 0};
    return poll(&watched, 1, 60'000) == 1;
}
int watch(int pid) {
    const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    REQUIRE(descriptor >= 0);
    return descriptor;
}
std::vector<std::string> descriptors() {
    std::vector<std::string> found;
    for (int number = 0; number < 1024; ++number) {
        char target[512];
        const std::string link = "/proc/self/fd/" + std::to_string(number);
        const ssize_t size = readlink(link.c_str(), target, sizeof target);
        if (size >= 0) found.push_back(std::to_string(number) + ' ' + std::string(target, size));
    }
    return found;
}

} // namespace

TEST_CASE("a preload runs once, in a process that all workers are forked from, and they share what it made") {
    const test::nothing_left checked;
    const test::temp_folder folder;
    process_pool pool(with_table(folder / "preloads", 2));
    std::set<std::size_t> places;
    std::set<int> parents;
    auto all = [&]() -> task<> {
        auto first = pool.submit(test::hold, folder.path(), 1);
        auto second = pool.submit(test::hold, folder.path(), 2);
        co_await test::until_exists(folder / "started-1");
        co_await test::until_exists(folder / "started-2");
        test::touch(folder / "open");
        co_await first;
        co_await second;
        for (int i = 0; i < 20; ++i) {
            places.insert(co_await pool.run(where_the_table_is));
            parents.insert(co_await pool.run(parent_of_worker));
            const int square = co_await pool.run(look_up, 9);
            CHECK(square == 81);
        }
    };
    block_on(all());
    const auto zygotes = test::notes_in(folder / "preloads");
    REQUIRE(zygotes.size() == 1);
    CHECK(parents == std::set<int>{zygotes[0]});
    CHECK(zygotes[0] != getpid());
    CHECK(places.size() == 1);
    CHECK(table.empty());
}

TEST_CASE("what a worker changes of what was preloaded no other worker sees") {
    const test::temp_folder folder;
    process_pool pool(with_table(folder / "preloads"));
    auto all = [&]() -> task<int> {
        co_await pool.run(overwrite, 3, 1000);
        const int changed = co_await pool.run(look_up, 3);
        CHECK(changed == 1000);
        std::ignore = co_await tandem::as_result(pool.run([] { std::_Exit(1); }));
        co_return co_await pool.run(look_up, 3);
    };
    CHECK(block_on(all()) == 9);
}

TEST_CASE("a forked worker that dies fails its job as any other, and is replaced from the same zygote") {
    const test::nothing_left checked;
    const test::temp_folder folder;
    process_pool pool(with_table(folder / "preloads"));
    auto all = [&]() -> task<> {
        try {
            co_await pool.run([] {
                std::fputs("last words\n", stderr);
                std::_Exit(9);
            });
            FAIL("the worker did not die");
        } catch (const tandem::worker_died& error) {
            CHECK(error.signal() == 0);
            CHECK(error.exit_status() == 9);
            CHECK(error.last_words() == "last words");
            CHECK(error.how().peak_memory > 0);
        }
        try {
            co_await pool.run([] {
                std::signal(SIGSEGV, SIG_DFL);
                raise(SIGSEGV);
            });
            FAIL("the worker did not die");
        } catch (const tandem::worker_died& error) {
            CHECK(error.signal() == SIGSEGV);
        }
        const int square = co_await pool.run(look_up, 5);
        CHECK(square == 25);
    };
    block_on(all());
    CHECK(test::notes_in(folder / "preloads").size() == 1);
    CHECK(pool.statistics().crashed == 2);
}

TEST_CASE("a forked worker has a group, signals and descriptors like a spawned one") {
    const test::temp_folder folder;
    const int leaked = open("/etc/passwd", O_RDONLY);
    process_pool pool(with_table(folder / "preloads"));
    const auto found = block_on(pool.run(descriptors));
    close(leaked);
    REQUIRE(found.size() >= 6);
    CHECK(found[0] == "0 /dev/null");
    CHECK_THAT(found[1], Catch::StartsWith("1 pipe:"));
    CHECK_THAT(found[2], Catch::StartsWith("2 pipe:"));
    CHECK_THAT(found[3], Catch::StartsWith("3 socket:"));
    CHECK_THAT(found[4], Catch::StartsWith("4 socket:"));
    CHECK_THAT(found[5], Catch::StartsWith("5 /memfd:"));
    for (std::size_t i = 6; i < found.size(); ++i)
        CHECK_THAT(found[i], Catch::Contains("pidfd") || Catch::Contains("pipe:"));
    CHECK(found.size() <= 9);
    CHECK(block_on(pool.run([] { return getpgrp() == getpid(); })));
}

TEST_CASE("an initializer runs in each forked worker, after the preload") {
    const test::temp_folder folder;
    process_pool pool(with_table(folder / "preloads").initializer([] { initialised = look_up(4); }));
    auto all = [&]() -> task<int> {
        std::ignore = co_await tandem::as_result(pool.run([] { std::_Exit(1); }));
        co_return co_await pool.run([] { return initialised; });
    };
    CHECK(block_on(all()) == 16);
}

TEST_CASE("limits hold for forked workers, not for their zygote, and the environment for both") {
    const test::temp_folder folder;
    tandem::worker_limits limits;
    limits.nice(3).environment("TANDEM_TEST_PRELOAD", "set").compute_only();
    process_pool pool(process_pool_options().workers(1).limits(limits).preload(
        [](const std::string& file) {
            test::note(file, niceness());
            test::note(file, variable("TANDEM_TEST_PRELOAD") == "set");
        },
        folder / "zygote"));
    auto all = [&]() -> task<> {
        const int nice = co_await pool.run(niceness);
        CHECK(nice == std::min(niceness() + 3, 19));
        const std::string set = co_await pool.run(variable, "TANDEM_TEST_PRELOAD");
        CHECK(set == "set");
        const int error = co_await pool.run([] { return open("/dev/null", O_RDONLY) < 0 ? errno : 0; });
        CHECK(error == EPERM);
    };
    block_on(all());
    CHECK(test::notes_in(folder / "zygote") == std::vector<int>{niceness(), 1});
}

TEST_CASE("what a preload throws breaks the pool, which carries it") {
    const test::nothing_left checked;
    const test::log_capture log_of;
    const test::temp_folder folder;
    process_pool pool(process_pool_options().workers(2).preload(refuse_table, folder / "preloads"));
    try {
        block_on(pool.run(look_up, 1));
        FAIL("the job ran");
    } catch (const tandem::broken_pool& error) {
        CHECK_THAT(error.what(), Catch::Contains("the preload, ") && Catch::Contains("refuse_table(") &&
                                     Catch::Contains("failed: no table today"));
        CHECK_THROWS_AS(std::rethrow_exception(error.cause()), bad_table);
    }
    CHECK_THROWS_AS(block_on(pool.run(look_up, 1)), tandem::broken_pool);
    CHECK(test::notes_in(folder / "preloads").size() == 1);
}

TEST_CASE("a preload that dies again and again breaks the pool, with the last death as the cause") {
    const test::nothing_left checked;
    const test::log_capture log_of;
    const test::temp_folder folder;
    process_pool pool(process_pool_options().workers(2).preload(crash_noted, folder / "preloads"));
    try {
        block_on(pool.run(look_up, 1));
        FAIL("the job ran");
    } catch (const tandem::broken_pool& error) {
        CHECK_THAT(error.what(), Catch::Contains("the zygote, with the preload ") &&
                                     Catch::Contains("crash_noted(") && Catch::Contains("status 6") &&
                                     Catch::Contains("it was the preload"));
        CHECK_THROWS_AS(std::rethrow_exception(error.cause()), tandem::worker_died);
    }
    CHECK(test::notes_in(folder / "preloads").size() == 3);
}

TEST_CASE("a zygote that is killed in its preload is tried again, and costs no job") {
    const test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1).preload(crash_once, folder / "preloads"));
    CHECK(block_on(pool.run(look_up, 2)) == 7);
    CHECK(test::notes_in(folder / "preloads").size() == 2);
}

#ifndef __SANITIZE_THREAD__
TEST_CASE("a preload that leaves a thread behind breaks the pool") {
    const test::log_capture log_of;
    process_pool pool(process_pool_options().workers(1).preload(
        [] { std::thread([] { std::this_thread::sleep_for(1h); }).detach(); }));
    CHECK_THROWS_WITH(block_on(pool.run(look_up, 1)), Catch::Contains("it left 1 threads running"));
}
#endif

TEST_CASE("when the zygote is killed its workers go on, and the next one comes from a new zygote") {
    const test::nothing_left checked;
    const test::log_capture log_of;
    const test::temp_folder folder;
    process_pool pool(with_table(folder / "preloads"));
    auto all = [&]() -> task<> {
        const int zygote = co_await pool.run(parent_of_worker);
        auto job = pool.submit(test::hold, folder.path(), 42);
        co_await test::until_exists(folder / "started-42");
        kill(zygote, SIGKILL);
        while (log_of.records().empty())
            co_await tandem::sleep(1ms);
        test::touch(folder / "open");
        const int held = co_await job;
        CHECK(held == 42);
        // The worker is the same, and an orphan.
        const int square = co_await pool.run(look_up, 6);
        CHECK(square == 36);
        try {
            co_await pool.run([] { std::_Exit(4); });
            FAIL("the worker did not die");
        } catch (const tandem::worker_died& error) {
            CHECK(error.exit_status() == -1);
            CHECK(error.signal() == 0);
            CHECK_THAT(error.what(),
                       Catch::Contains("its zygote, which could have told how, had died before"));
        }
        const int again = co_await pool.run(look_up, 7);
        CHECK(again == 49);
        const int other = co_await pool.run(parent_of_worker);
        CHECK(other != zygote);
    };
    block_on(all());
    CHECK_THAT(log_of.texts().at(0),
               Catch::Contains("the zygote, with the preload") && Catch::Contains("was killed by SIGKILL"));
    CHECK(test::notes_in(folder / "preloads").size() == 2);
}

TEST_CASE("running jobs of forked workers can be stopped and terminated") {
    const test::temp_folder folder;
    process_pool pool(with_table(folder / "preloads").grace(30s));
    auto all = [&]() -> task<> {
        auto polite = pool.submit(test::hold, folder.path(), 1);
        co_await test::until_exists(folder / "started-1");
        polite.cancel();
        co_await test::until_exists(folder / "stopped-1");
        auto deaf = pool.submit(
            [](const std::string& file) {
                test::touch(file);
                std::this_thread::sleep_for(1h);
            },
            folder / "deaf");
        co_await test::until_exists(folder / "deaf");
        deaf.cancel();
        const int square = co_await pool.run(look_up, 8);
        CHECK(square == 64);
    };
    block_on(all());
    CHECK(test::notes_in(folder / "preloads").size() == 1);
}

TEST_CASE("a preload may take longer than a worker has for its hello") {
    const auto take_long = [](const std::string& folder) {
        test::touch(folder + "/begun");
        std::this_thread::sleep_for(3s);
        test::touch(folder + "/ended");
    };
    for (int answer = 0; answer != 4;) {
        const test::temp_folder folder;
        process_pool pool(
            process_pool_options().workers(1).hello_within(2s).preload(take_long, folder.path()));
        try {
            answer = block_on(pool.run(test::twice, 2));
            CHECK(answer == 4);
        } catch (const tandem::broken_pool&) {
            // On a busy machine a hello itself may be late: that before the preload, or that after it.
            REQUIRE(test::exists(folder / "begun") == test::exists(folder / "ended"));
        }
    }
}

TEST_CASE("a pool whose zygote is still in its preload can be destroyed, and stopped") {
    const test::nothing_left checked;
    const bool stopped = GENERATE(false, true);
    const test::temp_folder folder;
    int watched = -1;
    {
        process_pool pool(process_pool_options().workers(1).preload(wait_for_file, folder.path()));
        auto all = [&]() -> task<> {
            auto job = pool.submit(test::twice, 1);
            while (test::notes_in(folder / "begun").empty())
                co_await tandem::sleep(1ms);
            watched = watch(test::notes_in(folder / "begun").at(0));
            job.cancel();
            if (stopped) co_await pool.stop();
        };
        block_on(all());
    }
    CHECK(ends(watched));
    close(watched);
}

TEST_CASE("a pool with a zygote that ends takes zygote and workers with it, and may be used again") {
    const test::nothing_left checked;
    const bool stopped = GENERATE(false, true);
    const test::temp_folder folder;
    std::vector<int> watched;
    process_pool pool(with_table(folder / "preloads", 2));
    auto all = [&]() -> task<> {
        watched.push_back(watch(co_await pool.run(parent_of_worker)));
        watched.push_back(watch(co_await pool.run(&getpid)));
        if (stopped) co_await pool.stop();
    };
    block_on(all());
    for (const int descriptor : watched) {
        pollfd gone{descriptor, POLLIN, 0};
        CHECK(poll(&gone, 1, 0) == 1); // already
        close(descriptor);
    }
    if (stopped) return;
    CHECK(block_on(pool.run(look_up, 2)) == 4);
    CHECK(test::notes_in(folder / "preloads").size() == 2);
}

TEST_CASE("what a preload prints is logged as the zygote's, and what jobs print as theirs") {
    const test::log_capture log_of(tandem::log_level::info);
    const test::temp_folder folder;
    process_pool pool(process_pool_options().workers(1).preload(
        [](const std::string& file) {
            test::note(file, getpid());
            std::printf("made\nunended");
        },
        folder / "preloads"));
    int pid = 0;
    auto all = [&]() -> task<> {
        pid = co_await pool.run([] {
            std::puts("from a job");
            return getpid();
        });
    };
    block_on(all());
    const auto records = log_of.records();
    REQUIRE(records.size() == 3);
    const int zygote = test::notes_in(folder / "preloads").at(0);
    CHECK(records[0].text == "made");
    CHECK(records[0].worker == zygote);
    CHECK(records[0].job.empty());
    CHECK(records[1].text == "unended");
    CHECK(records[2].text == "from a job");
    CHECK(records[2].worker == pid);
    CHECK(records[2].job == "1");
}

TEST_CASE("hundreds of forked workers leave no descriptor behind, here or in their zygote") {
    const test::temp_folder folder;
    process_pool pool(with_table(folder / "preloads"));
    const auto crash_often = [&](int times) -> task<> {
        for (int i = 0; i < times; ++i)
            std::ignore = co_await tandem::as_result(pool.run([] { std::_Exit(1); }));
        co_await pool.run(test::twice, 1);
    };
    const auto of_process = [](int pid) {
        return std::distance(std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd"),
                             std::filesystem::directory_iterator());
    };
    auto all = [&]() -> task<> {
        co_await crash_often(10);
        const int zygote = co_await pool.run(parent_of_worker);
        const auto ours = test::open_descriptors();
        const auto theirs = of_process(zygote);
        co_await crash_often(200);
        CHECK(test::open_descriptors() == ours);
        CHECK(of_process(zygote) == theirs);
    };
    block_on(all());
    CHECK(pool.statistics().crashed == 210);
}

TEST_CASE("zygote and workers end when their pool's process is killed, in each phase") {
    const std::string phase = GENERATE("preloaded", "preloading");
    const test::temp_folder folder;
    std::vector<int> watched;
    {
        test::child_process parent({test::program("zygote-parent"), phase, folder / "pids"});
        // In its preload there is the zygote alone.
        const std::size_t processes = phase == "preloaded" ? 2 : 1;
        while (test::notes_in(folder / "pids").size() < processes)
            std::this_thread::sleep_for(1ms);
        for (const int pid : test::notes_in(folder / "pids"))
            watched.push_back(watch(pid));
        parent.signal(SIGKILL);
        CHECK(parent.wait() == 128 + SIGKILL);
    }
    for (const int descriptor : watched) {
        CHECK(ends(descriptor));
        close(descriptor);
    }
}
