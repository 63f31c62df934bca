// Tasks that were made and never run.
#include <catch2/catch.hpp>

#include "support/log_capture.hpp"
#include <tandem/coro/as_result.hpp>
#include <tandem/coro/gather.hpp>
#include <tandem/coro/map_concurrent.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/observe/observer.hpp>
#include <tandem/threads/block_on.hpp>

using Catch::Contains;
using tandem::observer;
using tandem::observer_options;
using tandem::task;

namespace {

constexpr int first_line = __LINE__ + 1;
task<int> forgotten() {
    co_return 1;
}
constexpr int last_line = __LINE__ - 1;

observer_options debugging() {
    return observer_options().debug().slow_step(std::chrono::hours(1));
}

} // namespace

TEST_CASE("a task that is dropped without having been awaited is named, with where it was made") {
    test::log_capture log_of;
    const observer watching(debugging());
    auto main = []() -> task<> {
        { [[maybe_unused]] auto dropped = forgotten(); }
        auto named = forgotten();
        named.promise().set_name("example.org");
        co_return;
    };
    tandem::block_on(main());
    const auto records = log_of.records();
    REQUIRE(records.size() == 2);
    INFO(records[0].text);
    CHECK(records[0].level == tandem::log_level::warning);
    CHECK_THAT(records[0].text, Contains("forgotten was dropped without having been awaited or spawned"));
    // g++ takes the end of a coroutine for its place, clang its beginning.
    CHECK_THAT(records[0].text, Contains("never_awaited_test.cpp:" + std::to_string(first_line) + ")") ||
                                    Contains("never_awaited_test.cpp:" + std::to_string(last_line) + ")"));
    CHECK_THAT(records[1].text, Contains("named example.org, was dropped"));
}

TEST_CASE("a task is not named that was awaited, spawned or moved, or whose await was cancelled") {
    test::log_capture log_of;
    const observer watching(debugging());
    auto main = []() -> task<> {
        co_await forgotten();
        auto moved = forgotten();
        auto target = std::move(moved);
        co_await std::move(target);
        co_await tandem::gather(forgotten(), forgotten());
        co_await tandem::as_result(forgotten());
        co_await tandem::timeout(std::chrono::hours(1), forgotten());
        auto body = [](tandem::task_group& group) -> task<> {
            group.spawn(forgotten());
            group.cancel();
            co_await forgotten(); // ends before it begins
        };
        co_await tandem::with_group(body);
    };
    tandem::block_on(main());
    CHECK(log_of.texts() == std::vector<std::string>{});
}

TEST_CASE("a scope that is open at the end of its loop is named, with where it was opened") {
    test::log_capture log_of;
    const observer watching(debugging());
    tandem::loop here;
    std::optional<tandem::result_stream<int>> kept;
    int line = 0;
    auto main = [&]() -> task<> {
        line = __LINE__ + 1;
        co_await tandem::yield();
        auto numbers = [](int number) -> task<int> {
            co_await tandem::yield();
            co_return number;
        };
        kept.emplace(tandem::map_concurrent(std::vector<int>{1, 2, 3}, tandem::at_most(1), numbers));
        const auto first = co_await forgotten();
        CHECK(first == 1);
    };
    here.run(main());
    kept.reset(); // before the loop goes
    const auto texts = log_of.texts();
    REQUIRE(texts.size() == 1);
    INFO(texts[0]);
    CHECK_THAT(texts[0],
               Catch::StartsWith("a scope is still open at the end of its loop: it was opened by "));
    CHECK_THAT(texts[0], Catch::EndsWith("never_awaited_test.cpp:" + std::to_string(line)));
}

TEST_CASE("nobody hears of dropped tasks without debugging") {
    test::log_capture log_of;
    { [[maybe_unused]] auto dropped = forgotten(); }
    {
        const observer watching;
        [[maybe_unused]] auto dropped = forgotten();
    }
    CHECK(log_of.records().empty());
}
