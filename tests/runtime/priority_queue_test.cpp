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
using tandem::priority_queue;
using tandem::task;
using tandem::task_group;
using tandem::testing::run_virtual;
using test::parcel;

TEST_CASE("a priority queue gives the greatest value first, and equals in the order in which they came") {
    struct job {
        int urgency;
        std::string name;
        bool operator<(const job& other) const { return urgency < other.urgency; }
    };
    priority_queue<job> jobs(100);
    const std::vector<int> urgencies{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9};
    for (std::size_t i = 0; i < urgencies.size(); ++i)
        jobs.try_send({urgencies[i], std::string(1, static_cast<char>('a' + i))});
    std::string order;
    while (auto next = jobs.try_receive())
        order += next->name;
    CHECK(order == "fmolnheikcajgbd");
}

TEST_CASE("a priority queue orders by the comparison it is given") {
    struct greater {
        bool operator()(int one, int other) const { return one > other; }
    };
    priority_queue<int, greater> numbers(10);
    for (int number : {5, 3, 9, 1})
        numbers.try_send(number);
    std::vector<int> order;
    while (auto next = numbers.try_receive())
        order.push_back(*next);
    CHECK(order == std::vector<int>{1, 3, 5, 9});
}

TEST_CASE("a task that waits to send into a full priority queue keeps its turn, whatever its value") {
    auto all = []() -> task<> {
        priority_queue<int> numbers(1);
        std::vector<int> received;
        auto send = [&](int number) -> task<> { co_await numbers.send(number); };
        auto receive = [&]() -> task<> {
            co_await tandem::sleep(1h);
            for (int i = 0; i < 3; ++i) {
                auto item = co_await numbers.receive();
                received.push_back(*item);
            }
        };
        co_await tandem::gather(send(1), send(2), send(3), receive());
        CHECK(received == std::vector<int>{1, 2, 3});
    };
    run_virtual(all());
}

TEST_CASE("a priority queue that is closed is drained first, and refuses those that wait to send") {
    auto all = []() -> task<> {
        priority_queue<parcel> parcels(2);
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

TEST_CASE("closing a priority queue wakes those that wait to receive, with nothing") {
    auto all = []() -> task<> {
        priority_queue<int> numbers(2);
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

TEST_CASE("wherever a sender or a receiver is cancelled, a priority queue loses and repeats nothing") {
    for (const bool victim_sends : {true, false}) {
        test::cancel_at_each_step([&](test::victim& target) -> task<> {
            priority_queue<parcel> parcels(2);
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
