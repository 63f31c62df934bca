// Workers and pools that end in the middle of something: a frame, a shutdown, a flood of output.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <unistd.h>

#include "support/log_capture.hpp"
#include "support/nothing_left.hpp"
#include "support/pools.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

/// More than a socket takes, and less than what goes by shared memory; and a large one.
constexpr std::size_t more_than_a_socket = 500'000;
constexpr std::size_t large = 64 << 20;

std::size_t count_x(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), 'x'));
}
/// Says that it is about to return.
std::string text_of(std::size_t size, const std::string& file) {
    std::string text(size, 'x');
    test::touch(file);
    return text;
}

/// The process' state as the kernel has it: R, S, T, …
char state_of(int pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string word;
    stat >> word >> word >> word;
    return word.empty() ? '?' : word[0];
}

task<> until_running(process_pool& pool) {
    while (pool.statistics().running == 0)
        co_await tandem::sleep(1ms);
}

void abort_when_there(const std::string& file) {
    while (!test::exists(file))
        std::this_thread::sleep_for(1ms);
    std::signal(SIGABRT, SIG_DFL);
    std::raise(SIGABRT);
}

void flood(int lines) {
    for (int i = 0; i < lines; ++i)
        std::fprintf(stderr, "line %d of a job that has a lot to say, and says it in long lines\n", i);
}

} // namespace

TEST_CASE("a worker killed while its job's arguments are half written costs no job") {
    const test::nothing_left nothing;
    const std::size_t size = GENERATE(more_than_a_socket, large);
    process_pool pool(process_pool_options().workers(1).shared_memory(0));
    auto all = [&]() -> task<std::size_t> {
        co_await pool.run(test::twice, 1);
        const int worker = pool.workers().at(0);
        kill(worker, SIGSTOP); // so that it reads no more
        while (state_of(worker) != 'T')
            co_await tandem::sleep(1ms);
        auto job = pool.submit(count_x, std::string(size, 'x'));
        co_await until_running(pool);
        co_await tandem::sleep(5ms); // the socket is full by now
        kill(worker, SIGKILL);
        const std::size_t found = co_await job;
        co_await pool.stop();
        co_return found;
    };
    CHECK(block_on(all()) == size);
    CHECK(pool.statistics().done == 2);
    CHECK(pool.statistics().crashed == 0);
    CHECK(pool.statistics().died == 1);
}

TEST_CASE("a worker killed while its result is half written fails the job, or has delivered all of it") {
    const test::nothing_left nothing;
    const test::temp_folder folder;
    const std::size_t size = GENERATE(more_than_a_socket, large);
    process_pool pool(process_pool_options().workers(1).shared_memory(0));
    bool died = false;
    std::size_t come = 0;
    auto all = [&]() -> task<> {
        const std::string file = folder / "about-to-return";
        co_await pool.run(test::twice, 1);
        const int worker = pool.workers().at(0);
        auto job = pool.submit(text_of, size, file);
        while (!test::exists(file))
            std::this_thread::sleep_for(1ms); // the loop does not read meanwhile
        while (state_of(worker) != 'S')
            std::this_thread::sleep_for(1ms);
        kill(worker, SIGKILL);
        try {
            come = count_x(co_await job);
        } catch (const tandem::worker_died& error) {
            died = error.signal() == SIGKILL;
        }
        const int next = co_await pool.run(test::twice, 21);
        CHECK(next == 42);
        co_await pool.stop();
    };
    block_on(all());
    CHECK((died ? come == 0 : come == size));
    if (size == more_than_a_socket) CHECK(died);
    CHECK(pool.statistics().crashed == (died ? 1 : 0));
}

TEST_CASE("a worker that crashes while its pool stops fails its job, and the pool has stopped") {
    const test::nothing_left nothing;
    const test::temp_folder folder;
    const std::string file = folder / "now";
    process_pool pool(process_pool_options().workers(2));
    bool died = false;
    auto victim = [&]() -> task<> {
        try {
            co_await pool.run(abort_when_there, file);
        } catch (const tandem::worker_died& error) {
            died = error.signal() == SIGABRT;
        }
    };
    auto open_later = [&]() -> task<> {
        co_await tandem::sleep(5ms);
        test::touch(file);
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        co_await pool.run(test::twice, 1);
        group.spawn(victim());
        co_await until_running(pool);
        group.spawn(open_later());
        co_await pool.stop();
        CHECK(pool.workers().empty());
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    CHECK(died);
    CHECK(pool.statistics().crashed == 1);
}

TEST_CASE("workers that crash as they exit do not keep a pool from stopping") {
    const test::nothing_left nothing;
    process_pool pool(process_pool_options().workers(2));
    auto all = [&]() -> task<> {
        co_await pool.run([] {
            std::atexit([] {
                std::signal(SIGABRT, SIG_DFL);
                std::raise(SIGABRT);
            });
        });
        co_await pool.stop();
    };
    block_on(all());
    CHECK(pool.workers().empty());
    CHECK(pool.statistics().done == 1);
}

TEST_CASE("a pool destroyed while its workers crash leaves nothing behind") {
    const test::nothing_left nothing;
    const test::temp_folder folder;
    const std::string file = folder / "now";
    int refused = 0;
    auto victim = [&](process_pool& pool) -> task<> {
        try {
            co_await pool.run(abort_when_there, file);
        } catch (const tandem::broken_pool&) {
            ++refused;
        } catch (const tandem::worker_died&) {
            ++refused;
        }
    };
    auto pool = std::make_unique<process_pool>(process_pool_options().workers(2));
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(victim(*pool));
        group.spawn(victim(*pool));
        while (pool->statistics().running < 2)
            co_await tandem::sleep(1ms);
        test::touch(file);
        co_await tandem::sleep(2ms); // they are about to see it
        pool.reset();
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    CHECK(refused == 2);
}

TEST_CASE("a job that floods stderr neither blocks nor loses its result") {
    const test::log_capture log; // where the flood goes
    process_pool pool(process_pool_options().workers(1));
    auto all = [&]() -> task<std::size_t> {
        co_await pool.run([] {});
        const std::string text = co_await pool.run(
            [](int lines) {
                flood(lines);
                return std::string(large, 'x');
            },
            20'000);
        co_return text.size();
    };
    CHECK(block_on(all()) == large);
    const auto texts = log.texts();
    CHECK(std::count_if(texts.begin(), texts.end(),
                        [](const std::string& line) { return line.starts_with("line "); }) == 20'000);
}

TEST_CASE("a job that floods stderr and dies has its last lines in the error") {
    const test::log_capture log;
    process_pool pool(process_pool_options().workers(1));
    auto die = [](int lines) {
        flood(lines);
        std::_Exit(3);
    };
    try {
        block_on(pool.run(die, 5000));
        FAIL("the worker did not die");
    } catch (const tandem::worker_died& error) {
        CHECK(error.exit_status() == 3);
        CHECK_THAT(error.last_words(), Catch::Contains("line 4999 of a job"));
    }
}

TEST_CASE("a job that floods stderr can be cancelled in the middle of it") {
    const test::log_capture log;
    process_pool pool(process_pool_options().workers(1).grace(50ms));
    auto all = [&]() -> task<int> {
        co_await pool.run([] {});
        auto job = pool.submit([] {
            while (true)
                flood(1000);
        });
        while (log.texts().size() < 100)
            co_await tandem::sleep(1ms);
        job.cancel();
        co_await job.wait();
        co_return co_await pool.run(test::twice, 21);
    };
    CHECK(block_on(all()) == 42);
    CHECK(pool.statistics().cancelled == 1);
}
