#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/ending_after.hpp"

using namespace std::chrono_literals;
using namespace tandem;
using tandem::testing::run_virtual;
using test::fail_after;
using test::value_after;

namespace {

task<int> note_cancellation(bool& was_cancelled) {
    try {
        co_await sleep(1h);
    } catch (const cancelled&) {
        was_cancelled = true;
        throw;
    }
    co_return 0;
}

} // namespace

TEST_CASE("the first to end wins the race") {
    const int winner = run_virtual(race(value_after(2s, 2), value_after(1s, 1), value_after(3s, 3)));
    CHECK(winner == 1);
}

TEST_CASE("the losers of a race are cancelled and joined before it ends") {
    bool was_cancelled = false;
    const int winner = run_virtual(race(value_after(1s, 1), note_cancellation(was_cancelled)));
    CHECK(winner == 1);
    CHECK(was_cancelled);
}

TEST_CASE("a race of different types tells its winner by the variant's index") {
    const auto winner = run_virtual(race(value_after(2s, 2), sleep(1s)));
    CHECK(winner.index() == 1);
    const auto other = run_virtual(race(value_after(1s, 2), sleep(2s)));
    REQUIRE(other.index() == 0);
    CHECK(std::get<0>(other) == 2);
}

TEST_CASE("an error that comes first is the outcome of the race") {
    CHECK_THROWS_WITH(run_virtual(race(fail_after(1s), value_after(2s, 2))), "failed");
    CHECK(run_virtual(race(fail_after(2s), value_after(1s, 1))) == 1);
}

TEST_CASE("of two that are ready, the first given wins and the other takes nothing") {
    run_virtual([]() -> task<> {
        semaphore left(1), right(1);
        auto take = [](semaphore& from) -> task<semaphore::permit> { co_return co_await from.acquire(); };
        const auto held = co_await race(take(left), take(right));
        CHECK(left.available() == 0);
        CHECK(right.available() == 1);
    }());
}

TEST_CASE("any number of tasks can race") {
    std::vector<task<int>> many;
    for (int i = 0; i < 10; ++i)
        many.push_back(value_after(std::chrono::seconds(10 - i), i));
    CHECK(run_virtual(race(std::move(many))) == 9);
    CHECK_THROWS_AS(run_virtual(race(std::vector<task<int>>())), usage_error);
}

TEST_CASE("cancelling a race cancels all in it") {
    run_virtual([]() -> task<> {
        bool first = false, second = false;
        const auto late =
            co_await as_result(timeout(1s, race(note_cancellation(first), note_cancellation(second))));
        CHECK_THROWS_AS(std::rethrow_exception(late.error()), timed_out);
        CHECK((first && second));
    }());
}
