#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>

#include <cstring>

#include "support/live_count.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::task;
using test::live_count;

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

task<> chain_that_throws(int depth, bool after_a_rest) {
    if (depth == 0) {
        if (after_a_rest) co_await tandem::yield();
        throw std::runtime_error("from below");
    }
    co_await chain_that_throws(depth - 1, after_a_rest);
}

task<long> sum_of_synchronous_awaits(long count) {
    long sum = 0;
    for (long i = 0; i < count; ++i)
        sum += co_await answer();
    co_return sum;
}

/// Writes its name down when it is destroyed.
struct witness {
    std::vector<std::string>& log;
    std::string name;
    witness(std::vector<std::string>& where, std::string what)
        : log(where)
        , name(std::move(what)) {}
    witness(const witness&) = delete;
    ~witness() { log.push_back(name); }
};

task<> child_with_witness(std::vector<std::string>& log) {
    witness local(log, "child's local");
    co_await tandem::yield();
}

task<> parent_with_witnesses(std::vector<std::string>& log) {
    witness first(log, "parent's first");
    witness second(log, "parent's second");
    co_await child_with_witness(log);
    log.push_back("parent goes on");
}

} // namespace

TEST_CASE("an awaited task gives its value to the one that awaits it") {
    CHECK(block_on(add_one(6)) == 7);
}

TEST_CASE("a task gives values that only move, references and types without a default") {
    struct no_default {
        explicit no_default(int v)
            : value(v) {}
        int value;
    };
    int place = 1;
    auto pointer = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
    auto reference = [](int& to) -> task<int&> { co_return to; };
    auto strict = []() -> task<no_default> { co_return no_default(5); };
    CHECK(*block_on(pointer()) == 3);
    CHECK(&block_on(reference(place)) == &place);
    CHECK(block_on(strict()).value == 5);
}

TEST_CASE("an awaited task's exception arrives with its own type") {
    struct odd_error : std::exception {};
    auto thrower = []() -> task<int> {
        throw odd_error();
        co_return 0;
    };
    auto catcher = [&]() -> task<bool> {
        try {
            co_await thrower();
        } catch (const odd_error&) {
            co_return true;
        }
        co_return false;
    };
    CHECK(block_on(catcher()));
}

TEST_CASE("a task does nothing until it is awaited") {
    bool started = false;
    auto start = [&]() -> task<> {
        started = true;
        co_return;
    };
    auto body = [&]() -> task<> {
        auto later = start();
        CHECK_FALSE(started);
        co_await std::move(later);
        CHECK(started);
    };
    block_on(body());
}

TEST_CASE("a task that nobody awaits never runs and frees what it holds") {
    bool started = false;
    {
        auto hold = [&](live_count) -> task<> {
            started = true;
            co_return;
        };
        auto never = hold(live_count());
        CHECK(live_count::alive() == 1);
        auto moved = std::move(never);
        CHECK_FALSE(never);
        CHECK(moved);
        CHECK(live_count::alive() == 1);
        moved = hold(live_count());
        CHECK(live_count::alive() == 1);
    }
    CHECK_FALSE(started);
    CHECK(live_count::alive() == 0);
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

TEST_CASE("an exception passes up through a chain of 10,000 tasks") {
    CHECK_THROWS_WITH(block_on(chain_that_throws(10'000, false)), "from below");
    CHECK_THROWS_WITH(block_on(chain_that_throws(10'000, true)), "from below");
}

TEST_CASE("a child's locals are gone before its parent goes on, the parent's in reverse order") {
    std::vector<std::string> log;
    block_on(parent_with_witnesses(log));
    CHECK(log ==
          std::vector<std::string>{"child's local", "parent goes on", "parent's second", "parent's first"});
}

TEST_CASE("a task's parameters live as long as the task, its temporaries to the end of the await") {
    auto check = [](live_count) -> task<> {
        co_await tandem::yield();
        CHECK(live_count::alive() == 2);
    };
    auto body = [&]() -> task<> {
        co_await check(live_count());
        CHECK(live_count::alive() == 0);
    };
    block_on(body());
}

TEST_CASE("a task knows the file and line of the await at which it stands, and who awaits it") {
    const tandem::detail::promise_base* child_promise = nullptr;
    tandem::event go;
    auto child = [&]() -> task<> {
        child_promise = &co_await tandem::detail::this_task();
        co_await go.wait();
    };
    const unsigned child_line = __LINE__ - 2;
    auto parent = [&]() -> task<> { co_await child(); };
    const unsigned parent_line = __LINE__ - 1;
    auto look = [&]() -> task<> {
        const auto* above = child_promise->parent();
        CHECK(child_promise->location().line() == child_line);
        CHECK(std::strstr(child_promise->location().file_name(), "task_test.cpp"));
        REQUIRE(above);
        CHECK(above->location().line() == parent_line);
        CHECK_FALSE(above->parent());
        go.set();
        co_return;
    };
    auto body = [&]() -> task<> { co_await tandem::gather(parent(), look()); };
    block_on(body());
}

TEST_CASE("a step ends after 128 awaits that did not suspend, and the others run") {
    for (const bool by_task : {true, false}) {
        int awaits = 0;
        int longest = 0;
        bool done = false;
        tandem::event always;
        always.set();
        auto busy = [&]() -> task<> {
            for (int i = 0; i < 1000; ++i) {
                if (by_task)
                    co_await answer();
                else
                    co_await always.wait();
                ++awaits;
            }
            done = true;
        };
        auto watch = [&]() -> task<> {
            while (!done) {
                longest = std::max(longest, awaits);
                awaits = 0;
                co_await tandem::yield();
            }
        };
        auto body = [&]() -> task<> { co_await tandem::gather(busy(), watch()); };
        block_on(body());
        CHECK(longest <= 128);
        CHECK(longest > 100);
    }
}
