// Processes that are killed while they use what they share with others: at every instruction of it, and at
// random.
#include <catch2/catch.hpp>

#include <tandem/pool/process_mutex.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/process_queue.hpp>
#include <tandem/pool/shared_value.hpp>
#include <tandem/runtime.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <random>
#include <thread>

#include "support/killed_at_steps.hpp"
#include "support/pools.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_mutex;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::process_queue;
using tandem::shared_value;
using tandem::task;

namespace {

/// Too large for one instruction. Whole where all of it is the same.
struct large {
    std::array<long, 20> parts{};
    bool is_whole() const {
        return std::all_of(parts.begin(), parts.end(), [&](long each) { return each == parts[0]; });
    }
};
large all_of(long part) {
    large made;
    made.parts.fill(part);
    return made;
}
void store_for_ever(shared_value<large> to, long seed, std::string started) {
    test::touch(started);
    for (long i = 0;; ++i)
        to.store(all_of(seed + i));
}
void lock_for_ever(process_mutex access) {
    while (true)
        access.blocking_lock().unlock();
}

struct order {
    int id = 0;
    std::string text;
    std::vector<double> amounts;
    bool operator==(const order&) const = default;
};
order make_order(int id) {
    return {id, std::string(static_cast<std::size_t>(id % 50), 'x'), std::vector<double>(3, id)};
}
/// Numbers of its own, until it is killed.
void send_for_ever(process_queue<order> to, int worker) {
    for (int i = 0;; ++i)
        to.blocking_send(make_order(worker * 1'000'000 + i));
}
void receive_for_ever(process_queue<order> from) {
    while (true)
        from.blocking_receive();
}

process_pool_options workers(unsigned count) {
    return process_pool_options().workers(count).grace(30s);
}
template <class T> std::vector<T> drain(const process_queue<T>& queue) {
    std::vector<T> all;
    while (auto value = queue.try_receive())
        all.push_back(std::move(*value));
    return all;
}

} // namespace

TEST_CASE("a random kill of those who write leaves a whole value, however often") {
    test::temp_folder folder;
    process_pool pool(workers(2));
    const shared_value<large> value(all_of(1));
    std::mt19937 random(7);
    for (int round = 0; round < 20; ++round) {
        const std::string started = folder / ("started-" + std::to_string(round));
        auto one = [&]() -> task<> {
            auto job = pool.submit(store_for_ever, value, 1L, started);
            co_await test::until_exists(started);
            co_await tandem::sleep(std::chrono::microseconds(random() % 500));
            for (const int pid : pool.workers())
                kill(pid, SIGKILL);
            CHECK_THROWS_AS(co_await job, tandem::worker_died);
        };
        block_on(one());
        CHECK(value.load().is_whole());
        value.store(all_of(2));
        CHECK(value.load().parts[5] == 2);
    }
}

TEST_CASE("workers that are killed at random moments leave the mutex to the others") {
    process_pool pool(workers(2));
    const process_mutex access;
    std::mt19937 random(3);
    auto all = [&]() -> task<> {
        for (int round = 0; round < 30; ++round) {
            auto one = pool.submit(lock_for_ever, access);
            auto two = pool.submit(lock_for_ever, access);
            { const auto held = co_await access.lock(); }
            co_await pool.warm_up();
            co_await tandem::sleep(std::chrono::microseconds(random() % 1000));
            for (const int pid : pool.workers())
                kill(pid, SIGKILL);
            one.cancel();
            two.cancel();
            co_await one.wait();
            co_await two.wait();
            const auto held = co_await access.lock();
            CHECK(held);
        }
    };
    block_on(all());
}

TEST_CASE("senders and receivers that are killed at random lose at most the value they had in hand") {
    process_pool pool(workers(4));
    std::mt19937 random(11);
    auto all = [&]() -> task<> {
        for (int round = 0; round < 25; ++round) {
            const process_queue<order> queue(4, 1000);
            std::vector<tandem::job<void>> jobs;
            for (int i = 0; i < 2; ++i) {
                jobs.push_back(pool.submit(send_for_ever, queue, i));
                jobs.push_back(pool.submit(receive_for_ever, queue));
            }
            co_await pool.warm_up();
            // This process takes part, and is never held up.
            std::array<int, 2> last{-1, -1};
            int wrong = 0;
            for (int i = 0; i < 50; ++i) {
                const auto got = co_await queue.receive();
                if (*got != make_order(got->id)) ++wrong;
                int& before = last[static_cast<std::size_t>(got->id / 1'000'000)];
                if (got->id % 1'000'000 <= before) ++wrong; // in order, and none twice
                before = got->id % 1'000'000;
            }
            CHECK(wrong == 0);
            co_await tandem::sleep(std::chrono::microseconds(random() % 2000));
            for (const int pid : pool.workers())
                kill(pid, SIGKILL);
            for (auto& each : jobs) {
                each.cancel();
                co_await each.wait();
            }
            // What is left is whole, and the queue works as before.
            for (const order& each : drain(queue))
                CHECK(each == make_order(each.id));
            CHECK(queue.statistics().used == 0);
            co_await queue.send(make_order(3));
            const auto back = co_await queue.receive();
            CHECK(back == make_order(3));
        }
    };
    block_on(all());
}

#ifndef __SANITIZE_THREAD__ // which cannot be stepped through
TEST_CASE("a process that is killed at any instruction of a store has stored all or nothing") {
    const shared_value<large> value(all_of(0));
    test::killed_at_steps(
        20, [&] { value.store(all_of(1)); }, [&] { value.store(all_of(2)); },
        [&] {
            const large found = value.load();
            CHECK(found.is_whole());
            CHECK((found.parts[0] == 1 || found.parts[0] == 2));
            value.store(all_of(3)); // nobody holds it up
            CHECK(value.load().parts[0] == 3);
        });
}

TEST_CASE("a process that is killed at any instruction of locking and unlocking does not keep the mutex") {
    const process_mutex access;
    test::killed_at_steps(
        20, [] {}, [&] { access.try_lock().unlock(); },
        [&] {
            const auto held = access.blocking_lock(30s);
            CHECK(held);
        });
}

TEST_CASE("a process that is killed at any instruction of a send has sent its value or has not, and wakes "
          "receivers") {
    const process_queue<int> queue(4, 500);
    std::optional<int> got;
    std::atomic<bool> is_done = false;
    std::thread receiver;
    int sent = 0;
    const int times = test::killed_at_steps(
        20,
        [&] {
            is_done = false;
            receiver = std::thread([&] {
                got = queue.blocking_receive();
                is_done = true;
            });
            std::this_thread::sleep_for(1ms); // it waits
        },
        [&] { queue.try_send(7); },
        [&] {
            // A value that is in the queue has woken who waits for it, although its sender is gone.
            while (queue.statistics().used > 0 && !is_done)
                std::this_thread::yield();
            // Where there is none, or it is being taken, this one ends the wait, or stays behind.
            queue.try_send(8);
            receiver.join();
            if (got == 7) {
                ++sent;
                CHECK(drain(queue) == std::vector<int>{8});
            } else {
                CHECK(got == 8);
                CHECK(queue.size() == 0);
            }
            CHECK(queue.statistics().used == 0);
        });
    CHECK(sent > 0);
    CHECK(sent < times);
}

TEST_CASE("a process that is killed at any instruction of a receive has taken its value or has not, and "
          "wakes senders") {
    const process_queue<int> queue(1, 500);
    std::thread sender;
    int taken = 0;
    const int times = test::killed_at_steps(
        20,
        [&] {
            CHECK(queue.try_send(7));
            sender = std::thread([&] { queue.blocking_send(8); });
            std::this_thread::sleep_for(1ms); // it waits
        },
        [&] { queue.try_receive(); },
        [&] {
            // Room in the queue has woken who waits for it, although who has made it is gone.
            const std::optional<int> first = queue.blocking_receive();
            sender.join();
            if (first == 8) {
                ++taken;
            } else {
                CHECK(first == 7);
                CHECK(queue.try_receive() == 8);
            }
            CHECK(drain(queue).empty());
            CHECK(queue.statistics().used == 0);
        });
    CHECK(taken > 0);
    CHECK(taken < times);
}

TEST_CASE(
    "a process that is killed at any instruction of a close leaves nobody waiting whom it has closed out") {
    std::optional<process_queue<int>> queue;
    std::optional<int> got;
    std::atomic<bool> is_done = false;
    std::thread receiver;
    test::killed_at_steps(
        20,
        [&] {
            queue.emplace(1);
            is_done = false;
            receiver = std::thread([&] {
                got = queue->blocking_receive();
                is_done = true;
            });
            std::this_thread::sleep_for(2ms); // it waits
        },
        [&] { queue->close(); },
        [&] {
            if (!queue->is_closed()) queue->try_send(5);
            receiver.join();
            CHECK(is_done);
            CHECK(got.has_value() != queue->is_closed());
        });
}
#endif
