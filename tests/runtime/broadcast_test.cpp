#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::broadcast;
using tandem::task;
using tandem::task_group;
using tandem::testing::run_virtual;

namespace {

task<> receive_all(broadcast<int>::subscription& from, std::vector<int>& into) {
    while (auto item = co_await from.receive())
        into.push_back(*item);
}

} // namespace

TEST_CASE("each subscriber receives every value from its subscription on, in order") {
    test::run_in_each_order([]() -> task<> {
        broadcast<int> news(16);
        std::vector<int> early, late;
        auto first = news.subscribe();
        auto publish = [&]() -> task<> {
            for (int i = 1; i <= 10; ++i) {
                news.publish(i);
                if (i % 3 == 0) co_await tandem::sleep(1s);
            }
            news.close();
        };
        auto join_late = [&]() -> task<> {
            co_await tandem::sleep(1500ms);
            auto second = news.subscribe();
            CHECK(second.pending() == 0);
            co_await receive_all(second, late);
        };
        co_await tandem::gather(receive_all(first, early), publish(), join_late());
        CHECK(early == std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
        CHECK(late == std::vector<int>{7, 8, 9, 10});
    });
}

TEST_CASE(
    "a subscriber that falls behind is told how many values it missed, and goes on with the oldest kept") {
    auto all = []() -> task<> {
        broadcast<int> news(3);
        auto slow = news.subscribe();
        auto quick = news.subscribe();
        std::vector<int> seen;
        for (int i = 1; i <= 8; ++i) {
            news.publish(i);
            auto item = co_await quick.receive();
            seen.push_back(*item);
        }
        CHECK(seen == std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8});
        CHECK(slow.pending() == 8);
        std::uint64_t missed = 0;
        try {
            co_await slow.receive();
        } catch (const tandem::lagged& lag) {
            missed = lag.missed();
        }
        CHECK(missed == 5);
        news.close();
        std::vector<int> rest;
        co_await receive_all(slow, rest);
        CHECK(rest == std::vector<int>{6, 7, 8});
    };
    block_on(all());
}

TEST_CASE("a publisher never waits, and publishes to nobody without keeping anything") {
    broadcast<int> news(2);
    for (int i = 0; i < 100; ++i)
        news.publish(i);
    CHECK(news.statistics().buffered == 0);
    CHECK(news.statistics().published == 100);
    {
        auto view = news.subscribe();
        CHECK(view.pending() == 0);
        for (int i = 0; i < 100; ++i)
            news.publish(i);
        CHECK(news.statistics().buffered == 2);
        CHECK(news.statistics().subscribers == 1);
    }
    CHECK(news.statistics().buffered == 0);
    CHECK(news.statistics().subscribers == 0);
}

TEST_CASE("closing a broadcast wakes those that wait, and what is kept is still received") {
    auto all = []() -> task<> {
        broadcast<std::string> news(4);
        auto waiting = news.subscribe();
        auto receive = [&]() -> task<> {
            auto item = co_await waiting.receive();
            CHECK_FALSE(item);
        };
        auto close = [&]() -> task<> {
            co_await tandem::sleep(1h);
            CHECK(news.statistics().tasks_waiting == 1);
            news.close();
            news.close();
        };
        co_await tandem::gather(receive(), close());
        CHECK(news.is_closed());
        CHECK(news.statistics().closed);
        CHECK_THROWS_AS(news.publish("late"), tandem::usage_error);
        auto after = news.subscribe();
        auto nothing = co_await after.receive();
        CHECK_FALSE(nothing);
    };
    run_virtual(all());
}

TEST_CASE("two tasks that receive from one subscription are a mistake, and one after the other is none") {
    auto all = []() -> task<> {
        broadcast<int> news(4);
        auto shared = news.subscribe();
        auto receive = [&]() -> task<int> {
            auto item = co_await shared.receive();
            co_return item.value_or(0);
        };
        auto second = [&]() -> task<> {
            co_await tandem::yield();
            auto outcome = co_await tandem::as_result(receive());
            CHECK_THROWS_AS(outcome.value(), tandem::usage_error);
            news.publish(1);
        };
        auto [first, done] = co_await tandem::gather(receive(), second());
        CHECK(first == 1);
        news.publish(2);
        auto next = co_await receive();
        CHECK(next == 2);
    };
    block_on(all());
}

TEST_CASE("a subscription that moves keeps its place") {
    auto all = []() -> task<> {
        broadcast<int> news(4);
        auto first = news.subscribe();
        news.publish(1);
        auto second = std::move(first);
        CHECK(news.statistics().subscribers == 1);
        auto item = co_await second.receive();
        CHECK(item == 1);
        second = news.subscribe();
        CHECK(news.statistics().subscribers == 1);
        news.publish(2);
        item = co_await second.receive();
        CHECK(item == 2);
    };
    block_on(all());
}

TEST_CASE("a broadcast that keeps nothing is a mistake") {
    CHECK_THROWS_AS(broadcast<int>(0), tandem::usage_error);
}

TEST_CASE("receiving from a broadcast is a checkpoint, and takes nothing when it is cancelled") {
    auto all = []() -> task<> {
        broadcast<int> news(4);
        auto view = news.subscribe();
        news.publish(1);
        bool passed = false;
        auto body = [&](task_group& group) -> task<> {
            group.cancel();
            co_await view.receive();
            passed = true;
        };
        co_await tandem::with_group(body);
        CHECK_FALSE(passed);
        CHECK(view.pending() == 1);
    };
    block_on(all());
}

TEST_CASE("wherever a subscriber is cancelled, it goes on with the value after the last it received") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        broadcast<int> news(8);
        auto view = news.subscribe();
        auto other = news.subscribe();
        std::vector<int> received, by_other;
        auto publish = [&]() -> task<> {
            for (int i = 1; i <= 6; ++i) {
                news.publish(i);
                if (i % 2 == 0) co_await tandem::sleep(1s);
            }
            news.close();
        };
        auto receive = [&]() -> task<> {
            while (auto item = co_await view.receive()) {
                received.push_back(*item);
                co_await tandem::sleep(10ms);
            }
        };
        auto then_the_rest = [&]() -> task<> {
            co_await target.run(receive());
            co_await receive();
        };
        co_await tandem::gather(publish(), then_the_rest(), receive_all(other, by_other));
        CHECK(received == std::vector<int>{1, 2, 3, 4, 5, 6});
        CHECK(by_other == received);
        CHECK(news.statistics().tasks_waiting == 0);
    });
}
