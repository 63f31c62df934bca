// Arrays that several processes work on.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/shared_array.hpp>
#include <tandem/runtime.hpp>

#include <csignal>
#include <numeric>

#include "support/nothing_left.hpp"
#include "support/pools.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::shared_array;
using tandem::task;

namespace {

struct pixel {
    unsigned char red = 1, green = 2, blue = 3;
};

void square(shared_array<long> numbers, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i)
        numbers[i] *= numbers[i];
}
void count_up(const shared_array<int>& counts, int times) {
    for (int i = 0; i < times; ++i)
        counts.atomic(static_cast<std::size_t>(i) % counts.size()).fetch_add(1);
}
shared_array<double> halves(std::size_t size) {
    shared_array<double> made(size);
    for (std::size_t i = 0; i < size; ++i)
        made[i] = static_cast<double>(i) / 2;
    return made;
}
void write_and_die(shared_array<long> numbers) {
    numbers[0] = 77;
    raise(SIGKILL);
}

std::optional<shared_array<int>> table;
void keep_table(shared_array<int> what) {
    table = std::move(what);
}
int look_up(std::size_t at) {
    return table->at(at);
}

/// The bytes of a shared_array<long>, with other claims.
struct forged {
    std::uint64_t count = 0;
    shared_array<long> array{std::size_t{4}};
};

process_pool_options workers(unsigned count) {
    return process_pool_options().workers(count).grace(30s);
}

} // namespace

template <> struct tandem::codec<forged> {
    static void encode(encoder& out, const forged& value) {
        tandem::encode(out, value.count);
        encoder whole;
        tandem::encode(whole, value.array);
        out.write(whole.data() + sizeof(std::uint64_t), whole.size() - sizeof(std::uint64_t));
        for (const auto& each : whole.attached())
            out.attach(each);
    }
    static forged decode(decoder& in) {
        forged found;
        found.array = tandem::decode<shared_array<long>>(in);
        found.count = found.array.size();
        return found;
    }
};

TEST_CASE("workers fill their parts of one array") {
    process_pool pool(workers(2));
    const shared_array<long> numbers(1000);
    std::iota(numbers.begin(), numbers.end(), 0L);
    auto all = [&]() -> task<> {
        auto low = pool.submit(square, numbers, 0, 500);
        auto high = pool.submit(square, numbers, 500, 1000);
        co_await low;
        co_await high;
    };
    block_on(all());
    long wrong = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i)
        wrong += numbers[i] == static_cast<long>(i * i) ? 0 : 1;
    CHECK(wrong == 0);
    // It was not sent.
    CHECK(pool.statistics().bytes_sent < 2000);
}

TEST_CASE("a shared_array has its elements as they were given, whatever its memory held before") {
    {
        const shared_array<int> used(1000, -1);
        CHECK(std::count(used.begin(), used.end(), -1) == 1000);
    }
    const shared_array<int> zeros(1000);
    CHECK(std::count(zeros.begin(), zeros.end(), 0) == 1000);
    const shared_array<pixel> pixels(10);
    CHECK(pixels[9].blue == 3);
    const std::vector<int> values{3, 1, 4};
    const shared_array<int> copied{std::span<const int>(values)};
    CHECK(std::equal(copied.begin(), copied.end(), values.begin(), values.end()));
    const shared_array<int> none(0);
    CHECK(none.empty());
    CHECK(none.span().empty());
}

TEST_CASE("a copy of a shared_array is the same array") {
    const shared_array<int> first(3, 7);
    const shared_array<int> second = first;
    second.span()[1] = 8;
    CHECK(first[1] == 8);
    CHECK(first.data() == second.data());
    CHECK(first.use_count() == 2);
}

TEST_CASE("an element beyond the end is an error that names it") {
    const shared_array<int> three(3);
    CHECK(three.at(2) == 0);
    CHECK_THROWS_WITH(three.at(3), "shared_array: element 3 of 3");
}

TEST_CASE("elements that many workers count in are exact when they are changed atomically") {
    process_pool pool(workers(4));
    const shared_array<int> counts(4);
    auto all = [&]() -> task<> {
        std::vector<tandem::job<void>> jobs;
        for (int i = 0; i < 8; ++i)
            jobs.push_back(pool.submit(count_up, counts, 10'000));
        for (auto& each : jobs)
            co_await each;
    };
    block_on(all());
    CHECK(std::count(counts.begin(), counts.end(), 20'000) == 4);
}

TEST_CASE("a shared_array comes back from the job that made it") {
    process_pool pool(workers(2));
    const shared_array<double> made = block_on(pool.run(halves, 300'000));
    CHECK(made.size() == 300'000);
    CHECK(made[299'999] == 149'999.5);
    CHECK(pool.statistics().bytes_received < 2000);
}

TEST_CASE("an array outlives a worker that is killed with it") {
    process_pool pool(workers(1));
    const shared_array<long> numbers(10, 2);
    CHECK_THROWS_AS(block_on(pool.run(write_and_die, numbers)), tandem::worker_died);
    CHECK(numbers[0] == 77);
    block_on(pool.run(square, numbers, 1, 10));
    CHECK(numbers[9] == 4);
}

TEST_CASE("an initializer gives each worker the same array, forked or not") {
    const shared_array<int> numbers(5, 1);
    const bool is_forked = GENERATE(false, true);
    auto options = workers(1).initializer(keep_table, numbers);
    if (is_forked) options.preload([] {});
    process_pool pool(options);
    CHECK(block_on(pool.run(look_up, 4)) == 1);
    numbers[4] = 9;
    CHECK(block_on(pool.run(look_up, 4)) == 9);
    CHECK_THROWS_WITH(block_on(pool.run(look_up, 5)), "shared_array: element 5 of 5");
}

TEST_CASE("a thread_pool works on the same array") {
    tandem::thread_pool threads(1);
    const shared_array<long> numbers(4, 3);
    block_on(threads.run(square, numbers, 0, 4));
    CHECK(numbers[3] == 9);
}

TEST_CASE("more than there is shared memory for is refused with its size") {
    CHECK_THROWS_WITH(shared_array<char>(std::size_t{1} << 46),
                      Contains("shared_array: 70368744177") && Contains("bytes of shared memory"));
    CHECK_THROWS_AS(shared_array<long>(std::size_t{1} << 62), std::length_error);
}

TEST_CASE("an array that claims more elements than its memory has is refused") {
    process_pool pool(workers(1));
    const std::uint64_t count = GENERATE(100'000ULL, 1ULL << 61, ~0ULL);
    forged claim;
    claim.count = count;
    CHECK_THROWS_AS(block_on(pool.run([](forged) {}, claim)), tandem::codec_error);
    CHECK(pool.statistics().died == 0);
    claim.count = 4;
    block_on(pool.run([](forged what) { what.array[3] = 5; }, claim));
    CHECK(claim.array[3] == 5);
}

TEST_CASE("shared_arrays leave nothing behind") {
    const shared_array<int> first(1);
    const test::nothing_left nothing;
    process_pool pool(workers(2));
    auto all = [&]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            const auto made = co_await pool.run(halves, 1000);
            CHECK(made[10] == 5);
        }
        co_await pool.stop();
    };
    block_on(all());
}
