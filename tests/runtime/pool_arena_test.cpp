// Large arguments and results.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <csignal>
#include <random>

#include "support/arena_file.hpp"
#include "support/pools.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

constexpr std::size_t mebibyte = 1 << 20;

/// A text that differs from place to place.
std::string pattern(std::size_t size, unsigned seed) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>('!' + (i / 61 + i + seed) % 90);
    return text;
}
std::string reversed(std::string text) {
    return {text.rbegin(), text.rend()};
}
std::size_t size_of(const std::string& text) {
    return text.size();
}
std::string make(std::size_t size, unsigned seed) {
    return pattern(size, seed);
}
std::size_t announce_and_sleep(const std::string& text, std::string file) {
    test::touch(file);
    std::this_thread::sleep_for(1h);
    return text.size();
}
void throw_long(std::size_t size) {
    throw std::runtime_error(pattern(size, 5));
}
std::vector<std::string> many(std::size_t count, std::size_t size) {
    // Grows in the shared memory, and copies what it has.
    return std::vector<std::string>(count, pattern(size, 1));
}

process_pool_options one_worker() {
    return process_pool_options().workers(1).grace(30s);
}
template <class Predicate> task<> until(Predicate done) {
    while (!done())
        co_await tandem::sleep(2ms);
}

} // namespace

TEST_CASE("values of every size come through whole, with shared memory and without") {
    const std::size_t limit = GENERATE(std::size_t{0}, 2 * mebibyte, std::size_t{1} << 30);
    process_pool pool(one_worker().shared_memory(limit));
    int wrong = 0;
    auto all = [&]() -> task<> {
        std::vector<std::size_t> sizes{0, 1, 16'000, 17'000, 65'000, 66'000, mebibyte, 5 * mebibyte + 1};
        for (std::size_t near = 256 * 1024 - 300; near < 256 * 1024 + 100; near += 37)
            sizes.push_back(near);
        for (const std::size_t size : sizes) {
            const std::string text = pattern(size, 2);
            const std::string answer = co_await pool.run(reversed, text);
            if (answer != reversed(text)) ++wrong;
        }
        const auto texts = co_await pool.run(many, 300, 10'000);
        if (texts != many(300, 10'000)) ++wrong;
    };
    block_on(all());
    CHECK(wrong == 0);
    CHECK(pool.statistics().shared_memory == 0);
}

TEST_CASE("an exception with a long text comes through") {
    process_pool pool(one_worker());
    CHECK_THROWS_WITH(block_on(pool.run(throw_long, 2 * mebibyte)), pattern(2 * mebibyte, 5));
    CHECK(block_on(pool.run(size_of, "short")) == 5);
}

TEST_CASE("large payloads use the same memory again and again") {
    process_pool pool(one_worker());
    std::size_t most = 0;
    auto all = [&]() -> task<> {
        const std::string text(16 * mebibyte, 'x');
        co_await pool.run(size_of, text);
        const std::size_t before = test::arena_bytes();
        for (int i = 0; i < 20; ++i) {
            co_await pool.run(size_of, text);
            const std::string back = co_await pool.run(make, 8 * mebibyte, 0U);
        }
        most = test::arena_bytes() - before;
    };
    block_on(all());
    CHECK(most < 40 * mebibyte);
    CHECK(pool.statistics().shared_memory == 0);
}

TEST_CASE("no more shared memory is taken than the pool may, and the rest goes another way") {
    process_pool pool(process_pool_options().workers(2).shared_memory(4 * mebibyte));
    std::size_t most = 0;
    std::size_t sum = 0;
    auto one = [&](std::size_t size) -> task<> {
        const std::string back = co_await pool.run(reversed, std::string(size, 'x'));
        sum += back.size();
        most = std::max(most, pool.statistics().shared_memory);
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        for (std::size_t i = 1; i <= 12; ++i)
            group.spawn(one(i * mebibyte / 2));
        co_return;
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    CHECK(sum == 39 * mebibyte);
    CHECK(most > 0);
    // A region is rounded up to 64 KiB.
    CHECK(most <= 4 * mebibyte + 64 * 1024);
    CHECK(pool.statistics().shared_memory == 0);
}

TEST_CASE("a worker that dies while it holds shared memory gives it back") {
    test::temp_folder folder;
    process_pool pool(one_worker());
    auto all = [&]() -> task<int> {
        auto victim = pool.submit(announce_and_sleep, std::string(8 * mebibyte, 'x'), folder / "started");
        co_await test::until_exists(folder / "started");
        const std::size_t held = pool.statistics().shared_memory;
        kill(pool.workers().at(0), SIGKILL);
        auto outcome = co_await tandem::as_result(std::move(victim));
        CHECK_THROWS_AS(outcome.value(), tandem::worker_died);
        co_return held >= 8 * mebibyte ? 1 : 0;
    };
    CHECK(block_on(all()) == 1);
    CHECK(pool.statistics().shared_memory == 0);
}

TEST_CASE("a worker killed at any moment of a large result costs no memory and gives no wrong answer") {
    process_pool pool(one_worker());
    std::mt19937 random(3);
    int wrong = 0;
    int died = 0;
    auto all = [&]() -> task<> {
        for (int round = 0; round < 40; ++round) {
            co_await pool.run(size_of, "");
            const int worker = pool.workers().at(0);
            auto job = pool.submit(make, 4 * mebibyte, 1U);
            co_await tandem::sleep(std::chrono::microseconds(random() % 20'000));
            kill(worker, SIGKILL);
            auto outcome = co_await tandem::as_result(std::move(job));
            if (!outcome)
                ++died;
            else if (outcome.value() != pattern(4 * mebibyte, 1))
                ++wrong;
        }
        co_await pool.run(size_of, "");
    };
    block_on(all());
    CHECK(wrong == 0);
    CHECK(died > 0);
    CHECK(pool.statistics().shared_memory == 0);
}

TEST_CASE("jobs that are cancelled give their shared memory back") {
    test::temp_folder folder;
    process_pool pool(one_worker());
    std::size_t held = 0;
    std::size_t after_queued = 0;
    auto all = [&]() -> task<> {
        auto running = pool.submit(announce_and_sleep, std::string(4 * mebibyte, 'x'), folder / "started");
        co_await test::until_exists(folder / "started");
        {
            auto queued = pool.submit(size_of, std::string(4 * mebibyte, 'y'));
            held = pool.statistics().shared_memory;
            queued.cancel();
            co_await queued.wait();
        }
        after_queued = pool.statistics().shared_memory;
        running.cancel();
        co_await running.wait();
    };
    block_on(all());
    CHECK(held >= 8 * mebibyte);
    CHECK(after_queued < 5 * mebibyte);
    CHECK(pool.statistics().shared_memory == 0);
}

TEST_CASE("a call that is never awaited gives its shared memory back") {
    process_pool pool(one_worker());
    {
        const auto unused = pool.run(size_of, std::string(4 * mebibyte, 'x'));
        CHECK(pool.statistics().shared_memory >= 4 * mebibyte);
    }
    CHECK(pool.statistics().shared_memory == 0);
    // It may even outlive the pool.
    auto other = std::make_unique<process_pool>(one_worker());
    const auto unused = other->run(size_of, std::string(4 * mebibyte, 'x'));
    other.reset();
}

TEST_CASE("shared memory that nobody uses is given back to the system") {
    process_pool pool(one_worker());
    auto all = [&]() -> task<> {
        co_await pool.run(size_of, std::string(32 * mebibyte, 'x'));
        co_await until([] { return test::arena_bytes() < mebibyte; });
        const std::size_t size = co_await pool.run(size_of, std::string(mebibyte, 'x'));
        CHECK(size == mebibyte);
    };
    block_on(all());
}

TEST_CASE("workers with a limit on their address space are sent large values all the same") {
    tandem::worker_limits limits;
    limits.address_space(std::uint64_t{2} << 30);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    limits = tandem::worker_limits(); // they need more than any limit
#endif
    process_pool pool(one_worker().limits(limits));
    const std::string text = pattern(3 * mebibyte, 4);
    CHECK(block_on(pool.run(reversed, text)) == reversed(text));
}

TEST_CASE("what goes to workers and comes back is counted in bytes") {
    process_pool pool(one_worker());
    block_on(pool.run(reversed, std::string(3 * mebibyte, 'x')));
    const auto counts = pool.statistics();
    CHECK(counts.bytes_sent >= 3 * mebibyte);
    CHECK(counts.bytes_sent < 4 * mebibyte);
    CHECK(counts.bytes_received >= 3 * mebibyte);
    CHECK(counts.bytes_received < 4 * mebibyte);
}
