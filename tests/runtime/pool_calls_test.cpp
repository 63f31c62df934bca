// Which functions and values cross to a worker and back.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <stop_token>
#include <unistd.h>

using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

/// Runs one job in a pool of its own.
template <class F, class... A> auto run_one(F function, A... arguments) {
    process_pool pool(process_pool_options().workers(1));
    return block_on(pool.run(function, std::move(arguments)...));
}

int add(int a, int b) {
    return a + b;
}
std::string shout(std::string text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text + "!";
    return all;
}
std::size_t length_of(const std::string& text) {
    return text.size();
}
std::string take_over(std::string&& text) {
    return std::move(text);
}
void do_nothing() {}
int never_throws(int value) noexcept {
    return value;
}
const std::string& refer_to_static() {
    static const std::string text = "of the worker";
    return text;
}

struct picture {
    std::string name;
    std::vector<std::uint8_t> pixels;
    std::map<std::string, double> tags;
    bool operator==(const picture&) const = default;
};
picture flip(picture what) {
    std::reverse(what.pixels.begin(), what.pixels.end());
    what.tags["flipped"] = 1;
    return what;
}

bool stop_first(std::stop_token stop, int value) {
    return stop.stop_possible() && value == 7;
}
bool stop_last(int value, const std::stop_token& stop) {
    return stop.stop_possible() && value == 7;
}

std::uint64_t sum_of(const std::vector<std::uint8_t>& bytes) {
    return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
}
std::string long_text(std::size_t size) {
    return std::string(size, 'x');
}

int count_calls() {
    static int calls = 0;
    return ++calls;
}

/// Set before main, here and in every worker.
const int initialised = getpid();
bool is_initialised_here() {
    return initialised == getpid();
}

} // namespace

TEST_CASE("a file-local function runs in another process") {
    CHECK(run_one(add, 2, 3) == 5);
    CHECK(run_one(&getpid) != getpid());
    CHECK(run_one(never_throws, 3) == 3);
    run_one(do_nothing);
}

TEST_CASE("arguments become what the parameters are") {
    process_pool pool(process_pool_options().workers(1));
    CHECK(block_on(pool.run(shout, "hey", 2)) == "hey!hey!");
    const std::string text = "four";
    CHECK(block_on(pool.run(length_of, text)) == 4);
    CHECK(block_on(pool.run(take_over, "moved")) == "moved");
    CHECK(block_on(pool.run(add, 'a', 1L)) == 98);
}

TEST_CASE("a reference that is returned arrives as a value") {
    CHECK(run_one(refer_to_static) == "of the worker");
}

TEST_CASE("aggregates cross in both directions") {
    const picture before{"sky", {1, 2, 3}, {{"blue", 0.5}}};
    const picture after{"sky", {3, 2, 1}, {{"blue", 0.5}, {"flipped", 1}}};
    CHECK(run_one(flip, before) == after);
}

TEST_CASE("captureless lambdas and empty function objects run in a worker") {
    CHECK(run_one([](int a, int b) { return a * b; }, 6, 7) == 42);
    CHECK(run_one([](auto a, auto b) { return a * b; }, 6, 7) == 42);
    CHECK(run_one(std::plus<>(), 6, 7) == 13);
}

TEST_CASE("the worker supplies a stop_token, first or last") {
    CHECK(run_one(stop_first, 7));
    CHECK(run_one(stop_last, 7));
    CHECK(run_one([](auto value, std::stop_token stop) { return value + (stop.stop_possible() ? 1 : 0); },
                  1) == 2);
}

TEST_CASE("a worker keeps its state between jobs") {
    process_pool pool(process_pool_options().workers(1));
    CHECK(block_on([](process_pool& cpu) -> task<int> {
              co_await cpu.run(count_calls);
              co_return co_await cpu.run(count_calls);
          }(pool)) == 2);
}

TEST_CASE("static initialisers run in workers") {
    CHECK(run_one(is_initialised_here));
}

TEST_CASE("large arguments and results cross without harm") {
    process_pool pool(process_pool_options().workers(1));
    for (const std::size_t mebibytes : {1, 64}) {
        const std::size_t size = mebibytes << 20;
        CHECK(block_on(pool.run(sum_of, std::vector<std::uint8_t>(size, 3))) == 3 * size);
        const std::string text = block_on(pool.run(long_text, size));
        CHECK(text.size() == size);
        CHECK(text.find_first_not_of('x') == std::string::npos);
    }
}

TEST_CASE("frames of every size around the reader's buffer arrive whole") {
    process_pool pool(process_pool_options().workers(1));
    auto all = [](process_pool& cpu) -> task<bool> {
        bool right = true;
        for (std::size_t size = 65'300; size < 65'700; size += 7) {
            const std::string text = co_await cpu.run(shout, std::string(size, 'y'), 1);
            right = right && text.size() == size + 1;
        }
        co_return right;
    };
    CHECK(block_on(all(pool)));
}

TEST_CASE("a loop goes on while a large frame is under way") {
    process_pool pool(process_pool_options().workers(1));
    int turns = 0;
    auto tick = [&]() -> task<> {
        while (true) {
            ++turns;
            co_await tandem::sleep(std::chrono::milliseconds(1));
        }
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(tick());
        // Again where the machine holds up the loop, not the worker.
        for (int i = 0; i < 10 && turns <= 2; ++i) {
            turns = 0;
            co_await pool.run(sum_of, std::vector<std::uint8_t>(64 << 20, 1));
        }
        group.cancel();
    };
    auto both = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(both());
    CHECK(turns > 2);
}

TEST_CASE("more jobs than workers are all done, and none twice") {
    process_pool pool(process_pool_options().workers(2));
    auto all = [](process_pool& cpu) -> task<int> {
        int sum = 0;
        co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 200; ++i)
                group.spawn([](process_pool& p, int n, int& to) -> task<> {
                    to += co_await p.run(add, n, 0);
                }(cpu, i, sum));
            co_return;
        });
        co_return sum;
    };
    CHECK(block_on(all(pool)) == 199 * 200 / 2);
    const auto counts = pool.statistics();
    CHECK(counts.submitted == 200);
    CHECK(counts.done == 200);
    CHECK(counts.started == 2);
}

TEST_CASE("a job may have a pool of its own") {
    CHECK(run_one(
              [](int a) {
                  process_pool inner(process_pool_options().workers(1));
                  return block_on(inner.run(add, a, 1));
              },
              1) == 2);
}

TEST_CASE("a pool that outlives its loop serves the next one") {
    process_pool pool(process_pool_options().workers(1));
    const int first = block_on(pool.run(&getpid));
    const int second = block_on(pool.run(&getpid));
    CHECK(first != second);
    CHECK(pool.workers().empty());
}
