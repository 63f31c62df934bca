// Reports of steps that hold the loop.
#include <catch2/catch.hpp>

#include <string_view>
#include <thread>

#include "support/child_process.hpp"
#include "support/log_capture.hpp"
#include "support/observed_process.hpp"
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/observe/observer.hpp>
#include <tandem/sync/event.hpp>
#include <tandem/threads/block_on.hpp>

using namespace std::chrono_literals;
using Catch::Contains;
using tandem::observer_options;
using tandem::task;

namespace {

std::string at(int line) {
    return "slow_step_test.cpp:" + std::to_string(line) + " in ";
}

/// What the log says of `main` under an observer that takes steps of `limit` for slow.
std::vector<test::logged_record> reports_of(task<> main, tandem::duration limit = 20ms) {
    test::log_capture log_of;
    {
        const tandem::observer watching(observer_options().debug().slow_step(limit));
        tandem::block_on(std::move(main));
    }
    return log_of.records();
}

/// How long the report says that the step lasted, in seconds.
double length_in(const std::string& text) {
    const std::string_view before = " for ";
    return std::stod(text.substr(text.find(before) + before.size()));
}

/// The reports in such words of the step that went on from this line. On a busy machine others may be slow,
/// and told of.
std::vector<test::logged_record> of_step_from(int line, const std::vector<test::logged_record>& all,
                                              const char* words = "held the loop") {
    std::vector<test::logged_record> found;
    for (const auto& each : all) {
        const auto from = each.text.find("went on from ");
        if (from == std::string::npos || each.text.find(words) == std::string::npos) continue;
        const auto place = each.text.substr(from, each.text.find(" and ", from) - from);
        if (place.find(at(line)) != std::string::npos) found.push_back(each);
    }
    return found;
}

void hold() {
    std::this_thread::sleep_for(25ms);
}

int before = 0;
int after = 0;

task<> hold_between_awaits() {
    before = __LINE__ + 1;
    co_await tandem::yield();
    hold();
    after = __LINE__ + 1;
    co_await tandem::yield();
}

} // namespace

TEST_CASE("a slow step is reported with its task, the awaits before and after it, and its length") {
    auto main = []() -> task<> {
        auto body = [](tandem::task_group& group) -> task<> {
            group.spawn(hold_between_awaits(), "example.org");
            co_return;
        };
        co_await tandem::with_group(body);
    };
    const auto reports = of_step_from(before, reports_of(main()));
    REQUIRE(reports.size() == 1);
    INFO(reports[0].text);
    CHECK(reports[0].level == tandem::log_level::warning);
    CHECK(reports[0].task == "example.org");
    CHECK_THAT(reports[0].text, Contains("a step held the loop for "));
    CHECK(length_in(reports[0].text) >= 0.025);
    CHECK_THAT(reports[0].text, Contains("went on from ") && Contains(at(before)));
    CHECK_THAT(reports[0].text, Contains("and stands at ") && Contains(at(after)));
    CHECK(reports[0].text.find(at(before)) < reports[0].text.find(at(after)));
}

TEST_CASE("a slow step that ends its task is reported so, and one that begins it from its function") {
    constexpr int first_line = __LINE__ + 1;
    auto once = []() -> task<> { // its only step
        hold();
        co_return;
    };
    constexpr int last_line = __LINE__ - 1;
    auto main = [&]() -> task<> {
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(once(), "once");
            co_return;
        };
        co_await tandem::with_group(body);
    };
    auto reports = reports_of(main());
    std::erase_if(reports, [](const auto& each) {
        return each.task != "once" || each.text.find("held the loop") == std::string::npos;
    });
    REQUIRE(reports.size() == 1);
    INFO(reports[0].text);
    CHECK_THAT(reports[0].text, Contains("went on from ") && Contains("and has ended"));
    // g++ takes the end of a coroutine for its place, clang its beginning.
    CHECK_THAT(reports[0].text, Contains(at(first_line)) || Contains(at(last_line)));
}

TEST_CASE("a slow step that passes from a child to its parent is reported where the parent stands then") {
    int in_child = 0;
    int in_parent = 0;
    auto child = [](int& line) -> task<> {
        line = __LINE__ + 1;
        co_await tandem::yield();
    };
    auto main = [&]() -> task<> {
        co_await child(in_child);
        hold();
        in_parent = __LINE__ + 1;
        co_await tandem::sleep(1ms);
    };
    const auto all = reports_of(main());
    const auto reports = of_step_from(in_child, all);
    REQUIRE(reports.size() == 1);
    INFO(reports[0].text);
    CHECK_THAT(reports[0].text, Contains(at(in_child)) && Contains("stands at ") && Contains(at(in_parent)));
}

TEST_CASE("a slow step inside the library's own coroutines is reported by the application's lines") {
    int before_limit = 0;
    int limited = 0;
    auto main = [&]() -> task<> {
        before_limit = __LINE__ + 1;
        co_await tandem::yield();
        hold();
        tandem::event never;
        auto wait = [&]() -> task<> {
            try {
                limited = __LINE__ + 1;
                co_await tandem::timeout(1ms, never.wait());
            } catch (const tandem::timed_out&) {
            }
        };
        co_await wait();
    };
    const auto all = reports_of(main());
    const auto reports = of_step_from(before_limit, all);
    REQUIRE(reports.size() == 1);
    INFO(reports[0].text);
    CHECK_THAT(reports[0].text, Contains(at(before_limit)) && Contains(at(limited)));
    CHECK_THAT(reports[0].text, !Contains("timeout.hpp"));
}

TEST_CASE("quick steps are not reported, and nothing is without debugging") {
    auto quick = []() -> task<> {
        for (int i = 0; i < 1000; ++i)
            co_await tandem::yield();
    };
    CHECK(reports_of(quick(), 1h).empty());

    test::log_capture log_of;
    {
        const tandem::observer watching(observer_options().slow_step(1ms));
        tandem::block_on(hold_between_awaits());
    }
    tandem::block_on(hold_between_awaits());
    CHECK(log_of.records().empty());
}

TEST_CASE("a step that does not end is reported while it lasts, once") {
    test::log_capture log_of;
    int line = 0;
    {
        const tandem::observer watching(observer_options().debug().slow_step(2ms));
        auto main = [&]() -> task<> {
            line = __LINE__ + 1;
            co_await tandem::yield();
            while (of_step_from(line, log_of.records(), "is stuck").empty())
                std::this_thread::sleep_for(1ms);
            std::this_thread::sleep_for(50ms); // time for a second report, which must not come
        };
        auto named = main();
        named.promise().set_name("main");
        tandem::block_on(std::move(named));
    }
    const auto stuck = of_step_from(line, log_of.records(), "is stuck");
    REQUIRE(stuck.size() == 1);
    INFO(stuck[0].text);
    CHECK(stuck[0].task == "main");
    CHECK_THAT(stuck[0].text, Contains("is stuck: for ") && Contains(at(line)));
    CHECK(length_in(stuck[0].text) >= 0.02);
    const auto ended = of_step_from(line, log_of.records());
    REQUIRE(ended.size() == 1);
    CHECK_THAT(ended[0].text, Contains("a step held the loop for ") && Contains("has ended"));
    CHECK(length_in(ended[0].text) >= 0.05);
}

TEST_CASE("TANDEM_DEBUG=1 has run report slow steps and dropped tasks, and 0 keeps it from that") {
    test::observed_process other("slow", {"TANDEM_DEBUG=1"});
    CHECK(other.end() == 0);
    const std::string& errors = other.program().errors();
    INFO(errors);
    CHECK_THAT(errors, Contains("[task main] a step held the loop for "));
    CHECK_THAT(errors, Contains(other.at("before")) && Contains("stands at ") && Contains(other.at("after")));
    CHECK_THAT(errors, Contains("was dropped without having been awaited or spawned"));

    test::observed_process asked("debug");
    CHECK(asked.end() == 0);
    CHECK_THAT(asked.program().errors(), Contains("was dropped") && !Contains("held the loop"));

    test::observed_process quiet("slow");
    CHECK(quiet.end() == 0);
    CHECK(quiet.program().errors().empty());
    test::observed_process overruled("debug", {"TANDEM_DEBUG=0"});
    CHECK(overruled.end() == 0);
    CHECK(overruled.program().errors().empty());
}
