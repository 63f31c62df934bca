#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::cancel_reason;
using tandem::cancel_scope;
using tandem::cancelled;
using tandem::task;
using tandem::detail::in_scope;
using tandem::detail::this_task;
using tandem::testing::run_virtual;

static_assert(!std::is_base_of_v<std::exception, cancelled>);

namespace {

/// Sleeps until it is cancelled; says how often an await threw.
task<> count_cancelled_awaits(int times, int& count) {
    for (int i = 0; i < times; ++i) {
        try {
            co_await tandem::sleep(24h);
        } catch (const cancelled&) {
            ++count;
        }
    }
}

task<> cancel_after(cancel_scope& scope, tandem::duration delay) {
    co_await tandem::sleep(delay);
    scope.cancel();
}

/// How `work` ends in `scope`: "value", "own" or "foreign" for a cancellation, else the error's text.
task<std::string> ending(cancel_scope& scope, task<> work) {
    try {
        co_await in_scope(scope, work);
    } catch (const cancelled& stop) {
        co_return scope.owns(stop) ? "own" : "foreign";
    } catch (const std::exception& error) {
        co_return error.what();
    }
    co_return "value";
}

task<> sleep_for(tandem::duration length) {
    co_await tandem::sleep(length);
}

} // namespace

TEST_CASE("cancellation is level-triggered: every await of a cancelled scope throws") {
    int count = 0;
    auto body = [&]() -> task<> {
        cancel_scope scope(co_await this_task());
        auto both = [&]() -> task<> {
            co_await tandem::gather(ending(scope, count_cancelled_awaits(5, count)), cancel_after(scope, 1s));
        };
        co_await both();
        CHECK(scope.reason() == cancel_reason::requested);
    };
    run_virtual(body());
    CHECK(count == 5);
}

TEST_CASE("a catch of std::exception does not swallow a cancellation") {
    bool swallowed = false;
    auto stubborn = [&]() -> task<> {
        try {
            co_await tandem::sleep(1h);
        } catch (const std::exception&) {
            swallowed = true;
        }
    };
    auto body = [&]() -> task<> {
        cancel_scope scope(co_await this_task());
        auto [how, nothing] = co_await tandem::gather(ending(scope, stubborn()), cancel_after(scope, 1s));
        CHECK(how == "own");
    };
    run_virtual(body());
    CHECK_FALSE(swallowed);
}

TEST_CASE("a task awaited in a cancelled scope does not start") {
    bool started = false;
    auto start = [&]() -> task<> {
        started = true;
        co_return;
    };
    auto body = [&]() -> task<std::string> {
        cancel_scope scope(co_await this_task());
        scope.cancel();
        co_return co_await ending(scope, start());
    };
    CHECK(block_on(body()) == "own");
    CHECK_FALSE(started);
}

TEST_CASE("a cancelled scope says which scope and why") {
    auto body = []() -> task<> {
        cancel_scope outer(co_await this_task());
        cancel_scope other(co_await this_task());
        outer.cancel(cancel_reason::interrupted);
        outer.cancel(cancel_reason::deadline);
        try {
            outer.throw_cancelled();
        } catch (const cancelled& stop) {
            CHECK(outer.owns(stop));
            CHECK_FALSE(other.owns(stop));
            CHECK(stop.reason() == cancel_reason::interrupted);
        }
        CHECK(outer.is_cancelled());
        CHECK_FALSE(other.is_cancelled());
        CHECK_FALSE(other.reason());
    };
    block_on(body());
}

TEST_CASE("cancelling a scope cancels those below it, and the outermost cancelled one is the cause") {
    auto inner = [](std::string& how, cancel_scope*& place) -> task<> {
        cancel_scope scope(co_await this_task());
        place = &scope;
        how = co_await ending(scope, sleep_for(1h));
        co_await tandem::yield();
    };
    auto body = [&](bool inner_first, bool outer_too) -> task<std::string> {
        std::string how;
        cancel_scope* below = nullptr;
        cancel_scope outer(co_await this_task());
        auto stop = [&]() -> task<> {
            co_await tandem::sleep(1s);
            if (inner_first) below->cancel();
            if (outer_too) outer.cancel();
        };
        auto [around, nothing] = co_await tandem::gather(ending(outer, inner(how, below)), stop());
        co_return how + " then " + around;
    };
    CHECK(run_virtual(body(true, false)) == "own then value");
    CHECK(run_virtual(body(false, true)) == "foreign then own");
    CHECK(run_virtual(body(true, true)) == "foreign then own");
}

TEST_CASE("a scope opened below a cancelled one is cancelled, one behind a shield is not") {
    auto body = []() -> task<> {
        cancel_scope outer(co_await this_task());
        outer.cancel();
        auto inside = [](cancel_scope::kind which) -> task<bool> {
            cancel_scope scope(co_await this_task(), which);
            co_return scope.is_cancelled();
        };
        auto asks = [&](cancel_scope::kind which) -> task<bool> {
            const auto work = tandem::detail::starting_always(inside(which));
            co_return co_await tandem::detail::in_scope(outer, work);
        };
        const bool open = co_await asks(cancel_scope::kind::plain);
        const bool shielded = co_await asks(cancel_scope::kind::shielded);
        CHECK(open);
        CHECK_FALSE(shielded);
    };
    block_on(body());
}

TEST_CASE("a thousand nested scopes and ten thousand waiters are all cancelled, once each") {
    int ended = 0;
    int running = 0;
    auto wait = [&]() -> task<> {
        ++running;
        try {
            co_await tandem::sleep(1h);
        } catch (const cancelled&) {
            ++ended;
            throw;
        }
    };
    struct nest {
        static task<> dive(int depth, std::function<task<>()> wait_here) {
            auto body = [&](tandem::task_group& group) -> task<> {
                for (int i = 0; i < 10; ++i)
                    group.spawn(wait_here());
                if (depth > 1) co_await dive(depth - 1, wait_here);
            };
            co_await tandem::with_group(body);
        }
    };
    auto body = [&]() -> task<> {
        cancel_scope scope(co_await this_task());
        auto [how, nothing] =
            co_await tandem::gather(ending(scope, nest::dive(1000, wait)), cancel_after(scope, 1s));
        CHECK(how == "own");
    };
    run_virtual(body());
    CHECK(running == 10'000);
    CHECK(ended == 10'000);
}

TEST_CASE("a deadline cancels its scope with that as the reason") {
    auto body = []() -> task<> {
        cancel_scope scope(co_await this_task());
        scope.set_time_limit(5s);
        const auto begin = tandem::loop::current().now();
        const std::string how = co_await ending(scope, sleep_for(1h));
        CHECK(how == "own");
        CHECK(scope.reason() == cancel_reason::deadline);
        CHECK(tandem::loop::current().now() - begin == 5s);
    };
    run_virtual(body());
}

TEST_CASE("a deadline can be moved, and one that has passed cancels at once") {
    auto body = []() -> task<> {
        cancel_scope scope(co_await this_task());
        scope.set_time_limit(5s);
        scope.set_time_limit(10s);
        const std::string in_time = co_await ending(scope, sleep_for(7s));
        CHECK(in_time == "value");
        CHECK_FALSE(scope.is_cancelled());
        scope.set_deadline(tandem::loop::current().now());
        CHECK(scope.is_cancelled());
        cancel_scope zero(co_await this_task());
        zero.set_time_limit(0s);
        CHECK(zero.is_cancelled());
    };
    run_virtual(body());
}

TEST_CASE("the deadline that holds is the earliest up to the nearest shield") {
    auto ask = []() -> task<std::optional<tandem::time_point>> {
        co_return co_await tandem::current_deadline();
    };
    auto body = [&]() -> task<> {
        const auto none = co_await tandem::current_deadline();
        CHECK_FALSE(none);
        const auto now = tandem::loop::current().now();
        const auto early = co_await tandem::timeout(10s, tandem::timeout(20s, ask()));
        const auto late = co_await tandem::timeout(20s, tandem::timeout(10s, ask()));
        const auto shielded = co_await tandem::timeout(10s, tandem::shield(tandem::timeout(20s, ask())));
        const auto free = co_await tandem::timeout(10s, tandem::shield(ask()));
        CHECK(early == now + 10s);
        CHECK(late == now + 10s);
        CHECK(shielded == now + 20s);
        CHECK_FALSE(free);
    };
    run_virtual(body());
}

TEST_CASE("a deadline without end leaves virtual time where it is") {
    auto body = []() -> task<> {
        const auto begin = tandem::loop::current().now();
        tandem::thread_pool threads(1);
        co_await tandem::timeout(tandem::duration::max(), threads.run([] { return 1; }));
        CHECK(tandem::loop::current().now() == begin);
    };
    run_virtual(body());
}

TEST_CASE("cancelling the root scope ends what the loop runs with cancelled") {
    auto body = []() -> task<> {
        tandem::loop::current().root()->cancel();
        co_await tandem::sleep(1h);
    };
    CHECK_THROWS_AS(block_on(body()), cancelled);
}
