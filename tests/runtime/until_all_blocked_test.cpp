#include <tandem/testing/until_all_blocked.hpp>

#include <catch2/catch.hpp>

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <future>

#include <tandem/io/asio.hpp>
#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::task;
using tandem::task_group;
using tandem::testing::run_virtual;
using tandem::testing::until_all_blocked;
using stream = boost::asio::local::stream_protocol::socket;

namespace {

/// Runs `scenario()` in virtual time, then in real time.
template <class Scenario> void in_either_time(const Scenario& scenario) {
    run_virtual(scenario());
    block_on(scenario());
}

} // namespace

TEST_CASE("until_all_blocked waits for the other tasks, however many steps they take") {
    in_either_time([]() -> task<> {
        tandem::channel<int> numbers(0);
        int steps = 0;
        auto work = [&]() -> task<> {
            for (; steps < 1000; ++steps)
                co_await tandem::yield();
            co_await numbers.receive();
        };
        auto body = [&](task_group& group) -> task<> {
            group.spawn(work());
            co_await until_all_blocked();
            CHECK(steps == 1000);
            CHECK(numbers.statistics().receivers_waiting == 1);
            group.cancel();
        };
        co_await tandem::with_group(body);
    });
}

TEST_CASE("until_all_blocked passes no time, and does not wait for timers that are not due") {
    in_either_time([]() -> task<> {
        bool has_slept = false;
        auto nap = [&]() -> task<> {
            co_await tandem::sleep(24h);
            has_slept = true;
        };
        auto body = [&](task_group& group) -> task<> {
            group.spawn(nap());
            co_await until_all_blocked();
            CHECK_FALSE(has_slept);
            group.cancel();
        };
        co_await tandem::with_group(body);
    });
    run_virtual([]() -> task<> {
        const auto before = tandem::loop::current().now();
        co_await tandem::gather(tandem::timeout(1h, until_all_blocked()), until_all_blocked());
        CHECK(tandem::loop::current().now() == before);
    }());
}

TEST_CASE("until_all_blocked lets what is due now come first") {
    in_either_time([]() -> task<> {
        std::vector<std::string> order;
        auto nap = [&]() -> task<> {
            co_await tandem::sleep(0s);
            co_await tandem::sleep_until(tandem::loop::current().now() - 1s);
            order.push_back("slept");
        };
        auto wait = [&]() -> task<> {
            co_await until_all_blocked();
            order.push_back("blocked");
        };
        tandem::loop::current().post([&] { order.push_back("posted"); });
        co_await tandem::gather(wait(), nap());
        CHECK(order.size() == 3);
        CHECK(order.back() == "blocked");
    });
}

TEST_CASE("until_all_blocked sees bytes that have arrived for a task") {
    in_either_time([]() -> task<> {
        stream left(tandem::asio_context()), right(tandem::asio_context());
        boost::asio::local::connect_pair(left, right);
        int read = 0;
        auto count = [&]() -> task<> {
            for (;;) {
                char byte = 0;
                co_await left.async_read_some(boost::asio::buffer(&byte, 1), tandem::use);
                ++read;
            }
        };
        auto body = [&](task_group& group) -> task<> {
            group.spawn(count());
            for (int sent = 1; sent <= 5; ++sent) {
                right.write_some(boost::asio::buffer("x", 1));
                co_await until_all_blocked();
                CHECK(read == sent);
            }
            group.cancel();
        };
        co_await tandem::with_group(body);
    });
}

TEST_CASE("several that wait until all are blocked are woken together, in their order") {
    in_either_time([]() -> task<> {
        std::string order;
        auto wait = [&](char name) -> task<> {
            for (int i = 0; i < 3; ++i) {
                co_await until_all_blocked();
                order += name;
            }
        };
        co_await tandem::gather(wait('a'), wait('b'), wait('c'));
        CHECK(order == "abcabcabc");
    });
}

TEST_CASE("a task that waits for a thread counts as blocked") {
    block_on([]() -> task<> {
        tandem::thread_pool threads(1);
        std::promise<void> may_end;
        auto body = [&](task_group& group) -> task<> {
            auto wait = [&] { may_end.get_future().wait(); };
            group.spawn(threads.run(wait));
            co_await until_all_blocked();
            CHECK(group.running() == 1);
            may_end.set_value();
        };
        co_await tandem::with_group(body);
    }());
}

TEST_CASE("until_all_blocked alone in its loop goes on at once, and is a checkpoint") {
    in_either_time([]() -> task<> {
        co_await until_all_blocked();
        bool passed = false;
        auto body = [&](task_group& group) -> task<> {
            group.cancel();
            co_await until_all_blocked();
            passed = true;
        };
        co_await tandem::with_group(body);
        CHECK_FALSE(passed);
    });
}

TEST_CASE("wherever a wait until all are blocked is cancelled, the others that wait so go on") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        int rounds = 0;
        auto wait = [&](int count) -> task<> {
            for (int i = 0; i < count; ++i) {
                co_await until_all_blocked();
                co_await tandem::sleep(1s);
            }
        };
        auto stay = [&]() -> task<> {
            for (; rounds < 3; ++rounds)
                co_await until_all_blocked();
        };
        co_await tandem::gather(target.run(wait(3)), stay());
        CHECK(rounds == 3);
    });
}
