#include <catch2/catch.hpp>

#include <ranges>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using tandem::testing::run_virtual;

namespace {

/// Counts how many run at a time; each takes as many seconds as its item says.
struct sleepers {
    int running = 0;
    int most = 0;
    int ended = 0;

    task<int> sleep_for(int seconds) {
        most = std::max(most, ++running);
        const leave at_end(*this);
        co_await sleep(std::chrono::seconds(seconds));
        co_return seconds;
    }

  private:
    class leave {
      public:
        explicit leave(sleepers& where)
            : where_(where) {}
        ~leave() {
            --where_.running;
            ++where_.ended;
        }

      private:
        sleepers& where_;
    };
};

template <class Stream> task<std::vector<int>> collect(Stream& from) {
    std::vector<int> all;
    while (auto value = co_await from.next())
        all.push_back(*value);
    co_return all;
}

task<int> fail_at_three(int item) {
    co_await sleep(std::chrono::seconds(item));
    if (item == 3) throw std::runtime_error("three");
    co_return item;
}

} // namespace

TEST_CASE("mapped results come in the order of the items") {
    run_virtual([]() -> task<> {
        sleepers work;
        std::vector<int> items{5, 1, 3, 2, 4};
        auto results = map_concurrent(items, at_most(3), [&](int item) { return work.sleep_for(item); });
        const auto all = co_await collect(results);
        CHECK(all == items);
        CHECK(work.most == 3);
    }());
}

TEST_CASE("mapped results come as they complete where that is asked for") {
    run_virtual([]() -> task<> {
        sleepers work;
        std::vector<int> items{5, 1, 3, 2, 4};
        auto results = map_concurrent(items, at_most(5), as_they_complete,
                                      [&](int item) { return work.sleep_for(item); });
        const auto all = co_await collect(results);
        CHECK(all == std::vector{1, 2, 3, 4, 5});
    }());
}

TEST_CASE("no more tasks start than results are taken for") {
    run_virtual([]() -> task<> {
        sleepers work;
        auto results =
            map_concurrent(std::views::iota(1), at_most(4), [&](int) { return work.sleep_for(1); });
        co_await results.next();
        co_await sleep(1h);
        CHECK(work.ended == 5);
        co_await results.close();
    }());
}

TEST_CASE("an error of one item cancels the others and is thrown by next") {
    run_virtual([]() -> task<> {
        std::vector<int> items{1, 2, 3, 60, 60};
        auto results = map_concurrent(items, at_most(5), fail_at_three);
        const time_point start = loop::current().now();
        const auto outcome = co_await as_result(collect(results));
        CHECK(outcome.what() == "three");
        CHECK(loop::current().now() - start == 3s);
        const auto again = co_await as_result(results.next());
        CHECK(again.what() == "three");
    }());
}

TEST_CASE("a stream that is dropped ends its tasks before its destructor returns") {
    run_virtual([]() -> task<> {
        sleepers work;
        {
            std::vector<int> items(10, 3600);
            auto results = map_concurrent(items, at_most(10), [&](int item) { return work.sleep_for(item); });
            const auto late = co_await as_result(timeout(1s, results.next()));
            CHECK_FALSE(late);
            CHECK(work.running == 10);
        }
        CHECK(work.running == 0);
        CHECK(work.ended == 10);
    }());
}

TEST_CASE("tasks of a dropped stream that cannot end at once end before the loop does") {
    bool ended = false;
    run_virtual([](bool& has_ended) -> task<> {
        auto stubborn = [&](int) -> task<int> {
            auto clean_up = [&]() -> task<> {
                co_await sleep(1s);
                has_ended = true;
            };
            co_await with_cleanup(sleep(1h), clean_up);
            co_return 1;
        };
        std::vector<int> items{1};
        auto results = map_concurrent(items, at_most(1), stubborn);
        auto late = co_await as_result(timeout(1s, results.next()));
        CHECK_FALSE(late);
        co_await results.close();
        CHECK(has_ended);
    }(ended));
    CHECK(ended);
}

TEST_CASE("a time-out around next loses no result") {
    run_virtual([]() -> task<> {
        sleepers work;
        std::vector<int> items{2, 2};
        auto results = map_concurrent(items, at_most(1), [&](int item) { return work.sleep_for(item); });
        const auto late = co_await as_result(timeout(1s, results.next()));
        CHECK_FALSE(late);
        const auto all = co_await collect(results);
        CHECK(all == std::vector{2, 2});
    }());
}

TEST_CASE("a stream made within a time-out lives on after it") {
    run_virtual([]() -> task<> {
        sleepers work;
        auto open = [&]() -> task<result_stream<int>> {
            std::vector<int> items{1, 2};
            auto results =
                map_concurrent(std::move(items), at_most(2), [&](int item) { return work.sleep_for(item); });
            co_await results.next();
            co_return results;
        };
        auto results = co_await timeout(5s, open());
        const auto rest = co_await collect(results);
        CHECK(rest == std::vector{2});
    }());
}

TEST_CASE("as_completed gives the values of tasks in the order in which they end") {
    run_virtual([]() -> task<> {
        sleepers work;
        std::vector<task<int>> tasks;
        for (int seconds : {3, 1, 2})
            tasks.push_back(work.sleep_for(seconds));
        auto results = as_completed(std::move(tasks));
        const auto all = co_await collect(results);
        CHECK(all == std::vector{1, 2, 3});
    }());
}

TEST_CASE("cancelling the task that made the stream cancels the stream's tasks") {
    run_virtual([]() -> task<> {
        sleepers work;
        auto consume = [&]() -> task<> {
            std::vector<int> items(3, 3600);
            auto results = map_concurrent(items, at_most(3), [&](int item) { return work.sleep_for(item); });
            co_await results.next();
        };
        const auto late = co_await as_result(timeout(1s, consume()));
        CHECK_THROWS_AS(std::rethrow_exception(late.error()), timed_out);
        CHECK(work.ended == 3);
    }());
}
