#include <catch2/catch.hpp>

#include <vector>

#include <tandem/runtime.hpp>

using tandem::block_on;
using tandem::lifo_queue;
using tandem::task;

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
