#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/ending_after.hpp"
#include "support/log_capture.hpp"

using namespace std::chrono_literals;
using tandem::as_result;
using tandem::block_on;
using tandem::cancelled;
using tandem::shield;
using tandem::sleep;
using tandem::task;
using tandem::timeout;
using tandem::with_cleanup;
using tandem::testing::run_virtual;
using test::fail_after;
using test::value_after;

TEST_CASE("as_result gives a value, or the error that took its place") {
    auto all = []() -> task<> {
        auto good = co_await as_result(value_after(1s, 4));
        auto bad = co_await as_result(fail_after(1s, "bad"));
        auto nothing = co_await as_result(sleep(1s));
        CHECK(good.has_value());
        CHECK(*good == 4);
        CHECK_FALSE(bad);
        CHECK(bad.what() == "bad");
        CHECK_THROWS_AS(bad.value(), std::runtime_error);
        CHECK(nothing.has_value());
    };
    run_virtual(all());
}

TEST_CASE("as_result keeps values that only move, and references") {
    int place = 0;
    auto pointer = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
    auto reference = [&]() -> task<int&> { co_return place; };
    auto all = [&]() -> task<> {
        auto moved = co_await as_result(pointer());
        auto referred = co_await as_result(reference());
        CHECK(**moved == 4);
        CHECK(&*referred == &place);
    };
    block_on(all());
}

TEST_CASE("as_result never catches a cancellation") {
    bool went_on = false;
    auto work = [&]() -> task<> {
        auto outcome = co_await as_result(value_after(1h, 1));
        went_on = true;
        CHECK_FALSE(outcome);
    };
    auto all = [&]() -> task<> { co_await timeout(1s, work()); };
    CHECK_THROWS_AS(run_virtual(all()), tandem::timed_out);
    CHECK_FALSE(went_on);
}

TEST_CASE("as_result in a cancelled scope does not start its work") {
    bool started = false;
    auto start = [&]() -> task<> {
        started = true;
        co_return;
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.cancel();
        auto outcome = co_await as_result(start());
        CHECK(outcome.has_value());
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    CHECK_FALSE(started);
}

TEST_CASE("cancellation does not reach shielded work, and waits behind it") {
    bool work_ended = false;
    bool went_on = false;
    auto inner = [&]() -> task<> {
        co_await value_after(10s, 0);
        work_ended = true;
    };
    auto outer = [&]() -> task<> {
        co_await shield(inner());
        co_await tandem::yield();
        went_on = true;
    };
    auto all = [&]() -> task<tandem::duration> {
        const auto begin = tandem::loop::current().now();
        auto outcome = co_await as_result(timeout(1s, outer()));
        CHECK_THROWS_AS(outcome.value(), tandem::timed_out);
        co_return tandem::loop::current().now() - begin;
    };
    CHECK(run_virtual(all()) == 10s);
    CHECK(work_ended);
    CHECK_FALSE(went_on);
}

TEST_CASE("shielded work starts though its scope is cancelled, and may be timed out inside") {
    bool ended = false;
    auto last_words = [&]() -> task<> {
        auto outcome = co_await as_result(timeout(2s, value_after(1h, 0)));
        CHECK_FALSE(outcome);
        ended = true;
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.cancel();
        co_await shield(last_words());
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    run_virtual(all());
    CHECK(ended);
}

TEST_CASE("a clean-up runs after a value, which is returned") {
    int cleanups = 0;
    auto cleanup = [&]() -> task<> {
        co_await sleep(1s);
        ++cleanups;
    };
    auto all = [&]() -> task<int> { co_return co_await with_cleanup(value_after(1s, 9), cleanup); };
    CHECK(run_virtual(all()) == 9);
    CHECK(cleanups == 1);
    auto nothing = [&]() -> task<> { co_await with_cleanup(sleep(1s), cleanup); };
    run_virtual(nothing());
    CHECK(cleanups == 2);
}

TEST_CASE("a clean-up runs after an error, which is rethrown") {
    bool cleaned = false;
    auto cleanup = [&]() -> task<> {
        co_await sleep(1s);
        cleaned = true;
    };
    auto all = [&]() -> task<int> {
        co_return co_await with_cleanup(fail_after(1s, "of the body"), cleanup);
    };
    CHECK_THROWS_WITH(run_virtual(all()), "of the body");
    CHECK(cleaned);
}

TEST_CASE("a clean-up runs to its end after a cancellation, which is passed on") {
    bool cleaned = false;
    auto cleanup = [&]() -> task<> {
        co_await sleep(1s);
        cleaned = true;
    };
    bool went_on = false;
    auto work = [&]() -> task<> {
        co_await with_cleanup(value_after(1h, 0), cleanup);
        went_on = true;
    };
    auto all = [&]() -> task<> { co_await timeout(1s, work()); };
    CHECK_THROWS_AS(run_virtual(all()), tandem::timed_out);
    CHECK(cleaned);
    CHECK_FALSE(went_on);
}

TEST_CASE("a clean-up runs although the scope was cancelled before its body began") {
    bool began = false, cleaned = false;
    auto begin = [&]() -> task<> {
        began = true;
        co_return;
    };
    auto cleanup = [&]() -> task<> {
        co_await tandem::yield();
        cleaned = true;
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.cancel();
        co_await with_cleanup(begin(), cleanup);
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    CHECK_FALSE(began);
    CHECK(cleaned);
}

TEST_CASE("what starts in a cancelled scope does so inside of as_result and of a time limit too") {
    int cleaned = 0, begun = 0;
    auto begin = [&]() -> task<> {
        ++begun;
        co_return;
    };
    auto cleanup = [&]() -> task<> {
        co_await tandem::yield();
        ++cleaned;
    };
    auto attempt = [&](auto make) {
        auto body = [&](tandem::task_group& group) -> task<> {
            group.cancel();
            co_await make();
        };
        auto all = [&]() -> task<> { co_await tandem::with_group(body); };
        run_virtual(all());
    };
    attempt([&] { return as_result(with_cleanup(begin(), cleanup)); });
    attempt([&] { return timeout(1h, with_cleanup(begin(), cleanup)); });
    attempt([&] { return tandem::move_on_after(1h, as_result(with_cleanup(begin(), cleanup))); });
    attempt([&] { return tandem::deadline(tandem::time_point::max(), with_cleanup(begin(), cleanup)); });
    attempt([&] { return timeout(0s, with_cleanup(begin(), cleanup)); });
    CHECK(begun == 0);
    CHECK(cleaned == 5);
    attempt([&] { return as_result(shield(begin())); });
    attempt([&] { return timeout(1h, shield(begin())); });
    CHECK(begun == 2);
    attempt([&] { return as_result(timeout(1h, begin())); });
    CHECK(begun == 2);
}

TEST_CASE("a clean-up that outlasts its grace is cancelled and fails with timed_out") {
    bool stopped = false;
    auto cleanup = [&]() -> task<> {
        try {
            co_await sleep(1h);
        } catch (const cancelled&) {
            stopped = true;
            throw;
        }
    };
    auto all = [&]() -> task<> {
        const auto begin = tandem::loop::current().now();
        auto outcome = co_await as_result(with_cleanup(value_after(1s, 1), cleanup, 3s));
        CHECK(tandem::loop::current().now() - begin == 4s);
        CHECK_THROWS_AS(outcome.value(), tandem::timed_out);
    };
    run_virtual(all());
    CHECK(stopped);
    const test::log_capture capture;
    auto failing = [&]() -> task<int> {
        co_return co_await with_cleanup(fail_after(1s, "of the body"), cleanup, 3s);
    };
    CHECK_THROWS_WITH(run_virtual(failing()), "of the body");
    REQUIRE(capture.texts().size() == 1);
    CHECK(capture.texts()[0].find("grace") != std::string::npos);
}

TEST_CASE("an error of the clean-up is thrown where the body had none, else logged") {
    const test::log_capture capture;
    auto bad_cleanup = []() -> task<> {
        co_await tandem::yield();
        throw std::domain_error("of the clean-up");
    };
    auto good = [&]() -> task<int> { co_return co_await with_cleanup(value_after(1s, 1), bad_cleanup); };
    CHECK_THROWS_WITH(run_virtual(good()), "of the clean-up");
    CHECK(capture.texts().empty());
    auto bad = [&]() -> task<int> {
        co_return co_await with_cleanup(fail_after(1s, "of the body"), bad_cleanup);
    };
    CHECK_THROWS_WITH(run_virtual(bad()), "of the body");
    REQUIRE(capture.texts().size() == 1);
    CHECK(capture.texts()[0].find("of the clean-up") != std::string::npos);
}

TEST_CASE("a clean-up that throws before it is a coroutine counts as failed") {
    auto refuse = []() -> task<> { throw std::domain_error("no coroutine"); };
    auto all = [&]() -> task<int> { co_return co_await with_cleanup(value_after(1s, 1), refuse); };
    CHECK_THROWS_AS(run_virtual(all()), std::domain_error);
}
