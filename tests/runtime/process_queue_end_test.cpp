// How waits at a process_queue end, and those who wait.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/process_queue.hpp>
#include <tandem/runtime.hpp>

#include <csignal>
#include <thread>

#include "support/pools.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::process_queue;
using tandem::task;

namespace {

void send_after(process_queue<int> to, int value, std::chrono::milliseconds delay) {
    std::this_thread::sleep_for(delay);
    to.blocking_send(value);
}
int receive_within(process_queue<int> from, std::chrono::milliseconds limit) {
    return from.blocking_receive(limit).value_or(-1);
}
void send_within(process_queue<int> to, std::chrono::milliseconds limit) {
    to.blocking_send(1, limit);
}
template <class Try> std::string how_it_ends(const std::string& started, Try act) {
    test::touch(started);
    try {
        return act() ? "value" : "closed";
    } catch (const tandem::job_cancelled&) {
        return "stopped";
    } catch (const tandem::channel_closed&) {
        return "refused";
    }
}
std::string receive_until_stopped(process_queue<int> from, std::string started, std::stop_token stop) {
    return how_it_ends(started, [&] { return from.blocking_receive(stop).has_value(); });
}
std::string send_until_stopped(process_queue<int> to, std::string started, std::stop_token stop) {
    return how_it_ends(started, [&] {
        to.blocking_send(5, stop);
        return true;
    });
}
void receive_and_die(process_queue<int> from, std::string started) {
    test::touch(started);
    from.blocking_receive();
    raise(SIGKILL);
}
void send_and_die(process_queue<int> to, int value) {
    to.blocking_send(value);
    raise(SIGKILL);
}

/// Dies where it is encoded or decoded.
struct deadly {
    enum class when : unsigned char { never, encoded, decoded, refused };
    when dies = when::never;
};

process_pool_options workers(unsigned count) {
    return process_pool_options().workers(count).grace(30s);
}

} // namespace

template <> struct tandem::codec<deadly> {
    static void encode(encoder& out, const deadly& value) {
        if (value.dies == deadly::when::encoded) raise(SIGKILL);
        out.write_value(value.dies);
    }
    static deadly decode(decoder& in) {
        const auto dies = in.read_value<deadly::when>();
        if (dies == deadly::when::decoded) raise(SIGKILL);
        if (dies == deadly::when::refused) throw codec_error("not to be decoded");
        return {dies};
    }
};

TEST_CASE("a closed queue takes nothing, gives what it has, and lets all who wait go") {
    test::temp_folder folder;
    process_pool pool(workers(2));
    const process_queue<int> empty(1);
    const process_queue<int> full(1);
    auto receive = [&]() -> task<bool> {
        const auto value = co_await empty.receive();
        co_return value.has_value();
    };
    auto send = [&]() -> task<bool> {
        const auto outcome = co_await tandem::as_result(full.send(3));
        co_return outcome.has_value();
    };
    auto close = [&]() -> task<> {
        co_await test::until_exists(folder / "receives");
        co_await test::until_exists(folder / "sends");
        co_await tandem::sleep(10ms);
        empty.close();
        full.close();
        full.close();
    };
    auto all = [&]() -> task<> {
        co_await full.send(1);
        auto receives = pool.submit(receive_until_stopped, empty, folder / "receives");
        auto sends = pool.submit(send_until_stopped, full, folder / "sends");
        const auto [got, sent, nothing] = co_await tandem::gather(receive(), send(), close());
        CHECK_FALSE(got);
        CHECK_FALSE(sent);
        const std::string received = co_await receives;
        CHECK(received == "closed");
        const std::string refused = co_await sends;
        CHECK(refused == "refused");
    };
    block_on(all());
    CHECK(full.is_closed());
    CHECK_THROWS_WITH(full.try_send(4), "process_queue: send on a closed queue");
    CHECK(full.try_receive() == 1);
    CHECK_FALSE(full.try_receive());
    CHECK_FALSE(full.blocking_receive());
}

TEST_CASE("a blocking call gives up after its time limit, and names itself") {
    process_pool pool(workers(1));
    const process_queue<int> queue(1);
    CHECK_THROWS_WITH(block_on(pool.run(receive_within, queue, 5ms)),
                      "process_queue: blocking_receive timed out");
    block_on(pool.run(send_within, queue, 0ms)); // there is room
    CHECK_THROWS_WITH(block_on(pool.run(send_within, queue, 5ms)), "process_queue: blocking_send timed out");
    CHECK(block_on(pool.run(receive_within, queue, 0ms)) == 1);
    CHECK(pool.statistics().died == 0);
}

TEST_CASE("a blocking call ends when the job is asked to stop") {
    test::temp_folder folder;
    process_pool pool(workers(2));
    const process_queue<int> empty(1);
    const process_queue<int> full(1);
    REQUIRE(full.try_send(1));
    auto all = [&]() -> task<> {
        auto receives = pool.submit(receive_until_stopped, empty, folder / "receives");
        auto sends = pool.submit(send_until_stopped, full, folder / "sends");
        co_await test::until_exists(folder / "receives");
        co_await test::until_exists(folder / "sends");
        receives.cancel();
        sends.cancel();
        const std::string received = co_await receives;
        CHECK(received == "stopped");
        const std::string sent = co_await sends;
        CHECK(sent == "stopped");
    };
    block_on(all());
    CHECK(full.size() == 1);
    CHECK(pool.statistics().died == 0);
}

TEST_CASE("a blocking call in a loop is refused with the cure") {
    const process_queue<int> queue(1);
    auto receives = [&]() -> task<> {
        queue.blocking_receive();
        co_return;
    };
    CHECK_THROWS_WITH(block_on(receives()), Contains("process_queue: blocking_receive would stop the loop") &&
                                                Contains("co_await receive()"));
}

TEST_CASE("cancelling a task that waits ends its wait, and loses no value") {
    process_pool pool(workers(1));
    const process_queue<int> queue(1);
    auto receive = [&]() -> task<int> {
        const auto value = co_await queue.receive();
        co_return value.value();
    };
    auto send = [&]() -> task<> { co_await queue.send(100); };
    auto all = [&]() -> task<> {
        CHECK_THROWS_AS(co_await tandem::timeout(3ms, receive()), tandem::timed_out);
        co_await queue.send(1);
        CHECK_THROWS_AS(co_await tandem::timeout(3ms, send()), tandem::timed_out);
        const int only = co_await pool.run(receive_within, queue, 30s);
        CHECK(only == 1);
        CHECK(queue.size() == 0);
        // Cancelled at about the moment at which a value comes: it is delivered, or still there.
        int delivered = 0;
        int left = 0;
        for (int i = 0; i < 60; ++i) {
            auto job = pool.submit(send_after, queue, i, 1ms);
            auto outcome = co_await tandem::as_result(
                tandem::timeout(std::chrono::microseconds(900 + 20 * i), receive()));
            co_await job;
            if (outcome.has_value()) {
                CHECK(outcome.value() == i);
                ++delivered;
            } else {
                CHECK(queue.try_receive() == i);
                ++left;
            }
        }
        CHECK(delivered + left == 60);
    };
    block_on(all());
}

TEST_CASE(
    "tasks of one loop are served in the order in which they came, and go on past one that is cancelled") {
    const process_queue<int> queue(10);
    std::vector<std::pair<int, int>> got;
    auto receive = [&](int which) -> task<> {
        const auto value = co_await queue.receive();
        got.emplace_back(which, value.value());
    };
    auto first = [&]() -> task<> {
        static_cast<void>(co_await tandem::as_result(tandem::timeout(5ms, receive(0))));
    };
    auto all = [&](tandem::task_group& group) -> task<> {
        const auto cancelled = group.spawn(first());
        for (int i = 1; i < 5; ++i)
            group.spawn(receive(i));
        co_await cancelled;
        for (int i = 1; i < 5; ++i)
            co_await queue.send(10 * i);
    };
    block_on(tandem::with_group(all));
    CHECK(got == std::vector<std::pair<int, int>>{{1, 10}, {2, 20}, {3, 30}, {4, 40}});
}

TEST_CASE("a worker that dies while it encodes or decodes loses that value, and no other") {
    process_pool pool(workers(1));
    const process_queue<deadly> queue(4);
    auto send = [](process_queue<deadly> to, deadly value) { to.blocking_send(value); };
    auto receive = [](process_queue<deadly> from) { return from.blocking_receive(30s).has_value(); };
    CHECK_THROWS_AS(block_on(pool.run(
                        [](process_queue<deadly> to) { to.blocking_send({deadly::when::encoded}); }, queue)),
                    tandem::worker_died);
    CHECK(queue.size() == 0);
    REQUIRE(queue.try_send({deadly::when::decoded}));
    block_on(pool.run(send, queue, deadly()));
    CHECK_THROWS_AS(block_on(pool.run(receive, queue)), tandem::worker_died);
    CHECK(queue.size() == 1);
    CHECK(block_on(pool.run(receive, queue)));

    REQUIRE(queue.try_send({deadly::when::refused}));
    REQUIRE(queue.try_send({}));
    CHECK_THROWS_WITH(queue.try_receive(), "not to be decoded");
    CHECK(queue.try_receive().has_value());
}

TEST_CASE("a value that was sent is there, whatever becomes of its sender at once") {
    process_pool pool(workers(1));
    const process_queue<int> queue(4);
    for (int i = 0; i < 10; ++i) {
        CHECK_THROWS_AS(block_on(pool.run(send_and_die, queue, i)), tandem::worker_died);
        CHECK(queue.try_receive() == i);
    }
}

TEST_CASE("a receiver that is killed while it waits does not take the next value's wake-up along") {
    test::temp_folder folder;
    process_pool pool(workers(2));
    const process_queue<int> queue(4);
    auto receive = [&]() -> task<int> {
        const auto value = co_await queue.receive();
        co_return value.value();
    };
    auto all = [&]() -> task<> {
        for (int round = 0; round < 10; ++round) {
            const std::string started = folder / ("started-" + std::to_string(round));
            auto doomed = pool.submit(receive_and_die, queue, started);
            co_await test::until_exists(started);
            co_await pool.warm_up();
            auto kill_and_send = [&]() -> task<> {
                co_await tandem::sleep(1ms);
                for (const int pid : pool.workers())
                    kill(pid, SIGKILL);
                co_await doomed.wait();
                queue.try_send(round);
            };
            const auto [got, nothing] = co_await tandem::gather(receive(), kill_and_send());
            CHECK(got == round);
        }
    };
    block_on(all());
}
