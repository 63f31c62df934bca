// What lifo_queue and priority_queue have in common: the parts of a channel that their order does not touch.
#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

#include <tandem/coro/gather.hpp>
#include <tandem/sync/lifo_queue.hpp>
#include <tandem/sync/priority_queue.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"
#include "support/parcel.hpp"

using namespace std::chrono_literals;
using tandem::task;
using tandem::testing::run_virtual;
using test::parcel;
using lifo = tandem::lifo_queue<parcel>;
using by_priority = tandem::priority_queue<parcel>;

TEMPLATE_TEST_CASE(
    "a queue with an order of its own that is closed is drained first, and refuses who waits to send", "",
    lifo, by_priority) {
    auto all = []() -> task<> {
        TestType parcels(2);
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

TEMPLATE_TEST_CASE("closing a queue with an order of its own wakes those that wait to receive, with nothing",
                   "", lifo, by_priority) {
    auto all = []() -> task<> {
        TestType parcels(2);
        auto receive = [&]() -> task<bool> {
            auto item = co_await parcels.receive();
            co_return item.has_value();
        };
        auto close = [&]() -> task<> {
            co_await tandem::sleep(1h);
            parcels.close();
        };
        auto [first, second, done] = co_await tandem::gather(receive(), receive(), close());
        CHECK_FALSE(first);
        CHECK_FALSE(second);
    };
    run_virtual(all());
}

TEMPLATE_TEST_CASE(
    "wherever one side is cancelled, a queue with an order of its own loses and repeats nothing", "", lifo,
    by_priority) {
    for (const bool victim_sends : {true, false}) {
        test::cancel_at_each_step([&](test::victim& target) -> task<> {
            TestType parcels(2);
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
