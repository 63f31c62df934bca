// A pool's process, to be killed in the phase that its argument names. It prints the ids of the processes
// that have to end with it, one a line, then "ready", and goes on until it is killed.
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/worker.hpp>
#include <tandem/threads/block_on.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;
using tandem::task;

namespace {

/// For "starting": a worker is still in its static initialisers, and knows nothing of pools yet, when its
/// parent is killed.
const bool starts_slowly = [] {
    const char* slow = std::getenv("TANDEM_TEST_SLOW_START");
    if (slow && std::getenv("TANDEM_WORKER")) std::this_thread::sleep_for(300ms);
    return slow != nullptr;
}();

void spin() {
    volatile bool for_ever = true;
    while (for_ever) {
    }
}

std::size_t length_of(const std::string& text) {
    return text.size();
}
std::string long_text() {
    return std::string(64 << 20, 'x');
}

/// Starts a process of its own, which does not know of the pool, and says which.
void start_another(const std::string& file) {
    const pid_t child = fork();
    if (child == 0) {
        std::this_thread::sleep_for(1h);
        std::_Exit(0);
    }
    std::ofstream(file + ".new") << child << '\n';
    std::rename((file + ".new").c_str(), file.c_str());
    spin();
}

void say_ready(const tandem::process_pool& pool) {
    for (const int pid : pool.workers())
        std::printf("%d\n", pid);
    std::puts("ready");
    std::fflush(stdout);
}

/// The loop does nothing from here on, as if it had been stopped in the middle.
[[noreturn]] void stand_still() {
    while (true)
        pause();
}

/// A few turns of the loop: what is under way is somewhere in the middle.
task<> few_turns() {
    for (int turn = 0; turn < 5; ++turn)
        co_await tandem::yield();
}

task<> until_running(const tandem::process_pool& pool, std::size_t count) {
    while (pool.statistics().running < count)
        co_await tandem::sleep(1ms);
}

task<> reach(std::string phase, tandem::process_pool& pool, tandem::task_group& group) {
    if (phase == "starting") {
        group.spawn(pool.run([] {}));
        group.spawn(pool.run([] {}));
        while (pool.workers().size() < 2)
            co_await tandem::yield();
        say_ready(pool);
        co_return;
    }
    co_await pool.run([] {});
    if (phase == "idle") {
        say_ready(pool);
    } else if (phase == "busy") {
        group.spawn(pool.run(spin));
        group.spawn(pool.run(spin));
        co_await until_running(pool, 2);
        say_ready(pool);
    } else if (phase == "sending") {
        group.spawn([](tandem::process_pool& cpu) -> task<> {
            co_await cpu.run(length_of, std::string(64 << 20, 'x'));
        }(pool));
        co_await few_turns();
        say_ready(pool);
        stand_still();
    } else if (phase == "receiving") {
        group.spawn([](tandem::process_pool& cpu) -> task<> { co_await cpu.run(long_text); }(pool));
        co_await until_running(pool, 1);
        std::this_thread::sleep_for(50ms); // the worker fills its socket
        say_ready(pool);
        stand_still();
    } else if (phase == "cancelling") {
        // It is asked to stop, and has an hour for it.
        auto job = pool.submit([](std::stop_token) { spin(); });
        co_await until_running(pool, 1);
        co_await tandem::sleep(20ms);
        job.cancel();
        co_await few_turns();
        say_ready(pool);
        co_await tandem::sleep(1h);
    } else if (phase == "stopping") {
        co_await pool.run([] { std::atexit([] { std::this_thread::sleep_for(1h); }); });
        group.spawn(pool.stop());
        co_await tandem::sleep(20ms);
        say_ready(pool);
    } else if (phase == "grandchild") {
        std::string file = "/tmp/tandem-pool-parent-" + std::to_string(getpid());
        group.spawn(pool.run(start_another, file));
        int child = 0;
        while (!(std::ifstream(file) >> child))
            co_await tandem::sleep(1ms);
        std::remove(file.c_str());
        std::printf("%d\n", child);
        say_ready(pool);
    } else {
        std::fprintf(stderr, "pool-parent: no such phase: %s\n", phase.c_str());
        std::exit(2);
    }
}

} // namespace

int main(int argc, char** argv) {
    tandem::worker_entry(argc, argv);
    if (argc != 2) {
        std::fputs("usage: pool-parent PHASE\n", stderr);
        return 2;
    }
    if (std::strcmp(argv[1], "starting") == 0 && !starts_slowly) {
        std::fputs("pool-parent: starting needs TANDEM_TEST_SLOW_START\n", stderr);
        return 2;
    }
    tandem::process_pool pool(tandem::process_pool_options().workers(2).grace(1h));
    auto body = [&](tandem::task_group& group) -> task<> {
        co_await reach(argv[1], pool, group);
        co_await tandem::sleep(1h);
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    tandem::block_on(all());
}
