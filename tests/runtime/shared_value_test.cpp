// Values that several processes change.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/process_queue.hpp>
#include <tandem/pool/shared_value.hpp>
#include <tandem/runtime.hpp>

#include <csignal>
#include <set>
#include <thread>

#include "support/nothing_left.hpp"
#include "support/pools.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::shared_value;
using tandem::task;

namespace {

/// Too large for one instruction. Whole where all of it is the same.
struct large {
    std::array<long, 20> parts{};
    char name[20] = {};
    bool is_whole() const {
        return std::all_of(parts.begin(), parts.end(), [&](long each) { return each == parts[0]; });
    }
};
large all_of(long part) {
    large made;
    made.parts.fill(part);
    return made;
}
enum class colour : unsigned char { red, green };

void add(shared_value<long> to, int times) {
    for (int i = 0; i < times; ++i)
        to.fetch_add(1);
}
void add_to_large(const shared_value<large>& to, int times) {
    for (int i = 0; i < times; ++i)
        to.update([](large& value) {
            for (long& part : value.parts)
                ++part;
        });
}
void store_for_ever(shared_value<large> to, long seed, std::string started) {
    test::touch(started);
    for (long i = 0;; ++i)
        to.store(all_of(seed + i));
}
long torn_of(const shared_value<large>& from, int times) {
    long torn = 0;
    for (int i = 0; i < times; ++i)
        torn += from.load().is_whole() ? 0 : 1;
    return torn;
}
void die_in_update(shared_value<large> value) {
    value.update([](large& present) {
        present.parts[3] = -1;
        raise(SIGKILL);
    });
}
void throw_in_update(shared_value<int> value) {
    value.update([](int&) { throw std::runtime_error("no luck"); });
}
shared_value<int> make_value(int value) {
    return shared_value<int>(value);
}
shared_value<int> raised(shared_value<int> value) {
    value.fetch_add(1);
    return value;
}

/// What a worker keeps from job to job.
std::optional<shared_value<int>> kept;
void keep(shared_value<int> value) {
    kept = std::move(value);
}
int raise_kept() {
    return kept->fetch_add(1) + 1;
}
shared_value<int> give_kept() {
    return *kept;
}
void make_kept(int value) {
    kept.emplace(value);
}

/// 0 where others have come to what is this worker's own.
int raise_kept_beside_own() {
    bool is_mine = false;
    std::jthread([&] { // on a thread that has no job, and so nothing from the pool
        const shared_value<int> own(getpid());
        std::this_thread::sleep_for(2ms);
        is_mine = own.load() == getpid();
    })
        .join();
    return is_mine ? raise_kept() : 0;
}

struct parcel {
    std::string name;
    std::vector<shared_value<int>> values;
};
int sum_up(const parcel& what) {
    int sum = 0;
    for (const auto& each : what.values)
        sum += each.exchange(0);
    return sum;
}

/// Says of itself to be a shared_value<int>.
struct forged {
    std::uint64_t place = 0;
    std::uint64_t size = 0;
};

process_pool_options workers(unsigned count) {
    return process_pool_options().workers(count).grace(30s);
}

} // namespace

template <> struct tandem::codec<forged> {
    static void encode(encoder& out, const forged& value) {
        tandem::encode(out, value.place);
        tandem::encode(out, value.size);
    }
    static forged decode(decoder& in) {
        static_cast<void>(tandem::decode<shared_value<int>>(in));
        return {};
    }
};

TEST_CASE("what a worker does to a shared_value is seen here, and the other way round") {
    process_pool pool(workers(1));
    const shared_value<int> value(5);
    block_on(pool.run([](shared_value<int> there) { there.store(there.load() * 2); }, value));
    CHECK(value.load() == 10);
    value.store(7);
    CHECK(block_on(pool.run([](const shared_value<int>& there) { return there.load(); }, value)) == 7);
}

TEST_CASE("many workers count in one value, and the sum is exact") {
    process_pool pool(workers(4));
    const shared_value<long> sum;
    const shared_value<large> sums;
    auto all = [&]() -> task<> {
        std::vector<tandem::job<void>> jobs;
        for (int i = 0; i < 8; ++i)
            jobs.push_back(pool.submit(add, sum, 20'000));
        for (int i = 0; i < 8; ++i)
            jobs.push_back(pool.submit(add_to_large, sums, 2000));
        for (auto& each : jobs)
            co_await each;
    };
    block_on(all());
    CHECK(sum.load() == 160'000);
    CHECK(sums.load().parts[0] == 16'000);
    CHECK(sums.load().is_whole());
}

TEST_CASE("numbers, enums and small structs are changed by the processor's own instructions") {
    STATIC_REQUIRE(shared_value<int>::is_lock_free);
    STATIC_REQUIRE(shared_value<double>::is_lock_free);
    STATIC_REQUIRE(shared_value<colour>::is_lock_free);
    STATIC_REQUIRE(shared_value<bool>::is_lock_free);
    STATIC_REQUIRE(shared_value<std::array<short, 4>>::is_lock_free);
    STATIC_REQUIRE(!shared_value<large>::is_lock_free);
    struct padded {
        char small;
        int number;
    };
    STATIC_REQUIRE(!shared_value<padded>::is_lock_free);

    const shared_value<int> number(1);
    CHECK(number.fetch_add(4) == 1);
    CHECK(number.fetch_sub(2) == 5);
    CHECK(number.exchange(9) == 3);
    int expected = 8;
    CHECK_FALSE(number.compare_exchange(expected, 1));
    CHECK(expected == 9);
    CHECK(number.compare_exchange(expected, 1));
    CHECK(number.update([](int value) { return value + 41; }) == 42);
    CHECK(number.load() == 42);

    const shared_value<double> fraction(0.5);
    CHECK(fraction.fetch_add(0.25) == 0.5);
    CHECK(fraction.load() == 0.75);
    const shared_value<colour> paint(colour::red);
    CHECK(paint.exchange(colour::green) == colour::red);
    CHECK(paint.load() == colour::green);
}

TEST_CASE("a large value is read and replaced as a whole") {
    test::temp_folder folder;
    process_pool pool(workers(3));
    const shared_value<large> value(all_of(1));
    auto all = [&]() -> task<> {
        auto one = pool.submit(store_for_ever, value, 1000L, folder / "one");
        auto two = pool.submit(store_for_ever, value, 5000L, folder / "two");
        co_await test::until_exists(folder / "one");
        co_await test::until_exists(folder / "two");
        const long torn = co_await pool.run(torn_of, value, 50'000);
        CHECK(torn == 0);
        CHECK(torn_of(value, 50'000) == 0);
        one.cancel();
        two.cancel();
    };
    block_on(all());
    const large before = value.exchange(all_of(7));
    CHECK(before.is_whole());
    CHECK(before.parts[0] >= 1000);
    CHECK(value.load().parts[19] == 7);
}

TEST_CASE("a worker that dies while it updates a value leaves it as it was, and holds up nobody") {
    process_pool pool(workers(1));
    const shared_value<large> value(all_of(3));
    CHECK_THROWS_AS(block_on(pool.run(die_in_update, value)), tandem::worker_died);
    CHECK(value.load().is_whole());
    CHECK(value.load().parts[0] == 3);
    block_on(pool.run(add_to_large, value, 1));
    CHECK(value.load().parts[0] == 4);
}

TEST_CASE("an update that throws leaves the value as it was") {
    process_pool pool(workers(1));
    const shared_value<int> value(3);
    CHECK_THROWS_WITH(block_on(pool.run(throw_in_update, value)), "no luck");
    CHECK(value.load() == 3);
}

TEST_CASE("a shared_value travels in an initializer, to each worker that starts") {
    const shared_value<int> value(0);
    const bool is_forked = GENERATE(false, true);
    auto options = workers(2).initializer(keep, value);
    if (is_forked) options.preload([] {});
    process_pool pool(options);
    auto all = [&]() -> task<> {
        co_await pool.warm_up();
        const int first = co_await pool.run(raise_kept);
        CHECK(first == 1);
        for (const int pid : pool.workers())
            kill(pid, SIGKILL);
        for (int i = 2; i < 10; ++i) {
            // The worker that was killed may still be there for it.
            auto next = co_await tandem::as_result(pool.run(raise_kept));
            if (next.has_value()) CHECK(next.value() == value.load());
        }
        CHECK(value.load() >= 7);
        // What came in an initializer may be returned.
        const shared_value<int> back = co_await pool.run(give_kept);
        back.store(100);
    };
    block_on(all());
    CHECK(value.load() == 100);
}

TEST_CASE("a shared_value travels in a preload, to all workers that are forked") {
    const shared_value<int> value(0);
    process_pool pool(workers(2).preload(keep, value));
    auto all = [&]() -> task<> {
        co_await pool.warm_up();
        for (int i = 1; i < 20; ++i) {
            const int now = co_await pool.run(raise_kept);
            CHECK(now == i);
        }
        const shared_value<int> back = co_await pool.run(give_kept);
        back.store(100);
    };
    block_on(all());
    CHECK(value.load() == 100);
}

TEST_CASE("a shared_value that a preload makes is one for all that are forked from it") {
    process_pool pool(workers(2).preload(make_kept, 0));
    auto all = [&]() -> task<> {
        co_await pool.warm_up();
        std::vector<tandem::job<int>> jobs;
        for (int i = 0; i < 20; ++i)
            jobs.push_back(pool.submit(raise_kept_beside_own));
        std::set<int> seen;
        for (auto& each : jobs) {
            const int got = co_await each;
            seen.insert(got);
        }
        CHECK(seen.size() == 20);
        CHECK(*seen.begin() == 1);
        CHECK(*seen.rbegin() == 20);
    };
    block_on(all());
}

TEST_CASE("a shared_value comes back from the job that made it, or that was given it") {
    process_pool pool(workers(2));
    const shared_value<int> made = block_on(pool.run(make_value, 6));
    CHECK(made.load() == 6);
    const shared_value<int> same = block_on(pool.run(raised, made));
    CHECK(same.load() == 7);
    same.store(8);
    CHECK(made.load() == 8);
    CHECK(block_on(pool.run(raised, same)).load() == 9);
}

TEST_CASE("shared_values travel inside other values") {
    process_pool pool(workers(1));
    const parcel sent{"three", {shared_value<int>(1), shared_value<int>(2), shared_value<int>(3)}};
    CHECK(block_on(pool.run(sum_up, sent)) == 6);
    CHECK(sent.values[2].load() == 0);
}

TEST_CASE("a worker may keep a shared_value, and gives it back when it ends") {
    process_pool pool(workers(1));
    auto all = [&]() -> task<> {
        const shared_value<int> value(1);
        co_await pool.run(keep, value);
        CHECK(value.use_count() > 1);
        const int next = co_await pool.run(raise_kept);
        CHECK(next == 2);
        kill(pool.workers().at(0), SIGKILL);
        while (value.use_count() > 1)
            co_await tandem::sleep(1ms);
        CHECK(value.load() == 2);
    };
    block_on(all());
}

TEST_CASE("a thread_pool and plain code take the same shared_value") {
    tandem::thread_pool threads(2);
    const shared_value<long> sum;
    auto all = [&]() -> task<> {
        auto first = threads.submit(add, sum, 10'000);
        auto second = threads.submit(add, sum, 10'000);
        co_await first;
        co_await second;
    };
    block_on(all());
    add(sum, 1);
    CHECK(sum.load() == 20'001);
}

TEST_CASE("workers that see no shared memory fail the job that needs it, and say so") {
    process_pool pool(workers(1).shared_memory(0));
    const shared_value<int> value(1);
    CHECK_THROWS_WITH(block_on(pool.run(raised, value)),
                      Contains("shared_value: it cannot be passed on here"));
    CHECK(value.load() == 1);
    process_pool set_up(workers(1).shared_memory(0).initializer(keep, value));
    CHECK_THROWS_WITH(block_on(set_up.run(raise_kept)),
                      Contains("initializer") &&
                          Contains("shared_value: this process does not see its memory"));
}

TEST_CASE("a shared_value does not go where nobody would keep it") {
    const shared_value<int> value(1);
    const tandem::process_queue<shared_value<int>> queue(4);
    CHECK_THROWS_WITH(queue.try_send(value), Contains("shared_value: it cannot be passed on here"));
    CHECK(queue.size() == 0);
    // Nor to the workers of another process.
    process_pool pool(workers(1));
    CHECK_THROWS_WITH(block_on(pool.run(
                          [](shared_value<int> what) {
                              process_pool inner(process_pool_options().workers(1));
                              return block_on(inner.run(raised, what)).load();
                          },
                          value)),
                      Contains("shared_value: it cannot be passed on here"));
    CHECK(value.load() == 1);
}

TEST_CASE("bytes that are no shared_value are an error, not memory") {
    process_pool pool(workers(1));
    const shared_value<long> other(1); // of another size
    const std::uint64_t place = GENERATE(0ULL, 1ULL, 65536ULL, 1ULL << 62, ~0ULL);
    const std::uint64_t size = GENERATE(0ULL, 1ULL, 65536ULL, ~0ULL);
    CHECK_THROWS_AS(block_on(pool.run([](forged) {}, forged{place, size})), tandem::codec_error);
    CHECK(pool.statistics().died == 0);
    tandem::encoder out;
    tandem::encode(out, forged{place, size});
    tandem::decoder in(out.data(), out.size());
    CHECK_THROWS_WITH(tandem::decode<shared_value<int>>(in), Contains("shared_value"));
}

TEST_CASE("shared_values leave nothing behind") {
    const shared_value<int> first(0); // with it comes the memory's descriptor
    const test::nothing_left nothing;
    for (int i = 0; i < 3; ++i) {
        process_pool pool(workers(2));
        auto all = [&]() -> task<> {
            for (int j = 0; j < 200; ++j) {
                const auto next = co_await pool.run(raised, shared_value<int>(j));
                CHECK(next.load() == j + 1);
            }
        };
        block_on(all());
    }
}
