#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using tandem::testing::run_virtual;

namespace {

stream<int> count_to(int last) {
    for (int i = 1; i <= last; ++i)
        co_yield i;
}

stream<int> count_slowly() {
    for (int i = 1;; ++i) {
        co_await sleep(1s);
        co_yield i;
    }
}

stream<std::unique_ptr<int>> boxes(int count) {
    for (int i = 0; i < count; ++i)
        co_yield std::make_unique<int>(i);
}

stream<int> fail_after(int last) {
    for (int i = 1; i <= last; ++i)
        co_yield i;
    throw std::runtime_error("no more");
}

struct note_end {
    bool& ended;
    explicit note_end(bool& where)
        : ended(where) {}
    ~note_end() { ended = true; }
};

stream<int> endless(bool& ended) {
    const note_end note(ended);
    for (int i = 0;; ++i)
        co_yield i;
}

} // namespace

TEST_CASE("a stream gives its values in order, then none") {
    block_on([]() -> task<> {
        auto numbers = count_to(3);
        std::vector<int> seen;
        while (auto number = co_await numbers.next())
            seen.push_back(*number);
        CHECK(seen == std::vector{1, 2, 3});
        const auto after = co_await numbers.next();
        CHECK_FALSE(after);
    }());
}

TEST_CASE("a stream may wait between its values") {
    run_virtual([]() -> task<> {
        auto numbers = count_slowly();
        const time_point start = loop::current().now();
        co_await numbers.next();
        const auto second = co_await numbers.next();
        CHECK(second == 2);
        CHECK(loop::current().now() - start == 2s);
    }());
}

TEST_CASE("a stream gives values that can only be moved") {
    block_on([]() -> task<> {
        auto all = boxes(3);
        int sum = 0;
        while (auto box = co_await all.next())
            sum += **box;
        CHECK(sum == 3);
    }());
}

TEST_CASE("an error of a stream follows its last value, and ends it") {
    block_on([]() -> task<> {
        auto numbers = fail_after(1);
        const auto first = co_await numbers.next();
        CHECK(first == 1);
        const auto failed = co_await as_result(numbers.next());
        CHECK(failed.what() == "no more");
        const auto after = co_await numbers.next();
        CHECK_FALSE(after);
    }());
}

TEST_CASE("a stream that is dropped, or closed, destroys what it held") {
    block_on([]() -> task<> {
        bool dropped = false;
        {
            auto numbers = endless(dropped);
            co_await numbers.next();
            CHECK_FALSE(dropped);
        }
        CHECK(dropped);
        bool closed = false;
        auto numbers = endless(closed);
        co_await numbers.next();
        numbers.close();
        CHECK(closed);
        const auto after = co_await numbers.next();
        CHECK_FALSE(after);
    }());
}

TEST_CASE("a time-out around a stream's next value ends the stream") {
    run_virtual([]() -> task<> {
        auto numbers = count_slowly();
        const auto late = co_await as_result(timeout(500ms, numbers.next()));
        CHECK_THROWS_AS(std::rethrow_exception(late.error()), timed_out);
        const auto after = co_await numbers.next();
        CHECK_FALSE(after);
    }());
}

TEST_CASE("a million values of a stream need no stack") {
    block_on([]() -> task<> {
        auto numbers = count_to(1'000'000);
        long long sum = 0;
        while (auto number = co_await numbers.next())
            sum += *number;
        CHECK(sum == 500'000'500'000);
    }());
}
