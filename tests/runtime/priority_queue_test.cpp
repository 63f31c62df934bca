#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

using namespace std::chrono_literals;
using tandem::priority_queue;
using tandem::task;
using tandem::testing::run_virtual;

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
