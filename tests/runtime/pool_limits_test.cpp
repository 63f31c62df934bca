// What limits do to workers.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <new>
#include <sched.h>
#include <set>
#include <sys/resource.h>
#include <thread>
#include <tuple>
#include <unistd.h>

#include "support/nothing_left.hpp"
#include "support/pools.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;
using tandem::worker_limits;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_SANITIZED // which take terabytes of address space
#endif

namespace {

std::string variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value ? value : "(none)";
}
const std::string seen_by_static_initialisers = variable("TANDEM_TEST_LIMITS");

process_pool_options limited(const worker_limits& limits, unsigned workers = 1) {
    return process_pool_options().workers(workers).limits(limits);
}

template <class F, class... A> auto run_limited(const worker_limits& limits, F function, A... arguments) {
    process_pool pool(limited(limits));
    return block_on(pool.run(function, std::move(arguments)...));
}

/// The signal that the job dies by.
template <class F, class... A> int deadly_signal(process_pool& pool, F function, A... arguments) {
    try {
        block_on(pool.run(function, std::move(arguments)...));
    } catch (const tandem::worker_died& error) {
        return error.signal();
    }
    return 0;
}

/// What the jobs of a pool with a limit that cannot be set are told.
std::string refusal(const worker_limits& limits) {
    const test::nothing_left checked;
    process_pool pool(limited(limits));
    std::string what;
    try {
        block_on(pool.run(&getpid));
    } catch (const tandem::broken_pool& error) {
        what = error.what();
        CHECK_THROWS_AS(std::rethrow_exception(error.cause()), std::system_error);
    }
    CHECK(pool.statistics().started == 1);
    CHECK(pool.statistics().refused == 1);
    CHECK_THROWS_AS(block_on(pool.run(&getpid)), tandem::broken_pool);
    return what;
}

int spin() {
    volatile bool for_ever = true;
    while (for_ever) {
    }
    return 0;
}

std::size_t write_file(const std::string& path, std::size_t size) {
    std::ofstream out(path, std::ios::binary);
    out << std::string(size, 'x') << std::flush;
    return out ? size : 0;
}
int write_past_ignored_signal(const std::string& path, std::size_t size) {
    std::signal(SIGXFSZ, SIG_IGN);
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::string text(size, 'x');
    int error = 0;
    for (int turn = 0; turn < 2 && error == 0; ++turn) // the first write is cut short
        if (write(file, text.data(), text.size()) < 0) error = errno;
    close(file);
    return error;
}

int niceness() {
    return getpriority(PRIO_PROCESS, 0);
}
int niceness_of_other_threads() {
    int found = 0;
    std::thread([&] { found = niceness(); }).join();
    return found;
}
int oom_score_adj() {
    int score = 0;
    std::ifstream("/proc/self/oom_score_adj") >> score;
    return score;
}
std::string working_directory() {
    return std::filesystem::current_path().string();
}
std::set<int> usable_cores() {
    cpu_set_t cores;
    sched_getaffinity(0, sizeof cores, &cores);
    std::set<int> found;
    for (int core = 0; core < CPU_SETSIZE; ++core)
        if (CPU_ISSET(core, &cores)) found.insert(core);
    return found;
}
std::set<int> cores_here_when_open(const std::string& folder, int value) {
    test::hold(folder, value, {});
    return usable_cores();
}

} // namespace

#ifndef TEST_SANITIZED
TEST_CASE("a job that asks for more address space than its worker may have gets bad_alloc") {
    worker_limits limits;
    limits.address_space(std::uint64_t{1} << 30);
    process_pool pool(limited(limits));
    const auto allocate = [](std::size_t bytes) { return std::string(bytes, 'x').size(); };
    CHECK(block_on(pool.run(allocate, std::size_t{1} << 20)) == std::size_t{1} << 20);
    CHECK_THROWS_AS(block_on(pool.run(allocate, std::size_t{1} << 30)), std::bad_alloc);
    // It lives on.
    CHECK(block_on(pool.run(allocate, std::size_t{1} << 20)) == std::size_t{1} << 20);
    CHECK(pool.statistics().died == 0);
}

TEST_CASE("a worker that its address space leaves no room to start in breaks the pool, which says so") {
    worker_limits limits;
    limits.address_space(1 << 20);
    const auto what = refusal(limits);
    CHECK_THAT(what, Catch::Contains("a worker cannot be limited: address_space"));
}
#endif

TEST_CASE(
    "a job that uses up its worker's processor time dies by SIGXCPU, and the next worker has all of it") {
    worker_limits limits;
    limits.cpu_time(200ms); // which makes a second
    process_pool pool(limited(limits));
    for (int worker = 0; worker < 2; ++worker) {
        try {
            block_on(pool.run(spin));
            FAIL("the job was not stopped");
        } catch (const tandem::worker_died& error) {
            CHECK(error.signal() == SIGXCPU);
            CHECK_THAT(error.what(), Catch::Contains("SIGXCPU (CPU time limit exceeded)"));
        }
    }
    CHECK(block_on(pool.run([] { return 7; })) == 7);
}

TEST_CASE("a job that catches SIGXCPU is killed a second later") {
    worker_limits limits;
    limits.cpu_time(1s);
    process_pool pool(limited(limits));
    CHECK(deadly_signal(pool, [] {
              std::signal(SIGXCPU, SIG_IGN);
              spin();
          }) == SIGKILL);
}

TEST_CASE("a job that writes a file larger than its worker may dies by SIGXFSZ") {
    const test::temp_folder folder;
    worker_limits limits;
    limits.file_size(100'000);
    process_pool pool(limited(limits));
    CHECK(block_on(pool.run(write_file, folder / "small", 100'000)) == 100'000);
    CHECK(deadly_signal(pool, write_file, folder / "large", 100'001) == SIGXFSZ);
    CHECK(std::filesystem::file_size(folder / "large") <= 100'000);
    CHECK(block_on(pool.run(write_past_ignored_signal, folder / "ignored", 100'001)) == EFBIG);
}

TEST_CASE("workers are as much nicer as they are told, with all their threads") {
    worker_limits limits;
    limits.nice(7);
    process_pool pool(limited(limits));
    CHECK(block_on(pool.run(niceness)) == std::min(niceness() + 7, 19));
    CHECK(block_on(pool.run(niceness_of_other_threads)) == std::min(niceness() + 7, 19));
}

TEST_CASE("workers have the oom_score_adj that they are given, and this process keeps its own") {
    const int own = oom_score_adj();
    worker_limits limits;
    limits.oom_score_adj(777);
    CHECK(run_limited(limits, oom_score_adj) == 777);
    CHECK(oom_score_adj() == own);
}

TEST_CASE("workers run in their working directory, and this process in its own") {
    const test::temp_folder folder;
    const std::string own = working_directory();
    worker_limits limits;
    limits.working_directory(folder.path());
    CHECK(run_limited(limits, working_directory) == std::filesystem::canonical(folder.path()));
    CHECK(working_directory() == own);
}

TEST_CASE("a relative working directory is seen from where the pool's process was when it was named") {
    worker_limits limits;
    limits.working_directory("..");
    CHECK(run_limited(limits, working_directory) == std::filesystem::current_path().parent_path());
}

TEST_CASE(
    "a variable of the workers' environment is set, replaced or taken out, also for static initialisers") {
    setenv("TANDEM_TEST_REPLACED", "ours", 1);
    setenv("TANDEM_TEST_TAKEN", "ours", 1);
    worker_limits limits;
    limits.environment("TANDEM_TEST_LIMITS", "a=b")
        .environment("TANDEM_TEST_REPLACED", "first")
        .environment("TANDEM_TEST_REPLACED", "theirs")
        .environment("TANDEM_TEST_SET_AND_TAKEN", "x")
        .without_environment("TANDEM_TEST_SET_AND_TAKEN")
        .without_environment("TANDEM_TEST_TAKEN");
    process_pool pool(limited(limits));
    CHECK(block_on(pool.run(variable, "TANDEM_TEST_LIMITS")) == "a=b");
    CHECK(block_on(pool.run([] { return seen_by_static_initialisers; })) == "a=b");
    CHECK(block_on(pool.run(variable, "TANDEM_TEST_REPLACED")) == "theirs");
    CHECK(block_on(pool.run(variable, "TANDEM_TEST_SET_AND_TAKEN")) == "(none)");
    CHECK(block_on(pool.run(variable, "TANDEM_TEST_TAKEN")) == "(none)");
    CHECK(block_on(pool.run(variable, "PATH")) == variable("PATH"));
    CHECK(variable("TANDEM_TEST_REPLACED") == "ours");
    CHECK(variable("TANDEM_TEST_TAKEN") == "ours");
    unsetenv("TANDEM_TEST_REPLACED");
    unsetenv("TANDEM_TEST_TAKEN");
}

TEST_CASE("what cannot stand in an environment is refused at once") {
    worker_limits limits;
    CHECK_THROWS_AS(limits.environment("", "x"), std::invalid_argument);
    CHECK_THROWS_AS(limits.environment("A=B", "x"), std::invalid_argument);
    CHECK_THROWS_AS(limits.environment("A", std::string("x\0y", 3)), std::invalid_argument);
    CHECK_THROWS_AS(limits.without_environment("A=B"), std::invalid_argument);
    CHECK_THROWS_AS(limits.cores({}), std::invalid_argument);
}

TEST_CASE("workers have a core each, and a new one that of the one it replaces") {
    const auto ours = usable_cores();
    if (ours.size() < 2) return;
    const test::temp_folder folder;
    worker_limits limits;
    limits.one_core_each();
    process_pool pool(limited(limits, 2));
    std::set<int> first;
    std::set<int> second;
    std::set<int> third;
    auto one = [&]() -> task<> { first = co_await pool.run(cores_here_when_open, folder.path(), 1); };
    auto other = [&]() -> task<> { second = co_await pool.run(cores_here_when_open, folder.path(), 2); };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(one());
        group.spawn(other());
        co_await test::until_exists(folder / "started-1");
        co_await test::until_exists(folder / "started-2");
        test::touch(folder / "open");
    };
    auto all = [&]() -> task<> {
        co_await tandem::with_group(body);
        std::ignore = co_await tandem::as_result(pool.run([](int) { std::_Exit(1); }, 0));
        co_await pool.run(&getpid);
        auto job = pool.submit(cores_here_when_open, folder.path(), 3);
        auto neighbour = pool.submit(cores_here_when_open, folder.path(), 4);
        third = co_await job;
        third.merge(co_await neighbour);
    };
    block_on(all());
    CHECK(first.size() == 1);
    CHECK(second.size() == 1);
    CHECK(first != second);
    CHECK(ours.contains(*first.begin()));
    CHECK(ours.contains(*second.begin()));
    CHECK(third.size() <= 2);
    CHECK(usable_cores() == ours);
}

TEST_CASE("workers have the cores that they are given") {
    const int last = *usable_cores().rbegin();
    worker_limits limits;
    limits.cores({static_cast<unsigned>(last)});
    CHECK(run_limited(limits, usable_cores) == std::set<int>{last});
}

TEST_CASE("a limit that cannot be set breaks the pool with an error that names the limit and the cause") {
    worker_limits directory;
    directory.working_directory("/nowhere/at/all");
    CHECK_THAT(refusal(directory), Catch::Contains("working_directory /nowhere/at/all: No such file"));
    worker_limits score;
    score.oom_score_adj(5000);
    CHECK_THAT(refusal(score), Catch::Contains("oom_score_adj of 5000: Invalid argument"));
    worker_limits core;
    core.cores({1023});
    CHECK_THAT(refusal(core), Catch::Contains("cores: 1023"));
    worker_limits no_core;
    no_core.cores({100'000});
    CHECK_THAT(refusal(no_core), Catch::Contains("cores: 100000"));
}

TEST_CASE("limits are the pool's own, and another pool has none of them") {
    worker_limits limits;
    limits.nice(5).environment("TANDEM_TEST_LIMITS", "set");
    process_pool limited_pool(limited(limits));
    process_pool plain_pool(process_pool_options().workers(1));
    CHECK(block_on(limited_pool.run(variable, "TANDEM_TEST_LIMITS")) == "set");
    CHECK(block_on(plain_pool.run(variable, "TANDEM_TEST_LIMITS")) == "(none)");
    CHECK(block_on(plain_pool.run(niceness)) == niceness());
}
