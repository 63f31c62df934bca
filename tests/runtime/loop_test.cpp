#include <catch2/catch.hpp>

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <tandem/io/asio.hpp>
#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include <atomic>
#include <thread>

#include "support/live_count.hpp"
#include "support/log_capture.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::loop;
using tandem::loop_options;
using tandem::task;
using tandem::testing::run_virtual;
using test::live_count;
using stream = boost::asio::local::stream_protocol::socket;

namespace {

/// The order in which five tasks of equal standing run, three times each.
task<std::string> order_of_five() {
    std::string order;
    auto run = [&](char name) -> task<> {
        for (int i = 0; i < 3; ++i) {
            order += name;
            co_await tandem::yield();
        }
    };
    co_await tandem::gather(run('a'), run('b'), run('c'), run('d'), run('e'));
    co_return order;
}

std::string shuffled(std::uint64_t seed) {
    loop here(loop_options().shuffle(seed));
    return here.run(order_of_five());
}

task<> read_one_byte(stream& from, bool& done) {
    char byte = 0;
    co_await from.async_read_some(boost::asio::buffer(&byte, 1), tandem::use);
    done = true;
}

} // namespace

TEST_CASE("block_on returns a value or throws the error, and can be called again") {
    auto value = []() -> task<int> { co_return 3; };
    auto error = []() -> task<int> {
        co_await tandem::yield();
        throw std::domain_error("of the task");
    };
    CHECK(block_on(value()) == 3);
    CHECK_THROWS_AS(block_on(error()), std::domain_error);
    CHECK(block_on(value()) == 3);
}

TEST_CASE("one loop runs several tasks one after the other") {
    loop here;
    auto value = [](int what) -> task<int> {
        co_await tandem::sleep(1ms);
        co_return what;
    };
    CHECK(here.run(value(1)) == 1);
    CHECK_FALSE(here.root());
    CHECK(here.run(value(2)) == 2);
    CHECK(here.steps() > 0);
}

TEST_CASE("outside of a loop there is no current one, and inside a second one is refused") {
    CHECK_FALSE(loop::current_or_null());
    CHECK_THROWS_AS(loop::current(), tandem::usage_error);
    CHECK_THROWS_AS(tandem::asio_context(), tandem::usage_error);
    loop here;
    auto body = [&]() -> task<> {
        CHECK(&loop::current() == &here);
        CHECK(here.root());
        auto nothing = []() -> task<> { co_return; };
        CHECK_THROWS_AS(block_on(nothing()), tandem::usage_error);
        co_return;
    };
    here.run(body());
    CHECK_FALSE(loop::current_or_null());
}

TEST_CASE("every thread may have a loop of its own") {
    std::atomic<int> sum = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&sum, i] {
            auto body = [i]() -> task<int> {
                for (int k = 0; k < 100; ++k)
                    co_await tandem::yield();
                co_return i;
            };
            sum += block_on(body());
        });
    }
    for (auto& each : threads)
        each.join();
    CHECK(sum == 6);
}

TEST_CASE("what other threads post runs on the loop's thread, each thread's in its order") {
    std::vector<std::vector<int>> seen(3);
    int total = 0;
    tandem::event all_seen;
    auto body = [&]() -> task<> {
        const auto here = std::this_thread::get_id();
        const auto handle = loop::current().handle();
        std::vector<std::thread> threads;
        for (int t = 0; t < 3; ++t) {
            threads.emplace_back([&, handle, t, here] {
                for (int i = 0; i < 1000; ++i)
                    handle.post([&, t, i, here] {
                        if (std::this_thread::get_id() == here) seen[t].push_back(i);
                        if (++total == 3000) all_seen.set();
                    });
            });
        }
        co_await all_seen.wait();
        for (auto& each : threads)
            each.join();
    };
    block_on(body());
    for (const auto& each : seen) {
        CHECK(each.size() == 1000);
        CHECK(std::is_sorted(each.begin(), each.end()));
    }
}

TEST_CASE("a handle may outlive its loop: what is posted then is dropped") {
    bool ran = false;
    std::optional<tandem::loop_handle> handle;
    {
        loop here;
        handle = here.handle();
        const bool taken = handle->post([&ran, held = live_count()] { ran = true; });
        CHECK(taken);
    }
    CHECK_FALSE(handle->post([held = live_count()] {}));
    CHECK_FALSE(ran);
    CHECK(live_count::alive() == 0);
}

TEST_CASE("what is posted before a loop runs is run by it") {
    loop here;
    tandem::event posted;
    here.post([&] { posted.set(); });
    auto body = [&]() -> task<> { co_await posted.wait(); };
    here.run(body());
    CHECK(posted.is_set());
}

TEST_CASE("posts that make posts without end do not keep tasks from running") {
    bool stop = false;
    std::function<void()> again = [&] {
        if (!stop) loop::current().post(again);
    };
    auto body = [&]() -> task<> {
        loop::current().post(again);
        for (int i = 0; i < 10; ++i)
            co_await tandem::sleep(1ms);
        stop = true;
    };
    block_on(body());
    CHECK(stop);
}

TEST_CASE("an error of a posted function cancels the tasks and is thrown by run") {
    const test::log_capture capture;
    loop here;
    std::vector<std::string> order;
    auto sleeper = [&]() -> task<> {
        auto cleanup = [&]() -> task<> {
            co_await tandem::yield();
            order.push_back("cleaned up");
        };
        co_await tandem::with_cleanup(tandem::sleep(1h), cleanup);
    };
    auto body = [&]() -> task<int> {
        here.post([] { throw std::domain_error("of the posted function"); });
        here.post([] { throw std::domain_error("of the second one"); });
        here.post([&] { order.push_back("posted after it"); });
        co_await tandem::gather(sleeper(), sleeper());
        co_return 1;
    };
    CHECK_THROWS_WITH(here.run(body()), "of the posted function");
    CHECK(order == std::vector<std::string>{"posted after it", "cleaned up", "cleaned up"});
    REQUIRE(capture.texts().size() == 1);
    CHECK(capture.texts()[0].find("of the second one") != std::string::npos);

    auto value = []() -> task<int> { co_return 3; };
    CHECK(here.run(value()) == 3);
}

TEST_CASE("an error of a posted function is not lost on a main that ends all the same") {
    auto fail = [] { throw std::domain_error("of the posted function"); };
    auto with_value = [&]() -> task<int> {
        loop::current().post(fail);
        auto wait = []() -> task<> { co_await tandem::sleep(10ms); };
        co_await tandem::shield(wait());
        co_return 1;
    };
    CHECK_THROWS_WITH(block_on(with_value()), "of the posted function");
    const test::log_capture capture;
    auto with_error = [&]() -> task<> {
        loop::current().post(fail);
        try {
            co_await tandem::sleep(1h);
        } catch (const tandem::cancelled&) {
            throw std::runtime_error("of main");
        }
    };
    CHECK_THROWS_WITH(block_on(with_error()), "of the posted function");
    REQUIRE(capture.texts().size() == 1);
    CHECK(capture.texts()[0].find("of main") != std::string::npos);
}

TEST_CASE("two tasks that are always ready cannot delay a socket for ever") {
    for (const std::string kind : {"yield", "event", "semaphore", "task", "sleep"}) {
        bool done = false;
        tandem::event always;
        always.set();
        tandem::semaphore limit(2);
        auto nothing = []() -> task<> { co_return; };
        auto busy = [&]() -> task<> {
            while (!done) {
                if (kind == "yield") co_await tandem::yield();
                if (kind == "event") co_await always.wait();
                if (kind == "task") co_await nothing();
                if (kind == "sleep") co_await tandem::sleep(0s);
                if (kind == "semaphore") auto permit = co_await limit.acquire();
            }
        };
        auto body = [&]() -> task<> {
            stream left(tandem::asio_context()), right(tandem::asio_context());
            boost::asio::local::connect_pair(left, right);
            auto write = [&]() -> task<> {
                for (int i = 0; i < 100; ++i)
                    co_await tandem::yield();
                co_await boost::asio::async_write(left, boost::asio::buffer("x", 1), tandem::use);
            };
            co_await tandem::gather(busy(), busy(), read_one_byte(right, done), write());
        };
        block_on(body());
        CHECK(done);
    }
}

TEST_CASE("tasks that are always ready cannot delay a timer or a post for ever") {
    bool slept = false, posted = false;
    auto busy = [&]() -> task<> {
        while (!slept || !posted)
            co_await tandem::yield();
    };
    auto nap = [&]() -> task<> {
        co_await tandem::sleep(1ms);
        slept = true;
    };
    auto body = [&]() -> task<> {
        std::thread other([&, handle = loop::current().handle()] { handle.post([&] { posted = true; }); });
        co_await tandem::gather(busy(), busy(), nap());
        other.join();
    };
    block_on(body());
    CHECK(slept);
}

TEST_CASE("tasks run first come, first served, and what becomes ready in a turn waits for the next") {
    CHECK(block_on(order_of_five()) == "abcdeabcdeabcde");
}

TEST_CASE("a shuffled loop runs in the same order for the same seed, in another for another") {
    std::vector<std::string> orders;
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        orders.push_back(shuffled(seed));
        CHECK(shuffled(seed) == orders.back());
    }
    std::sort(orders.begin(), orders.end());
    CHECK(std::unique(orders.begin(), orders.end()) == orders.end());
    for (auto& order : orders) {
        std::sort(order.begin(), order.end());
        CHECK(order == "aaabbbcccdddeee");
    }
}

TEST_CASE("virtual time stands still while anything can run and jumps when everything waits") {
    auto body = []() -> task<> {
        const auto begin = loop::current().now();
        for (int i = 0; i < 1000; ++i)
            co_await tandem::yield();
        CHECK(loop::current().now() == begin);
        co_await tandem::gather(tandem::sleep(24h * 365), tandem::sleep(1ns));
        CHECK(loop::current().now() == begin + 24h * 365);
    };
    run_virtual(body());
}

TEST_CASE("ten thousand sleepers wake in order") {
    int woken = 0;
    bool in_order = true;
    auto nap = [&](int place) -> task<> {
        co_await tandem::sleep(1ms * place);
        in_order = in_order && woken == place;
        ++woken;
    };
    auto body = [&]() -> task<> {
        std::vector<task<>> all;
        for (int i = 0; i < 10'000; ++i)
            all.push_back(nap(i));
        co_await tandem::gather(std::move(all));
    };
    run_virtual(body());
    CHECK(woken == 10'000);
    CHECK(in_order);
}
