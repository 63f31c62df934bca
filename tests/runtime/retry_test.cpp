#include <catch2/catch.hpp>

#include <algorithm>

#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

using namespace std::chrono_literals;
using namespace tandem;
using tandem::testing::run_virtual;

namespace {

/// Fails until its `good`th attempt.
struct flaky {
    int good;
    int attempts = 0;

    task<int> attempt() {
        co_await sleep(0s);
        if (++attempts < good) throw std::runtime_error("attempt " + std::to_string(attempts));
        co_return attempts;
    }
};

} // namespace

TEST_CASE("work is tried again until it gives a value") {
    run_virtual([]() -> task<> {
        flaky work{3};
        const int value = co_await retry(retry_policy().attempts(5), [&] { return work.attempt(); });
        CHECK(value == 3);
    }());
}

TEST_CASE("the last error is thrown when the attempts are used up") {
    run_virtual([]() -> task<> {
        flaky work{9};
        const auto outcome =
            co_await as_result(retry(retry_policy().attempts(4), [&] { return work.attempt(); }));
        CHECK(outcome.what() == "attempt 4");
        CHECK(work.attempts == 4);
    }());
}

TEST_CASE("an error that is not worth another attempt is thrown at once") {
    run_virtual([]() -> task<> {
        flaky work{9};
        auto policy = retry_policy().attempts(5);
        policy.when([](const std::exception& error) { return std::string(error.what()) != "attempt 2"; });
        const auto outcome = co_await as_result(retry(policy, [&] { return work.attempt(); }));
        CHECK(outcome.what() == "attempt 2");
    }());
}

TEST_CASE("pauses grow by the factor up to the longest") {
    run_virtual([]() -> task<> {
        flaky work{5};
        const time_point start = loop::current().now();
        const auto policy = retry_policy().attempts(5).pause(1s, 2.0, 5s).jitter(0);
        co_await retry(policy, [&] { return work.attempt(); });
        CHECK(loop::current().now() - start == 1s + 2s + 4s + 5s);
    }());
}

TEST_CASE("jitter shortens pauses, by the same amounts for the same seed") {
    const auto pauses = [](unsigned long long seed) {
        auto policy = retry_policy().pause(1s, 1.0).seed(seed);
        std::vector<duration> drawn;
        for (int attempt = 1; attempt <= 20; ++attempt)
            drawn.push_back(policy.pause_after(attempt));
        return drawn;
    };
    const auto some = pauses(1);
    CHECK(some == pauses(1));
    CHECK(some != pauses(2));
    for (const duration pause : some)
        CHECK((pause >= 0s && pause <= 1s));
    CHECK(*std::max_element(some.begin(), some.end()) > 500ms);
    CHECK(*std::min_element(some.begin(), some.end()) < 500ms);
}

TEST_CASE("cancellation is not tried again, and ends a pause at once") {
    run_virtual([]() -> task<> {
        flaky work{9};
        const time_point start = loop::current().now();
        const auto policy = retry_policy().attempts(9).pause(1h).jitter(0);
        const auto late = co_await as_result(timeout(1min, retry(policy, [&] { return work.attempt(); })));
        CHECK_THROWS_AS(std::rethrow_exception(late.error()), timed_out);
        CHECK(work.attempts == 1);
        CHECK(loop::current().now() - start == 1min);
    }());
}
