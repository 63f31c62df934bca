#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::task;

namespace {

task<int> answer() {
    co_return 42;
}

task<int> add_one(int to) {
    co_return co_await answer() - 42 + to + 1;
}

task<int> chain(int depth) {
    if (depth == 0) co_return 0;
    co_return co_await chain(depth - 1) + 1;
}

task<int> chain_that_sleeps(int depth) {
    if (depth == 0) {
        co_await tandem::yield();
        co_return 0;
    }
    co_return co_await chain_that_sleeps(depth - 1) + 1;
}

task<long> sum_of_synchronous_awaits(long count) {
    long sum = 0;
    for (long i = 0; i < count; ++i)
        sum += co_await answer();
    co_return sum;
}

} // namespace

TEST_CASE("an awaited task gives its value to the one that awaits it") {
    CHECK(block_on(add_one(6)) == 7);
}

TEST_CASE("a million awaits of tasks that end at once need no stack") {
    CHECK(block_on(sum_of_synchronous_awaits(1'000'000)) == 42'000'000);
}

TEST_CASE("a chain of 100,000 tasks that end at once needs little stack") {
    CHECK(block_on(chain(100'000)) == 100'000);
}

TEST_CASE("a chain of 100,000 tasks above one that suspends unwinds without stack") {
    CHECK(block_on(chain_that_sleeps(100'000)) == 100'000);
}
