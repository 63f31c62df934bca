#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"
#include "support/parcel.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::lifo_queue;
using tandem::task;
using tandem::task_group;
using tandem::testing::run_virtual;
using test::parcel;

TEST_CASE("a lifo queue gives the latest value first") {
    lifo_queue<int> numbers(3);
    for (int number : {1, 2, 3})
        CHECK(numbers.try_send(number));
    CHECK_FALSE(numbers.try_send(4));
    std::vector<int> order;
    while (auto next = numbers.try_receive())
        order.push_back(*next);
    CHECK(order == std::vector<int>{3, 2, 1});
}

TEST_CASE("tasks that wait on a lifo queue are still served first come, first served") {
    auto all = []() -> task<> {
        lifo_queue<int> numbers(1);
        std::vector<int> received;
        auto receive = [&]() -> task<> {
            auto item = co_await numbers.receive();
            received.push_back(*item);
        };
        auto send = [&](int number) -> task<> { co_await numbers.send(number); };
        co_await tandem::gather(receive(), receive(), send(1), send(2));
        CHECK(received == std::vector<int>{1, 2});
    };
    block_on(all());
}

TEST_CASE("a lifo queue that is closed is drained first, and refuses those that wait to send") {
    auto all = []() -> task<> {
        lifo_queue<parcel> parcels(2);
        int refused = 0;
        auto send = [&](int number) -> task<> {
            parcel one(number);
            try {
                co_await parcels.send_from(one);
            } catch (const tandem::channel_closed&) {
                CHECK(one.number() == number);
                ++refused;
            }
        };
        auto close = [&]() -> task<> {
            co_await tandem::sleep(1h);
            CHECK(parcels.statistics().senders_waiting == 1);
            parcels.close();
        };
        co_await tandem::gather(send(1), send(2), send(3), close());
        CHECK(refused == 1);
        int received = 0;
        while (auto one = co_await parcels.receive()) {
            CHECK(one->number() == 2 - received);
            ++received;
        }
        CHECK(received == 2);
        CHECK(parcel::alive() == 0);
    };
    run_virtual(all());
}

TEST_CASE("closing a lifo queue wakes those that wait to receive, with nothing") {
    auto all = []() -> task<> {
        lifo_queue<int> numbers(2);
        auto receive = [&]() -> task<bool> {
            auto item = co_await numbers.receive();
            co_return item.has_value();
        };
        auto close = [&]() -> task<> {
            co_await tandem::sleep(1h);
            numbers.close();
        };
        auto [first, second, done] = co_await tandem::gather(receive(), receive(), close());
        CHECK_FALSE(first);
        CHECK_FALSE(second);
    };
    run_virtual(all());
}

TEST_CASE("wherever a sender or a receiver is cancelled, a lifo queue loses and repeats nothing") {
    for (const bool victim_sends : {true, false}) {
        test::cancel_at_each_step([&](test::victim& target) -> task<> {
            lifo_queue<parcel> parcels(2);
            std::vector<int> received;
            int next = 1;
            auto send = [&]() -> task<> {
                while (next <= 6) {
                    co_await parcels.send(parcel(next));
                    if (next++ % 3 == 0) co_await tandem::sleep(1s);
                }
            };
            auto receive = [&]() -> task<> {
                while (auto one = co_await parcels.receive()) {
                    received.push_back(one->number());
                    if (one->number() % 2 == 0) co_await tandem::sleep(1s);
                }
            };
            auto all_sent = [&]() -> task<> {
                if (victim_sends) co_await target.run(send());
                co_await send();
                parcels.close();
            };
            auto all_received = [&]() -> task<> {
                if (!victim_sends) co_await target.run(receive());
                co_await receive();
            };
            co_await tandem::gather(all_sent(), all_received());
            std::sort(received.begin(), received.end());
            CHECK(received == std::vector<int>{1, 2, 3, 4, 5, 6});
            CHECK(parcel::alive() == 0);
        });
    }
}
