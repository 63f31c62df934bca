#include <catch2/catch.hpp>

#include <thread>

#include <tandem/runtime.hpp>

using namespace std::chrono_literals;
using namespace tandem;

TEST_CASE("block_on cancels its work when its stop token is told to") {
    std::stop_source stop;
    std::jthread asker;
    const auto work = [&]() -> task<> {
        asker = std::jthread([&] { stop.request_stop(); });
        co_await sleep(1h);
    };
    CHECK_THROWS_AS(block_on(stop.get_token(), work()), cancelled);
}

TEST_CASE("block_on cancels at once where the stop token was told before") {
    std::stop_source stop;
    stop.request_stop();
    const auto work = []() -> task<int> {
        co_await sleep(1h);
        co_return 1;
    };
    CHECK_THROWS_AS(block_on(stop.get_token(), work()), cancelled);
    const auto at_once = []() -> task<int> { co_return 2; };
    CHECK(block_on(std::stop_token(), at_once()) == 2);
}
