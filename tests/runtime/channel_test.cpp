#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"
#include "support/parcel.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::channel;
using tandem::channel_closed;
using tandem::task;
using tandem::task_group;
using tandem::testing::run_virtual;
using test::parcel;

namespace {

task<> send_all(channel<int>& to, int first, int last) {
    for (int i = first; i <= last; ++i)
        co_await to.send(i);
}

task<> receive_all(channel<int>& from, std::vector<int>& into) {
    while (auto item = co_await from.receive())
        into.push_back(*item);
}

std::vector<int> numbers_to(int last) {
    std::vector<int> numbers;
    for (int i = 1; i <= last; ++i)
        numbers.push_back(i);
    return numbers;
}

} // namespace

TEST_CASE("a channel hands on every value in order, whatever its capacity") {
    for (const std::size_t capacity : {0, 1, 2, 7, 128}) {
        test::run_in_each_order([&]() -> task<> {
            channel<int> numbers(capacity);
            std::vector<int> received;
            auto send = [&]() -> task<> {
                co_await send_all(numbers, 1, 300);
                numbers.close();
            };
            co_await tandem::gather(send(), receive_all(numbers, received));
            CHECK(received == numbers_to(300));
            CHECK(numbers.size() == 0);
        });
    }
}

TEST_CASE("many senders and receivers lose and repeat nothing, and each sender's values stay in order") {
    for (const std::size_t capacity : {0, 1, 5}) {
        test::run_in_each_order([&]() -> task<> {
            channel<int> numbers(capacity);
            std::vector<int> received;
            auto send = [&]() -> task<> {
                co_await tandem::gather(send_all(numbers, 1, 50), send_all(numbers, 101, 150),
                                        send_all(numbers, 201, 250));
                numbers.close();
            };
            co_await tandem::gather(send(), receive_all(numbers, received), receive_all(numbers, received));
            REQUIRE(received.size() == 150);
            auto sorted = received;
            std::sort(sorted.begin(), sorted.end());
            CHECK(std::unique(sorted.begin(), sorted.end()) == sorted.end());
        });
    }
}

TEST_CASE("a channel takes as many values as it has room for, then its senders wait") {
    auto all = []() -> task<> {
        channel<int> numbers(3);
        auto sent = co_await tandem::as_result(tandem::timeout(1h, send_all(numbers, 1, 10)));
        CHECK_FALSE(sent);
        CHECK(numbers.size() == 3);
        CHECK(numbers.capacity() == 3);
        for (int expected : {1, 2, 3}) {
            auto item = co_await numbers.receive();
            CHECK(item == expected);
        }
    };
    run_virtual(all());
}

TEST_CASE("with a capacity of 0 a send ends when the value has been received") {
    auto all = []() -> task<> {
        channel<std::string> words(0);
        std::vector<std::string> events;
        auto send = [&]() -> task<> {
            co_await words.send("hello");
            events.push_back("sent");
        };
        auto receive = [&]() -> task<> {
            co_await tandem::sleep(1h);
            events.push_back("receiving");
            auto word = co_await words.receive();
            CHECK(word == "hello");
        };
        co_await tandem::gather(send(), receive());
        CHECK(events == std::vector<std::string>{"receiving", "sent"});
    };
    run_virtual(all());
}

TEST_CASE("receivers are served in the order in which they came, and so are senders") {
    for (const std::size_t capacity : {0, 1}) {
        auto all = [&]() -> task<> {
            channel<int> numbers(capacity);
            std::vector<std::pair<int, int>> received;
            auto receive = [&](int name) -> task<> {
                auto item = co_await numbers.receive();
                received.emplace_back(name, *item);
            };
            co_await tandem::gather(receive(1), receive(2), receive(3), send_all(numbers, 1, 3));
            CHECK(received == std::vector<std::pair<int, int>>{{1, 1}, {2, 2}, {3, 3}});

            received.clear();
            auto send = [&](int number) -> task<> { co_await numbers.send(number); };
            auto receive_three = [&]() -> task<> {
                for (int i = 0; i < 3; ++i)
                    co_await receive(0);
            };
            co_await tandem::gather(send(1), send(2), send(3), receive_three());
            CHECK(received == std::vector<std::pair<int, int>>{{0, 1}, {0, 2}, {0, 3}});
        };
        block_on(all());
    }
}

TEST_CASE("a sender that comes when room has just been made does not overtake those that wait") {
    auto all = []() -> task<> {
        channel<int> numbers(1);
        std::vector<int> received;
        auto send = [&](int number) -> task<> { co_await numbers.send(number); };
        auto body = [&](task_group& group) -> task<> {
            co_await numbers.send(1);
            group.spawn(send(2));
            group.spawn(send(3));
            co_await tandem::yield();
            auto first = numbers.try_receive();
            CHECK(first == 1);
            CHECK_FALSE(numbers.try_send(4));
            group.spawn(send(5));
            co_await tandem::yield();
            for (int i = 0; i < 3; ++i) {
                auto item = co_await numbers.receive();
                received.push_back(*item);
            }
        };
        co_await tandem::with_group(body);
        CHECK(received == std::vector<int>{2, 3, 5});
    };
    block_on(all());
}

TEST_CASE("a closed channel is drained first, then its receivers get nothing") {
    auto all = []() -> task<> {
        channel<int> numbers(5);
        co_await send_all(numbers, 1, 3);
        CHECK_FALSE(numbers.is_closed());
        numbers.close();
        numbers.close();
        CHECK(numbers.is_closed());
        std::vector<int> received;
        co_await receive_all(numbers, received);
        CHECK(received == numbers_to(3));
        auto more = co_await numbers.receive();
        CHECK_FALSE(more);
        CHECK_FALSE(numbers.try_receive());
    };
    block_on(all());
}

TEST_CASE("closing a channel wakes every receiver that waits, with nothing") {
    auto all = []() -> task<> {
        channel<int> numbers(2);
        int woken = 0;
        auto receive = [&]() -> task<> {
            auto item = co_await numbers.receive();
            CHECK_FALSE(item);
            ++woken;
        };
        auto close = [&]() -> task<> {
            co_await tandem::sleep(1h);
            CHECK(numbers.statistics().receivers_waiting == 3);
            numbers.close();
        };
        co_await tandem::gather(receive(), receive(), receive(), close());
        CHECK(woken == 3);
    };
    run_virtual(all());
}

TEST_CASE("closing a channel refuses the senders that wait, whose values stay with them") {
    for (const std::size_t capacity : {0, 1}) {
        auto all = [&]() -> task<> {
            channel<parcel> parcels(capacity);
            int refused = 0;
            auto send = [&](int number) -> task<> {
                parcel kept(number);
                try {
                    co_await parcels.send_from(kept);
                } catch (const channel_closed&) {
                    ++refused;
                    CHECK(kept.number() == number);
                }
            };
            auto close = [&]() -> task<> {
                co_await tandem::sleep(1h);
                CHECK(parcels.statistics().senders_waiting == 3 - capacity);
                parcels.close();
            };
            co_await tandem::gather(send(1), send(2), send(3), close());
            CHECK(refused == 3 - static_cast<int>(capacity));
            CHECK(parcel::alive() == static_cast<int>(capacity));
        };
        run_virtual(all());
        CHECK(parcel::alive() == 0);
    }
}

TEST_CASE("sending into a closed channel throws, and so does trying to") {
    auto all = []() -> task<> {
        channel<int> numbers(1);
        numbers.close();
        auto sent = co_await tandem::as_result(numbers.send(1));
        CHECK_THROWS_AS(sent.value(), channel_closed);
        CHECK_THROWS_AS(numbers.try_send(1), channel_closed);
        CHECK(numbers.size() == 0);
    };
    block_on(all());
}

TEST_CASE("trying to send or to receive never waits, and leaves the value of a sender that fails") {
    channel<parcel> parcels(1);
    CHECK_FALSE(parcels.try_receive());
    CHECK(parcels.try_send(parcel(1)));
    parcel second(2);
    CHECK_FALSE(parcels.try_send(std::move(second)));
    CHECK(second.number() == 2);
    auto first = parcels.try_receive();
    REQUIRE(first);
    CHECK(first->number() == 1);

    channel<int> rendezvous(0);
    CHECK_FALSE(rendezvous.try_send(1));
    CHECK_FALSE(rendezvous.try_receive());
}

TEST_CASE("trying to send or to receive meets the one that waits on the other side") {
    auto all = []() -> task<> {
        channel<int> numbers(0);
        auto body = [&](task_group& group) -> task<> {
            group.spawn(send_all(numbers, 1, 2));
            co_await tandem::yield();
            auto first = numbers.try_receive();
            CHECK(first == 1);
            CHECK_FALSE(numbers.try_receive()); // the sender has not come back with its next yet
            auto second = co_await numbers.receive();
            CHECK(second == 2);

            std::vector<int> received;
            auto receive = [&]() -> task<> { co_await receive_all(numbers, received); };
            auto receiving = [&](task_group& inner) -> task<> {
                inner.spawn(receive());
                co_await tandem::yield();
                CHECK(numbers.try_send(3));
                CHECK_FALSE(numbers.try_send(4));
                numbers.close();
            };
            co_await tandem::with_group(receiving);
            CHECK(received == std::vector<int>{3});
        };
        co_await tandem::with_group(body);
    };
    block_on(all());
}

TEST_CASE("a channel that grows while its values have wrapped around keeps their order") {
    channel<parcel> parcels(100);
    int next_in = 1, next_out = 1;
    for (int round = 0; round < 12; ++round) {
        for (int i = 0; i < 7; ++i)
            CHECK(parcels.try_send(parcel(next_in++)));
        for (int i = 0; i < 3; ++i) {
            auto one = parcels.try_receive();
            REQUIRE(one);
            CHECK(one->number() == next_out++);
        }
    }
    CHECK(parcels.size() == 48);
    CHECK(parcel::alive() == 48);
    while (auto one = parcels.try_receive())
        CHECK(one->number() == next_out++);
    CHECK(next_in == next_out);
}

TEST_CASE("a channel may go away as soon as it is closed, before those it woke have run") {
    auto all = []() -> task<> {
        auto full = std::make_unique<channel<parcel>>(0);
        auto empty = std::make_unique<channel<parcel>>(3);
        int woken = 0;
        auto send = [&]() -> task<> {
            auto outcome = co_await tandem::as_result(full->send(parcel(1)));
            CHECK_THROWS_AS(outcome.value(), channel_closed);
            ++woken;
        };
        auto receive = [&]() -> task<> {
            auto one = co_await empty->receive();
            CHECK_FALSE(one);
            ++woken;
        };
        auto end = [&]() -> task<> {
            co_await tandem::sleep(1h);
            full->close();
            empty->close();
            full.reset();
            empty.reset();
        };
        co_await tandem::gather(send(), receive(), end());
        CHECK(woken == 2);
        CHECK(parcel::alive() == 0);
    };
    run_virtual(all());
}

TEST_CASE("a channel of any type that moves can be waited on with a time limit") {
    auto all = []() -> task<> {
        channel<std::unique_ptr<std::string>> words(0);
        auto send = [&]() -> task<> {
            co_await tandem::timeout(1s, words.send(std::make_unique<std::string>("hello")));
        };
        auto receive = [&]() -> task<> {
            auto word = co_await tandem::timeout(1s, words.receive());
            REQUIRE(word);
            CHECK(**word == "hello");
        };
        co_await tandem::gather(send(), receive());
        auto none = co_await tandem::move_on_after(1s, words.receive());
        CHECK_FALSE(none);
    };
    run_virtual(all());
}

TEST_CASE("a channel tells what it holds and who waits") {
    auto all = []() -> task<> {
        channel<int> numbers(2);
        auto body = [&](task_group& group) -> task<> {
            group.spawn(send_all(numbers, 1, 3));
            group.spawn(send_all(numbers, 4, 4));
            co_await tandem::yield();
            const auto now = numbers.statistics();
            CHECK(now.capacity == 2);
            CHECK(now.buffered == 2);
            CHECK(now.senders_waiting == 2);
            CHECK(now.receivers_waiting == 0);
            CHECK_FALSE(now.closed);
            group.cancel();
        };
        co_await tandem::with_group(body);
        numbers.close();
        CHECK(numbers.statistics().closed);
        CHECK(numbers.statistics().senders_waiting == 0);
    };
    block_on(all());
}

TEST_CASE("two tasks that keep a channel busy let the others run") {
    auto all = []() -> task<> {
        channel<int> numbers(1'000'000);
        bool done = false;
        auto send = [&]() -> task<> {
            while (!done)
                co_await numbers.send(1);
        };
        auto receive = [&]() -> task<> {
            while (!done)
                co_await numbers.receive();
        };
        auto other = [&]() -> task<> {
            for (int i = 0; i < 100; ++i)
                co_await tandem::sleep(0s);
            done = true;
            numbers.try_send(1);
        };
        co_await tandem::gather(send(), receive(), other());
        CHECK(done);
    };
    block_on(all());
}
