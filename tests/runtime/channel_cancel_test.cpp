#include <catch2/catch.hpp>

#include <vector>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"
#include "support/parcel.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::channel;
using tandem::task;
using tandem::task_group;
using tandem::testing::run_virtual;
using test::parcel;

namespace {

const std::vector<int> one_to_six{1, 2, 3, 4, 5, 6};

} // namespace

TEST_CASE("a cancelled receive leaves its value to others, and a cancelled send is not delivered") {
    for (const std::size_t capacity : {0, 1}) {
        auto all = [&]() -> task<> {
            channel<int> numbers(capacity);
            auto received = co_await tandem::as_result(tandem::timeout(1s, numbers.receive()));
            CHECK_FALSE(received);
            CHECK(numbers.statistics().receivers_waiting == 0);

            for (std::size_t i = 0; i < capacity; ++i)
                co_await numbers.send(1);
            auto sent = co_await tandem::as_result(tandem::timeout(1s, numbers.send(99)));
            CHECK_FALSE(sent);
            CHECK(numbers.statistics().senders_waiting == 0);
            for (std::size_t i = 0; i < capacity; ++i) {
                auto first = numbers.try_receive();
                CHECK(first == 1);
            }
            CHECK_FALSE(numbers.try_receive());
        };
        run_virtual(all());
    }
}

TEST_CASE("a value given to a receiver in the step that cancels it is delivered") {
    for (const std::size_t capacity : {0, 1}) {
        auto all = [&]() -> task<> {
            channel<int> numbers(capacity);
            int received = 0;
            auto receive = [&]() -> task<> {
                auto item = co_await numbers.receive();
                received = *item;
                co_await tandem::sleep(1h); // here, at the next await, it is cancelled
                received = 0;
            };
            auto body = [&](task_group& group) -> task<> {
                group.spawn(receive());
                co_await tandem::yield();
                CHECK(numbers.try_send(7));
                group.cancel();
            };
            co_await tandem::with_group(body);
            CHECK(received == 7);
        };
        run_virtual(all());
    }
}

TEST_CASE("sending and receiving are checkpoints even where they need not wait") {
    auto all = []() -> task<> {
        channel<int> numbers(2);
        numbers.try_send(1);
        int passed = 0;
        auto send = [&](task_group& group) -> task<> {
            group.cancel();
            co_await numbers.send(2);
            ++passed;
        };
        auto receive = [&](task_group& group) -> task<> {
            group.cancel();
            co_await numbers.receive();
            ++passed;
        };
        co_await tandem::with_group(send);
        co_await tandem::with_group(receive);
        CHECK(passed == 0);
        CHECK(numbers.size() == 1);
    };
    block_on(all());
}

TEST_CASE("wherever the receiver is cancelled, each parcel is received once or still there") {
    for (const std::size_t capacity : {0, 1, 3}) {
        test::cancel_at_each_step([&](test::victim& target) -> task<> {
            channel<parcel> parcels(capacity);
            std::vector<int> received;
            int sent = 0;
            auto receive = [&]() -> task<> {
                while (auto one = co_await parcels.receive()) {
                    received.push_back(one->number());
                    if (one->number() % 3 == 0) co_await tandem::sleep(1s);
                }
            };
            auto send = [&]() -> task<> {
                for (int i = 1; i <= 6; ++i) {
                    co_await parcels.send(parcel(i));
                    ++sent;
                    if (i % 2 == 0) co_await tandem::sleep(1s);
                }
                parcels.close();
            };
            auto then_the_rest = [&]() -> task<> {
                co_await target.run(receive());
                co_await receive();
            };
            co_await tandem::gather(send(), then_the_rest());
            CHECK(sent == 6);
            CHECK(received == one_to_six);
            CHECK(parcel::alive() == 0);
        });
    }
}

TEST_CASE("wherever the sender is cancelled, what it could not send is still with it") {
    for (const std::size_t capacity : {0, 1, 3}) {
        test::cancel_at_each_step([&](test::victim& target) -> task<> {
            channel<parcel> parcels(capacity);
            std::vector<int> received;
            int next = 1;
            auto send = [&]() -> task<> {
                while (next <= 6) {
                    parcel one(next);
                    try {
                        co_await parcels.send_from(one);
                    } catch (const tandem::cancelled&) {
                        CHECK(one.number() == next);
                        throw;
                    }
                    CHECK(one.number() == 0);
                    if (next++ % 2 == 0) co_await tandem::sleep(1s);
                }
            };
            auto then_the_rest = [&]() -> task<> {
                co_await target.run(send());
                co_await send();
                parcels.close();
            };
            auto receive = [&]() -> task<> {
                while (auto one = co_await parcels.receive()) {
                    received.push_back(one->number());
                    if (one->number() % 3 == 0) co_await tandem::sleep(1s);
                }
            };
            co_await tandem::gather(then_the_rest(), receive());
            CHECK(received == one_to_six);
            CHECK(parcel::alive() == 0);
        });
    }
}

TEST_CASE("wherever both sides are cancelled, a channel keeps no waiter and leaks no value") {
    for (const std::size_t capacity : {0, 2}) {
        test::cancel_at_each_step([&](test::victim& target) -> task<> {
            {
                channel<parcel> parcels(capacity);
                int sent = 0, received = 0;
                auto send = [&]() -> task<> {
                    for (int i = 1; i <= 4; ++i) {
                        co_await parcels.send(parcel(i));
                        ++sent;
                    }
                };
                auto receive = [&](int count) -> task<> {
                    for (int i = 0; i < count; ++i) {
                        auto one = co_await parcels.receive();
                        received += one.has_value();
                        co_await tandem::sleep(1s);
                    }
                };
                auto body = [&](task_group& group) -> task<> {
                    group.spawn(send());
                    group.spawn(send());
                    group.spawn(receive(3));
                    co_await receive(5);
                };
                auto both = [&]() -> task<> { co_await tandem::with_group(body); };
                co_await target.run(both());
                const auto now = parcels.statistics();
                CHECK(now.senders_waiting == 0);
                CHECK(now.receivers_waiting == 0);
                CHECK(sent == received + static_cast<int>(now.buffered));
                CHECK(parcel::alive() == static_cast<int>(now.buffered));
            }
            CHECK(parcel::alive() == 0);
        });
    }
}
