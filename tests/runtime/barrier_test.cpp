#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/cancel_at_each_step.hpp"

using namespace std::chrono_literals;
using tandem::barrier;
using tandem::block_on;
using tandem::task;
using tandem::task_group;
using tandem::testing::run_virtual;

TEST_CASE("a barrier holds those that arrive until all have, and numbers them in order") {
    auto all = []() -> task<> {
        barrier meeting(3);
        std::vector<std::string> events;
        auto arrive = [&](std::string name, tandem::duration after) -> task<std::size_t> {
            co_await tandem::sleep(after);
            events.push_back(name + " comes");
            const std::size_t place = co_await meeting.arrive_and_wait();
            events.push_back(name + " goes");
            co_return place;
        };
        auto [a, b, c] = co_await tandem::gather(arrive("a", 3s), arrive("b", 1s), arrive("c", 2s));
        CHECK(events.at(2) == "a comes");
        CHECK(events.size() == 6);
        CHECK(b == 0);
        CHECK(c == 1);
        CHECK(a == 2);
        CHECK(meeting.statistics().generation == 1);
        CHECK(meeting.statistics().tasks_waiting == 0);
    };
    run_virtual(all());
}

TEST_CASE("a barrier starts over each time it has opened, in any order of the ready queue") {
    test::run_in_each_order([]() -> task<> {
        barrier meeting(4);
        std::vector<int> rounds(4, 0);
        int leaders = 0;
        auto party = [&](std::size_t name) -> task<> {
            for (int round = 0; round < 10; ++round) {
                ++rounds[name];
                const std::size_t place = co_await meeting.arrive_and_wait();
                leaders += place == 0;
                for (int other : rounds)
                    CHECK((other == round + 1 || other == round + 2));
            }
        };
        co_await tandem::gather(party(0), party(1), party(2), party(3));
        CHECK(leaders == 10);
        CHECK(meeting.statistics().generation == 10);
    });
}

TEST_CASE("a barrier for one party holds nobody") {
    auto all = []() -> task<> {
        barrier meeting(1);
        const std::size_t place = co_await meeting.arrive_and_wait();
        CHECK(place == 0);
        co_await meeting.arrive_and_wait();
        CHECK(meeting.statistics().generation == 2);
    };
    block_on(all());
}

TEST_CASE("more tasks than parties meet in turns") {
    auto all = []() -> task<> {
        barrier meeting(2);
        std::vector<int> gone;
        auto party = [&](int name) -> task<> {
            co_await meeting.arrive_and_wait();
            gone.push_back(name);
        };
        auto late = [&]() -> task<> {
            co_await tandem::sleep(1h);
            CHECK(gone.size() == 2);
            co_await party(4);
        };
        co_await tandem::gather(party(1), party(2), party(3), late());
        CHECK(gone.size() == 4);
    };
    run_virtual(all());
}

TEST_CASE("a party that is cancelled takes its arrival back, and the others wait for one more") {
    auto all = []() -> task<> {
        barrier meeting(2);
        std::vector<int> gone;
        auto party = [&](int name) -> task<> {
            co_await meeting.arrive_and_wait();
            gone.push_back(name);
        };
        auto outcome = co_await tandem::as_result(tandem::timeout(1s, party(1)));
        CHECK_FALSE(outcome);
        CHECK(meeting.statistics().tasks_waiting == 0);
        auto late = [&]() -> task<> {
            co_await tandem::sleep(1s);
            CHECK(gone.empty());
            CHECK(meeting.statistics().tasks_waiting == 1);
            co_await party(3);
        };
        co_await tandem::gather(party(2), late());
        CHECK(gone.size() == 2);
        CHECK(meeting.statistics().generation == 1);
    };
    run_virtual(all());
}

TEST_CASE("cancelling comes too late for a party once the barrier has opened") {
    auto all = []() -> task<> {
        barrier meeting(2);
        bool gone = false;
        auto party = [&]() -> task<> {
            co_await meeting.arrive_and_wait();
            gone = true;
        };
        auto body = [&](task_group& group) -> task<> {
            group.spawn(party());
            co_await tandem::yield();
            co_await meeting.arrive_and_wait();
            group.cancel();
        };
        co_await tandem::with_group(body);
        CHECK(gone);
    };
    block_on(all());
}

TEST_CASE("a party that drops out is waited for no longer") {
    auto all = []() -> task<> {
        barrier meeting(3);
        int gone = 0;
        auto party = [&]() -> task<> {
            co_await meeting.arrive_and_wait();
            ++gone;
        };
        auto drop = [&]() -> task<> {
            co_await tandem::sleep(1h);
            CHECK(gone == 0);
            meeting.arrive_and_drop();
        };
        co_await tandem::gather(party(), party(), drop());
        CHECK(gone == 2);
        CHECK(meeting.statistics().parties == 2);
        meeting.arrive_and_drop();
        meeting.arrive_and_drop();
        CHECK_THROWS_AS(meeting.arrive_and_drop(), tandem::usage_error);
        CHECK_THROWS_AS((void)meeting.arrive_and_wait(), tandem::usage_error);
        CHECK(meeting.statistics().generation == 1);
    };
    run_virtual(all());
}

TEST_CASE("a barrier for nobody is a mistake") {
    CHECK_THROWS_AS(barrier(0), tandem::usage_error);
}

TEST_CASE("wherever one party is cancelled, a barrier opens for as many as were promised") {
    test::cancel_at_each_step([](test::victim& target) -> task<> {
        barrier meeting(3);
        int rounds_of_others = 0, rounds_of_victim = 0;
        auto party = [&](int& rounds) -> task<> {
            for (int i = 0; i < 3; ++i) {
                co_await meeting.arrive_and_wait();
                ++rounds;
                co_await tandem::sleep(1s);
            }
        };
        auto victim_then_stand_in = [&]() -> task<> {
            co_await target.run(party(rounds_of_victim));
            while (rounds_of_victim < 3) {
                co_await meeting.arrive_and_wait();
                ++rounds_of_victim;
            }
        };
        co_await tandem::gather(party(rounds_of_others), victim_then_stand_in(), party(rounds_of_others));
        CHECK(rounds_of_others == 6);
        CHECK(meeting.statistics().generation == 3);
        CHECK(meeting.statistics().tasks_waiting == 0);
    });
}
