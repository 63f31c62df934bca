#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/ending_after.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::sleep;
using tandem::task;
using tandem::timeout;
using tandem::testing::run_virtual;
using test::value_after;

namespace {

tandem::time_point now() {
    return tandem::loop::current().now();
}

/// How `work` ends: its value, or the text of its error.
task<std::string> ending(task<int> work) {
    auto outcome = co_await tandem::as_result(std::move(work));
    if (outcome) co_return std::to_string(outcome.value());
    co_return outcome.what();
}

} // namespace

TEST_CASE("a value in time passes a timeout, and nothing waits for the rest of it") {
    auto all = []() -> task<> {
        const auto begin = now();
        const int value = co_await timeout(10s, value_after(3s, 4));
        CHECK(value == 4);
        CHECK(now() - begin == 3s);
    };
    run_virtual(all());
}

TEST_CASE("a timeout throws timed_out, which says after how long") {
    auto text = [](tandem::duration limit) -> task<std::string> {
        co_return co_await ending(timeout(limit, value_after(24h, 0)));
    };
    CHECK(run_virtual(text(3s)) == "timed out after 3 s");
    CHECK(run_virtual(text(1500ms)) == "timed out after 1.5 s");
    CHECK(run_virtual(text(1h)) == "timed out after 3600 s");
    CHECK(run_virtual(text(10s)) == "timed out after 10 s");
    CHECK(run_virtual(text(0s)) == "timed out after 0 s");
    CHECK(run_virtual(text(250us)) == "timed out after 0.00025 s");
}

TEST_CASE("an hour of time-outs passes in virtual time while none passes in real time") {
    auto all = []() -> task<> {
        const auto begin = now();
        for (int i = 0; i < 3600; ++i) {
            const std::string how = co_await ending(timeout(1s, value_after(1h, 0)));
            CHECK(how == "timed out after 1 s");
        }
        CHECK(now() - begin == 1h);
    };
    run_virtual(all());
}

TEST_CASE("a value that arrives after the deadline is delivered all the same") {
    auto stubborn = []() -> task<int> { co_return co_await tandem::shield(value_after(10s, 6)); };
    auto all = [&]() -> task<> {
        const auto begin = now();
        const int value = co_await timeout(1s, stubborn());
        CHECK(value == 6);
        CHECK(now() - begin == 10s);
    };
    run_virtual(all());
}

TEST_CASE("of nested deadlines the earliest holds, wherever it stands") {
    auto nested = [](tandem::duration outer, tandem::duration inner) -> task<std::string> {
        co_return co_await ending(timeout(outer, timeout(inner, value_after(24h, 0))));
    };
    CHECK(run_virtual(nested(2s, 5s)) == "timed out after 2 s");
    CHECK(run_virtual(nested(5s, 2s)) == "timed out after 2 s");
    CHECK(run_virtual(nested(3s, 3s)) == "timed out after 3 s");
}

TEST_CASE("an inner time-out that is dealt with leaves the outer one in force") {
    auto patient = []() -> task<int> {
        for (int i = 0; i < 100; ++i)
            co_await ending(timeout(1s, value_after(1h, 0)));
        co_return 0;
    };
    auto all = [&]() -> task<> {
        const auto begin = now();
        const std::string how = co_await ending(timeout(4500ms, patient()));
        CHECK(how == "timed out after 4.5 s");
        CHECK(now() - begin == 4500ms);
    };
    run_virtual(all());
}

TEST_CASE("an error passes a timeout as it is") {
    auto fail = []() -> task<int> {
        co_await sleep(1s);
        throw std::domain_error("its own");
    };
    auto all = [&]() -> task<int> { co_return co_await timeout(2s, fail()); };
    CHECK_THROWS_AS(run_virtual(all()), std::domain_error);
}

TEST_CASE("a limit of zero or less does not start the work") {
    bool started = false;
    auto start = [&]() -> task<int> {
        started = true;
        co_return 1;
    };
    auto all = [&](tandem::duration limit) -> task<int> { co_return co_await timeout(limit, start()); };
    CHECK_THROWS_AS(block_on(all(0s)), tandem::timed_out);
    CHECK_THROWS_AS(block_on(all(-1s)), tandem::timed_out);
    CHECK_THROWS_AS(block_on(all(tandem::duration::min())), tandem::timed_out);
    CHECK_FALSE(started);
    CHECK(block_on(all(tandem::duration::max())) == 1);
}

TEST_CASE("operations are timed out like tasks") {
    auto all = []() -> task<> { co_await timeout(1s, tandem::event().wait()); };
    CHECK_THROWS_AS(run_virtual(all()), tandem::timed_out);
}

TEST_CASE("sleepers wake in the order of their moments, equal ones in the order in which they came") {
    std::vector<int> woken;
    auto nap = [&](tandem::duration length, int name) -> task<> {
        co_await sleep(length);
        woken.push_back(name);
    };
    auto nap_until = [&](tandem::time_point moment, int name) -> task<> {
        co_await tandem::sleep_until(moment);
        woken.push_back(name);
    };
    auto all = [&]() -> task<> {
        co_await tandem::gather(nap(3s, 4), nap(1s, 1), nap_until(now() + 2s, 3), nap(1s, 2),
                                nap_until(now() - 1s, 0));
    };
    run_virtual(all());
    CHECK(woken == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("a sleep of no length lets the others run once, as yield does") {
    std::vector<std::string> log;
    auto polite = [&](std::string name, bool by_sleep) -> task<> {
        for (int i = 0; i < 3; ++i) {
            log.push_back(name);
            if (by_sleep)
                co_await sleep(0s);
            else
                co_await tandem::yield();
        }
    };
    auto all = [&]() -> task<> { co_await tandem::gather(polite("a", true), polite("b", false)); };
    block_on(all());
    CHECK(log == std::vector<std::string>{"a", "b", "a", "b", "a", "b"});
}

TEST_CASE("a sleep without end ends only by cancellation") {
    auto forever = []() -> task<int> {
        co_await sleep(tandem::duration::max());
        co_return 0;
    };
    auto until_never = []() -> task<int> {
        co_await tandem::sleep_until(tandem::time_point::max());
        co_return 0;
    };
    auto all = [&]() -> task<> {
        const std::string first = co_await ending(timeout(1h, forever()));
        const std::string second = co_await ending(timeout(1h, until_never()));
        CHECK(first == "timed out after 3600 s");
        CHECK(second == "timed out after 3600 s");
    };
    run_virtual(all());
}

TEST_CASE("a sleep in real time lasts at least as long as it was told to") {
    auto all = []() -> task<> {
        const auto begin = tandem::clock::now();
        co_await tandem::gather(sleep(2ms), sleep(20ms), sleep(5ms));
        CHECK(tandem::clock::now() - begin >= 20ms);
    };
    block_on(all());
}

TEST_CASE(
    "a limit that was set before a sleep of the same length ends before it, whenever the clock is read") {
    auto all = []() -> task<> { co_await timeout(2ms, sleep(2ms)); };
    CHECK_THROWS_AS(block_on(all()), tandem::timed_out);
}

TEST_CASE("a time limit never ends early") {
    auto endless = []() -> task<> { co_await tandem::event().wait(); };
    for (int i = 0; i < 20; ++i) {
        const auto begin = tandem::clock::now();
        CHECK_THROWS_AS(block_on(timeout(1ms, endless())), tandem::timed_out);
        CHECK(tandem::clock::now() - begin >= 1ms);
    }
}

TEST_CASE("the deadline of a limit that was just set can be asked for") {
    auto ask = []() -> task<tandem::duration> {
        const auto until = co_await tandem::current_deadline();
        co_return until.value() - now();
    };
    auto all = [&]() -> task<tandem::duration> { co_return co_await timeout(7s, ask()); };
    CHECK(run_virtual(all()) == 7s);
}
