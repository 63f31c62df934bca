// What g++ 12 gets wrong about coroutines, and what the library does about each: see the notes on
// TANDEM_AWAITED_CLOSURE_BUG. Under AddressSanitizer a double destruction shows in any of them.
#include <catch2/catch.hpp>

#include <tandem/runtime.hpp>

#include "support/live_count.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::task;
using tandem::detail::is_safe_in_await;
using test::live_count;

namespace {

/// An option type as the library makes them: a class with a constructor and fluent setters.
class options {
  public:
    explicit options(std::string name)
        : name_(std::move(name)) {}
    options& limit(int value) {
        limit_ = value;
        return *this;
    }
    const std::string& name() const { return name_; }
    int limit() const { return limit_; }

  private:
    std::string name_;
    int limit_ = 0;
    live_count count_;
};

/// A list of values as the library takes it inside of an awaited expression: a type with a constructor.
class words {
  public:
    explicit words(std::string first, std::string second) {
        all_.push_back(std::move(first));
        all_.push_back(std::move(second));
    }
    std::size_t size() const { return all_.size(); }

  private:
    std::vector<std::string> all_;
    live_count count_;
};

constexpr const char* long_text = "a text that is too long for the small buffer of a string";

task<std::string> describe(options what) {
    co_await tandem::yield();
    co_return what.name() + " " + std::to_string(what.limit());
}
task<std::size_t> size_of(words what) {
    co_await tandem::yield();
    co_return what.size();
}
task<std::string> text(bool after_a_rest) {
    if (after_a_rest) co_await tandem::yield();
    co_return long_text;
}

} // namespace

TEST_CASE("a closure that holds values is refused inside an awaited expression, a named one is not") {
    std::string held = long_text;
    int number = 1;
    auto by_value = [held] { return held.size(); };
    auto by_reference = [&held] { return held.size(); };
    auto plain_value = [number] { return number; };
    auto nothing = [] { return 1; };
    using by_value_t = decltype(by_value);
    static_assert(is_safe_in_await<by_value_t> == !TANDEM_AWAITED_CLOSURE_BUG);
    static_assert(is_safe_in_await<by_value_t&>);
    static_assert(is_safe_in_await<const by_value_t&>);
    static_assert(is_safe_in_await<decltype(by_reference)>);
    static_assert(is_safe_in_await<decltype(plain_value)>);
    static_assert(is_safe_in_await<decltype(nothing)>);
    static_assert(is_safe_in_await<int (*)(int)>);
    static_assert(is_safe_in_await<std::function<void()>> == !TANDEM_AWAITED_CLOSURE_BUG);
    CHECK(by_value() == by_reference());
    CHECK(plain_value() == nothing());
}

TEST_CASE("a named closure that holds values is destroyed as often as it was made") {
    auto all = []() -> task<> {
        live_count held;
        auto body = [held](tandem::task_group& group) -> task<> {
            group.spawn(tandem::yield());
            co_await tandem::yield();
        };
        co_await tandem::with_group(body);
        CHECK(live_count::alive() == 2);
        auto item = [held](int) -> task<> { co_await tandem::yield(); };
        std::vector<int> items{1, 2, 3};
        co_await tandem::for_each(items, tandem::at_most(2), item);
        auto failures = co_await tandem::for_each(items, tandem::at_most(2), tandem::keep_going, item);
        CHECK(failures.empty());
        CHECK(live_count::alive() == 3);
        auto cleanup = [held]() -> task<> { co_await tandem::yield(); };
        co_await tandem::with_cleanup(tandem::yield(), cleanup);
        CHECK(live_count::alive() == 4);
        tandem::thread_pool threads(1);
        auto call = [held, words = std::string(long_text)] { return words; };
        const std::string back = co_await threads.run(call);
        CHECK(back == long_text);
        CHECK(live_count::alive() == 5);
    };
    block_on(all());
    CHECK(live_count::alive() == 0);
}

TEST_CASE("a closure that refers to things may stand inside an awaited expression") {
    std::string seen;
    auto all = [&]() -> task<> {
        std::string local = long_text;
        co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
            group.spawn(tandem::yield());
            seen = local;
            co_return;
        });
    };
    block_on(all());
    CHECK(seen == long_text);
}

TEST_CASE("an option class made inside an awaited expression is destroyed once") {
    auto all = []() -> task<> {
        const std::string one = co_await describe(options(long_text).limit(3));
        CHECK(one == std::string(long_text) + " 3");
        const std::string other = co_await tandem::timeout(1h, describe(options("short").limit(4)));
        CHECK(other == "short 4");
    };
    block_on(all());
    CHECK(live_count::alive() == 0);
}

TEST_CASE("a list with a type and a constructor of its own may be made inside an awaited expression") {
    auto all = []() -> task<> {
        const std::size_t size = co_await size_of(words(long_text, long_text));
        CHECK(size == 2);
    };
    block_on(all());
    CHECK(live_count::alive() == 0);
}

TEST_CASE("a choice between awaiting and not is written with if") {
    auto choose = [](bool awaited, bool after_a_rest) -> task<std::string> {
        std::string chosen;
        if (awaited) chosen = co_await text(after_a_rest);
        co_return chosen;
    };
    CHECK(block_on(choose(true, true)) == long_text);
    CHECK(block_on(choose(true, false)) == long_text);
    CHECK(block_on(choose(false, false)).empty());
}

TEST_CASE("strings and moved objects as arguments of an awaited call are destroyed once") {
    tandem::thread_pool threads(1);
    auto length = [](const std::string& a, std::string b, const options& c) {
        return a.size() + b.size() + c.name().size();
    };
    auto all = [&]() -> task<> {
        options named(long_text);
        const std::size_t size = co_await threads.run(length, std::string(long_text),
                                                      std::string(long_text) + "!", std::move(named));
        CHECK(size == 3 * std::string(long_text).size() + 1);
    };
    block_on(all());
    CHECK(live_count::alive() == 0);
}

TEST_CASE("an exception thrown while an awaited call's arguments are made destroys them once") {
    auto refuse = [](bool now) -> live_count {
        if (now) throw std::domain_error("refused");
        return live_count();
    };
    auto take = [](live_count, live_count, options) -> task<> { co_await tandem::yield(); };
    auto all = [&](bool now) -> task<> { co_await take(live_count(), refuse(now), options(long_text)); };
    block_on(all(false));
    CHECK_THROWS_AS(block_on(all(true)), std::domain_error);
    CHECK(live_count::alive() == 0);
}

TEST_CASE("an error in one of several nested awaits destroys what the others hold, once") {
    auto fail = [](live_count) -> task<options> {
        co_await tandem::yield();
        throw std::domain_error("inner");
    };
    auto outer = [](options, live_count) -> task<> { co_return; };
    auto all = [&]() -> task<> { co_await outer(co_await fail(live_count()), live_count()); };
    CHECK_THROWS_AS(block_on(all()), std::domain_error);
    CHECK(live_count::alive() == 0);
}
