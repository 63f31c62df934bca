#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/ending_after.hpp"

using namespace std::chrono_literals;
using namespace tandem;
using tandem::testing::run_virtual;
using test::value_after;

TEST_CASE("a deadline stops work at a moment") {
    run_virtual([]() -> task<> {
        const time_point start = loop::current().now();
        const int in_time = co_await deadline(start + 2s, value_after(1s, 1));
        CHECK(in_time == 1);
        const auto late = co_await as_result(deadline(start + 2s, value_after(10s, 1)));
        CHECK_THROWS_AS(std::rethrow_exception(late.error()), timed_out);
        CHECK(loop::current().now() - start == 2s);
        const auto past = co_await as_result(deadline(start, value_after(0s, 1)));
        CHECK_FALSE(past);
    }());
}

TEST_CASE("the deadline that holds is the earliest around") {
    run_virtual([]() -> task<> {
        const time_point start = loop::current().now();
        auto read = []() -> task<std::optional<time_point>> { co_return co_await current_deadline(); };
        const auto none = co_await read();
        CHECK_FALSE(none);
        const auto inner = co_await timeout(10s, timeout(20s, read()));
        CHECK(inner == start + 10s);
        const auto behind_shield = co_await timeout(10s, shield(read()));
        CHECK_FALSE(behind_shield);
    }());
}

TEST_CASE("work that is moved on from gives no value") {
    run_virtual([]() -> task<> {
        const auto in_time = co_await move_on_after(2s, value_after(1s, 1));
        CHECK(in_time == 1);
        const auto late = co_await move_on_after(1s, value_after(2s, 1));
        CHECK_FALSE(late);
        const bool slept = co_await move_on_after(1s, sleep(2s));
        CHECK_FALSE(slept);
        const bool slept_in_time = co_await move_on_after(2s, sleep(1s));
        CHECK(slept_in_time);
    }());
}
