#include <catch2/catch.hpp>

#include <algorithm>

#include <tandem/runtime.hpp>

using namespace tandem;

namespace {

const task_local<std::string> request("none");
const task_local<int> depth(0);

task<std::string> read() {
    co_return co_await request;
}

} // namespace

TEST_CASE("a task-local value holds for the work it is given to, and all below") {
    block_on([]() -> task<> {
        const auto outside = co_await read();
        CHECK(outside == "none");
        auto nested = []() -> task<std::string> {
            const auto here = co_await read();
            const auto inner = co_await request.with("inner", read());
            const auto again = co_await read();
            co_return here + " " + inner + " " + again;
        };
        const auto inside = co_await request.with("outer", nested());
        CHECK(inside == "outer inner outer");
        const auto after = co_await read();
        CHECK(after == "none");
    }());
}

TEST_CASE("spawned tasks inherit the value of the task that opened their group") {
    block_on([]() -> task<> {
        std::vector<std::string> seen;
        auto work = [&]() -> task<> {
            co_await with_group([&](task_group& group) -> task<> {
                for (int i = 0; i < 3; ++i)
                    group.spawn([&]() -> task<> {
                        const auto value = co_await read();
                        seen.push_back(value);
                    });
                co_return;
            });
        };
        co_await gather(request.with("left", work()), request.with("right", work()));
        std::sort(seen.begin(), seen.end());
        CHECK(seen == std::vector<std::string>{"left", "left", "left", "right", "right", "right"});
    }());
}

TEST_CASE("variables do not disturb each other, and shields keep them") {
    block_on([]() -> task<> {
        auto both = []() -> task<std::string> {
            const auto text = co_await read();
            const int number = co_await depth;
            co_return text + std::to_string(number);
        };
        const auto value = co_await request.with("a", shield(depth.with(1, both())));
        CHECK(value == "a1");
    }());
}
