// Values from any process to any process.
#include <catch2/catch.hpp>

#include <tandem/pool/process_mutex.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/process_queue.hpp>
#include <tandem/pool/shared_buffer.hpp>
#include <tandem/runtime.hpp>

#include <fstream>
#include <numeric>
#include <thread>

#include "support/arena_file.hpp"
#include "support/nothing_left.hpp"
#include "support/pools.hpp"
#include "support/running_threads.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::process_queue;
using tandem::task;

namespace {

struct order {
    int id = 0;
    std::string text;
    std::vector<double> amounts;
    bool operator==(const order&) const = default;
};
order make_order(int id) {
    return {id, std::string(static_cast<std::size_t>(id % 50), 'x'), std::vector<double>(3, id)};
}

void send_range(process_queue<int> to, int first, int last) {
    for (int i = first; i < last; ++i)
        to.blocking_send(i);
}
void send_orders(process_queue<order> to, int first, int last) {
    for (int i = first; i < last; ++i)
        to.blocking_send(make_order(i));
}
std::vector<int> receive_all(process_queue<int> from) {
    std::vector<int> got;
    while (const auto value = from.blocking_receive())
        got.push_back(*value);
    return got;
}
void pass_on(process_queue<int> from, process_queue<int> to) {
    while (const auto value = from.blocking_receive())
        to.blocking_send(*value * 2);
}
void send_after(process_queue<int> to, int value, std::chrono::milliseconds delay) {
    std::this_thread::sleep_for(delay);
    to.blocking_send(value);
}
int receive_within(process_queue<int> from, std::chrono::milliseconds limit) {
    return from.blocking_receive(limit).value_or(-1);
}

std::optional<process_queue<int>> kept;
void keep(process_queue<int> queue) {
    kept = std::move(queue);
}
void send_to_kept(int value) {
    kept->blocking_send(value);
}

process_pool_options workers(unsigned count) {
    return process_pool_options().workers(count).grace(30s);
}

} // namespace

TEST_CASE("a queue gives its values in the order in which they were sent") {
    const process_queue<order> queue(100);
    CHECK(queue.capacity() == 100);
    for (int i = 0; i < 50; ++i)
        CHECK(queue.try_send(make_order(i)));
    CHECK(queue.size() == 50);
    for (int i = 0; i < 50; ++i)
        CHECK(queue.try_receive() == make_order(i));
    CHECK_FALSE(queue.try_receive());
    CHECK(queue.statistics().used == 0);
}

TEST_CASE("a queue takes as many values as its capacity says, and as many bytes as it has room for") {
    const process_queue<std::string> few(2);
    CHECK(few.try_send("a"));
    CHECK(few.try_send("b"));
    CHECK_FALSE(few.try_send("c"));
    CHECK(few.try_receive() == "a");
    CHECK(few.try_send("c"));

    // 8 bytes in front of each value, and the codec's own 8 for a string's length.
    const process_queue<std::string> narrow(100, 100);
    CHECK(narrow.try_send(std::string(60, 'x')));
    CHECK(narrow.statistics().used == 76);
    CHECK_FALSE(narrow.try_send(std::string(60, 'y')));
    CHECK(narrow.try_send(std::string(8, 'z')));
    CHECK(narrow.statistics().buffered == 2);
    CHECK(narrow.try_receive() == std::string(60, 'x'));
    CHECK(narrow.try_send(std::string(60, 'y'))); // around the end of the memory
    CHECK(narrow.try_receive() == std::string(8, 'z'));
    CHECK(narrow.try_receive() == std::string(60, 'y'));
    CHECK(narrow.try_send(std::string(84, 'w')));
    CHECK_THROWS_WITH(
        narrow.try_send(std::string(85, 'w')),
        "process_queue: a value of 93 bytes does not fit into the 92 that the queue has for one");
    CHECK_THROWS_AS(process_queue<int>(0), std::length_error);
}

TEST_CASE("what workers send this loop receives, each value once, and the loop goes on meanwhile") {
    process_pool pool(workers(3));
    const process_queue<order> queue(8);
    std::vector<int> seen(3000);
    int wrong = 0;
    auto receive = [&]() -> task<> {
        while (const auto got = co_await queue.receive()) {
            if (*got != make_order(got->id)) ++wrong;
            ++seen.at(static_cast<std::size_t>(got->id));
        }
    };
    auto send = [&]() -> task<> {
        auto one = pool.submit(send_orders, queue, 0, 1000);
        auto two = pool.submit(send_orders, queue, 1000, 2000);
        auto three = pool.submit(send_orders, queue, 2000, 3000);
        co_await one;
        co_await two;
        co_await three;
        queue.close();
    };
    auto all = [&]() -> task<> { co_await tandem::gather(receive(), receive(), send()); };
    block_on(all());
    CHECK(wrong == 0);
    CHECK(std::count(seen.begin(), seen.end(), 1) == 3000);
}

TEST_CASE("what this loop sends workers receive, each value once") {
    process_pool pool(workers(3));
    const process_queue<int> queue(4);
    auto all = [&]() -> task<> {
        std::vector<tandem::job<std::vector<int>>> jobs;
        for (int i = 0; i < 3; ++i)
            jobs.push_back(pool.submit(receive_all, queue));
        for (int i = 0; i < 2000; ++i)
            co_await queue.send(i);
        queue.close();
        std::vector<int> got;
        for (auto& each : jobs) {
            const auto some = co_await each;
            CHECK(std::is_sorted(some.begin(), some.end()));
            got.insert(got.end(), some.begin(), some.end());
        }
        std::sort(got.begin(), got.end());
        std::vector<int> sent(2000);
        std::iota(sent.begin(), sent.end(), 0);
        CHECK(got == sent);
    };
    block_on(all());
}

TEST_CASE("queues connect workers with each other, with threads and with the loop") {
    process_pool pool(workers(2));
    tandem::thread_pool threads(1);
    const process_queue<int> first(3);
    const process_queue<int> second(3);
    const process_queue<int> third(3);
    std::vector<int> got;
    auto all = [&]() -> task<> {
        auto from = pool.submit(send_range, first, 0, 500);
        auto through = pool.submit(pass_on, first, second);
        auto on = threads.submit(pass_on, second, third);
        for (int i = 0; i < 500; ++i) {
            const auto value = co_await third.receive();
            got.push_back(value.value());
        }
        co_await from;
        first.close();
        co_await through;
        second.close();
        co_await on;
    };
    block_on(all());
    REQUIRE(got.size() == 500);
    CHECK(got[499] == 1996);
    CHECK(std::is_sorted(got.begin(), got.end()));
}

TEST_CASE("a task that receives waits for the first value, however late it comes") {
    process_pool pool(workers(1));
    const process_queue<int> queue(1);
    auto all = [&]() -> task<> {
        for (int i = 0; i < 20; ++i) {
            auto job = pool.submit(send_after, queue, i, std::chrono::milliseconds(i % 3));
            const auto value = co_await queue.receive();
            CHECK(value == i);
            co_await job;
        }
    };
    block_on(all());
}

TEST_CASE("a task that sends into a full queue waits until a worker has made room") {
    process_pool pool(workers(1));
    const process_queue<int> queue(1);
    bool is_sent = false;
    auto send = [&]() -> task<> {
        co_await queue.send(2);
        is_sent = true;
    };
    auto all = [&](tandem::task_group& group) -> task<> {
        co_await queue.send(1);
        group.spawn(send());
        co_await tandem::sleep(10ms);
        CHECK_FALSE(is_sent);
        const int first = co_await pool.run(receive_within, queue, 30s);
        CHECK(first == 1);
        const int second = co_await pool.run(receive_within, queue, 30s);
        CHECK(second == 2);
    };
    block_on(tandem::with_group(all));
    CHECK(is_sent);
}

TEST_CASE("a queue travels in an initializer and in a preload, to workers that are forked too") {
    const process_queue<int> queue(10);
    const int how = GENERATE(0, 1, 2);
    auto options = workers(2);
    if (how != 2) options.initializer(keep, queue);
    if (how == 1) options.preload([] {});
    if (how == 2) options.preload(keep, queue);
    process_pool pool(options);
    auto all = [&]() -> task<> {
        auto one = pool.submit(send_to_kept, 1);
        auto two = pool.submit(send_to_kept, 2);
        const auto first = co_await queue.receive();
        const auto second = co_await queue.receive();
        CHECK(first.value() + second.value() == 3);
        co_await one;
        co_await two;
    };
    block_on(all());
}

TEST_CASE("workers that are left nothing but computing share values, locks and queues all the same") {
    tandem::worker_limits limits;
    limits.compute_only();
    process_pool pool(workers(2).limits(limits));
    const process_queue<int> queue(2);
    const process_queue<int> done(2);
    const tandem::process_mutex access;
    auto count = [](process_queue<int> from, process_queue<int> to, tandem::process_mutex guards) {
        int sum = 0;
        while (const auto value = from.blocking_receive(30s)) {
            const auto held = guards.blocking_lock(30s);
            sum += *value;
        }
        to.blocking_send(sum);
    };
    auto all = [&]() -> task<> {
        auto one = pool.submit(count, queue, done, access);
        auto two = pool.submit(count, queue, done, access);
        for (int i = 1; i <= 100; ++i)
            co_await queue.send(i);
        queue.close();
        const auto first = co_await done.receive();
        const auto second = co_await done.receive();
        CHECK(first.value() + second.value() == 5050);
        co_await one;
        co_await two;
    };
    block_on(all());
}

TEST_CASE("a queue that a job makes comes back, with what it holds") {
    process_pool pool(workers(1));
    const auto made = block_on(pool.run([] {
        process_queue<std::string> queue(3);
        queue.blocking_send("from a worker");
        return queue;
    }));
    CHECK(made.try_receive() == "from a worker");
    CHECK(made.try_send("to whoever has it"));
}

TEST_CASE("a worker's own loop may await the queue") {
    process_pool pool(workers(1));
    const process_queue<int> to(2);
    const process_queue<int> from(2);
    auto all = [&]() -> task<> {
        auto job = pool.submit(
            [](process_queue<int> in, process_queue<int> out, std::stop_token stop) {
                auto work = [&]() -> task<> {
                    while (const auto value = co_await in.receive())
                        co_await out.send(*value + 1);
                };
                block_on(stop, work());
            },
            to, from);
        for (int i = 0; i < 100; ++i) {
            co_await to.send(i);
            const auto back = co_await from.receive();
            CHECK(back == i + 1);
        }
        to.close();
        co_await job;
    };
    block_on(all());
}

TEST_CASE("a shared_buffer goes through a queue as a copy") {
    const process_queue<tandem::shared_buffer> queue(2);
    tandem::shared_buffer buffer(1000);
    buffer.bytes()[999] = std::byte{7};
    REQUIRE(queue.try_send(buffer));
    CHECK(buffer.use_count() == 1);
    const auto copy = queue.try_receive();
    REQUIRE(copy.has_value());
    CHECK(copy->data() != buffer.data());
    CHECK(copy->bytes()[999] == std::byte{7});
}

TEST_CASE("the memory of a queue that nobody refers to any more is used again") {
    process_pool pool(workers(1));
    auto use = [&]() -> task<> {
        for (int i = 0; i < 200; ++i) {
            const process_queue<int> queue(10, 4 << 20);
            co_await pool.run([](process_queue<int> to) { to.blocking_send(1); }, queue);
            CHECK(queue.try_receive() == 1);
        }
    };
    block_on(use());
    const std::size_t before = test::arena_bytes();
    CHECK(before > 0);
    block_on(use());
    CHECK(test::arena_bytes() <= before + (16 << 20));
    // And it has no name that could outlive the processes.
    std::ifstream maps("/proc/self/maps");
    const std::string all(std::istreambuf_iterator<char>(maps), {});
    CHECK(all.find("/memfd:tandem-arena") != std::string::npos);
    CHECK(all.find("/dev/shm") == std::string::npos);
}

TEST_CASE("queues leave nothing behind") {
    const process_queue<int> first(1);
    const test::nothing_left nothing;
    const auto before = test::running_threads();
    {
        process_pool pool(workers(2));
        auto all = [&]() -> task<> {
            for (int i = 0; i < 20; ++i) {
                const process_queue<int> queue(1);
                auto job = pool.submit(send_range, queue, 0, 20);
                for (int j = 0; j < 20; ++j) {
                    const auto value = co_await queue.receive();
                    CHECK(value == j);
                }
                co_await job;
            }
        };
        block_on(all());
    }
    // The threads that waited for tasks go when they have found nobody for a while.
    while (test::running_threads() > before)
        std::this_thread::sleep_for(1ms);
    CHECK(test::running_threads() <= before);
}
