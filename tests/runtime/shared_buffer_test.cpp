// Bytes that travel by reference.
#include <catch2/catch.hpp>

#include <tandem/io/unix_stream.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/shared_buffer.hpp>
#include <tandem/runtime.hpp>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "support/arena_file.hpp"
#include "support/pools.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::shared_buffer;
using tandem::task;

namespace {

constexpr std::size_t mebibyte = 1 << 20;

shared_buffer filled(std::size_t size, int value) {
    shared_buffer made(size);
    if (size != 0) std::memset(made.data(), value, size);
    return made;
}
bool is_filled(const shared_buffer& what, int value) {
    return std::all_of(what.bytes().begin(), what.bytes().end(),
                       [&](std::byte each) { return each == static_cast<std::byte>(value); });
}
void fill(const shared_buffer& what, int value) {
    std::memset(what.data(), value, what.size());
}
shared_buffer same(shared_buffer what) {
    return what;
}
struct picture {
    std::string name;
    std::vector<shared_buffer> planes;
};
picture inverted(picture what) {
    for (shared_buffer& plane : what.planes)
        for (std::byte& each : plane.bytes())
            each = ~each;
    return what;
}
std::vector<shared_buffer> many(int count) {
    std::vector<shared_buffer> made;
    for (int i = 0; i < count; ++i)
        made.push_back(filled(100, i % 100));
    return made;
}
void fill_and_die(shared_buffer what) {
    fill(what, 'd');
    std::_Exit(1);
}
void fill_and_sleep(shared_buffer what, std::string file) {
    fill(what, 's');
    test::touch(file);
    std::this_thread::sleep_for(1h);
}

/// What a worker keeps from job to job.
shared_buffer kept;
void keep(shared_buffer what) {
    kept = std::move(what);
}
bool kept_is_filled(int value) {
    return is_filled(kept, value);
}
shared_buffer keep_and_return(std::size_t size, int value) {
    kept = filled(size, value);
    return kept;
}
void drop_kept() {
    kept = shared_buffer();
}
std::size_t nothing(const std::string& text) {
    return text.size();
}

/// Says of itself to be a buffer that its sender may not have.
struct forged {
    std::uint64_t size = 0;
    std::uint64_t place = 0;
};
struct unmasked {
    shared_buffer what;
};

process_pool_options workers(unsigned count) {
    return process_pool_options().workers(count).grace(30s);
}

} // namespace

template <> struct tandem::codec<forged> {
    static void encode(encoder& out, const forged& value) {
        tandem::encode(out, value.size);
        tandem::encode(out, std::uint8_t{1});
        tandem::encode(out, value.place);
    }
    static forged decode(decoder& in) {
        const auto what = tandem::decode<shared_buffer>(in);
        return {what.size(), 0};
    }
};

TEST_CASE("a job reads and writes the very bytes of a shared_buffer") {
    process_pool pool(workers(1));
    const shared_buffer buffer = filled(mebibyte, 'a');
    CHECK(buffer.is_shared());
    CHECK(block_on(pool.run(is_filled, buffer, 'a')));
    block_on(pool.run(fill, buffer, 'b'));
    CHECK(is_filled(buffer, 'b'));
    // It was not sent.
    CHECK(pool.statistics().bytes_sent < 10'000);
}

TEST_CASE("a shared_buffer that a job makes comes back without a copy") {
    process_pool pool(workers(2));
    auto all = [&]() -> task<> {
        const shared_buffer made = co_await pool.run(filled, 3 * mebibyte, 'x');
        CHECK(made.is_shared());
        CHECK(made.size() == 3 * mebibyte);
        CHECK(is_filled(made, 'x'));
        // Any worker may have it next.
        for (int i = 0; i < 6; ++i) {
            const bool right = co_await pool.run(is_filled, made, 'x');
            CHECK(right);
        }
    };
    block_on(all());
    CHECK(pool.statistics().bytes_received < 10'000);
}

TEST_CASE("a shared_buffer that a job returns is the one that it was given") {
    process_pool pool(workers(1));
    const shared_buffer buffer = filled(1000, 'q');
    const shared_buffer back = block_on(pool.run(same, buffer));
    CHECK(back.data() == buffer.data());
    CHECK(back.size() == 1000);
}

TEST_CASE("shared_buffers travel inside other values") {
    process_pool pool(workers(1));
    const picture before{"sky", {filled(100, 0x0f), filled(0, 0), filled(mebibyte, 0x33)}};
    const picture after = block_on(pool.run(inverted, before));
    CHECK(after.name == "sky");
    REQUIRE(after.planes.size() == 3);
    CHECK(is_filled(after.planes[0], 0xf0));
    CHECK(after.planes[1].empty());
    CHECK(after.planes[2].size() == mebibyte);
    CHECK(is_filled(after.planes[2], 0xcc));
}

TEST_CASE("a result may refer to more shared_buffers than fit on the way at once") {
    process_pool pool(workers(1));
    const auto made = block_on(pool.run(many, 3000));
    REQUIRE(made.size() == 3000);
    int wrong = 0;
    for (int i = 0; i < 3000; ++i)
        wrong += is_filled(made[static_cast<std::size_t>(i)], i % 100) ? 0 : 1;
    CHECK(wrong == 0);
}

TEST_CASE("the bytes outlive a worker that died with them") {
    process_pool pool(workers(1));
    const shared_buffer buffer = filled(mebibyte, 'a');
    CHECK_THROWS_AS(block_on(pool.run(fill_and_die, buffer)), tandem::worker_died);
    CHECK(is_filled(buffer, 'd'));
    CHECK(block_on(pool.run(is_filled, buffer, 'd')));
}

TEST_CASE("the bytes outlive their maker when it is killed") {
    process_pool pool(workers(1));
    auto all = [&]() -> task<> {
        const shared_buffer made = co_await pool.run(filled, mebibyte, 'x');
        kill(pool.workers().at(0), SIGKILL);
        const bool right = co_await pool.run(is_filled, made, 'x');
        CHECK(right);
        CHECK(is_filled(made, 'x'));
    };
    block_on(all());
    CHECK(pool.statistics().shared_memory == 0);
}

TEST_CASE("a cancelled job lets go of its shared_buffer when it is off its worker") {
    test::temp_folder folder;
    process_pool pool(workers(1));
    const shared_buffer buffer = filled(mebibyte, 'a');
    auto all = [&]() -> task<> {
        auto job = pool.submit(fill_and_sleep, buffer, folder / "started");
        co_await test::until_exists(folder / "started");
        CHECK(buffer.use_count() > 1);
        job.cancel();
        co_await job.wait();
    };
    block_on(all());
    CHECK(buffer.use_count() == 1);
    CHECK(is_filled(buffer, 's'));
}

TEST_CASE("a worker may keep an argument, and nobody else is given its memory meanwhile") {
    process_pool pool(workers(1));
    auto all = [&]() -> task<> {
        {
            const shared_buffer buffer = filled(mebibyte, 'k');
            co_await pool.run(keep, buffer);
        }
        // These would take its place.
        std::vector<shared_buffer> others;
        for (int i = 0; i < 5; ++i)
            others.push_back(filled(mebibyte, 'o'));
        co_await pool.run(nothing, std::string(4 * mebibyte, 'p'));
        const bool right = co_await pool.run(kept_is_filled, 'k');
        CHECK(right);
    };
    block_on(all());
}

TEST_CASE("a worker may keep what it returned, and lets go of it later") {
    process_pool pool(workers(1));
    auto all = [&]() -> task<> {
        {
            const shared_buffer made = co_await pool.run(keep_and_return, 2 * mebibyte, 'm');
            CHECK(is_filled(made, 'm'));
        }
        CHECK(pool.statistics().shared_memory >= 2 * mebibyte);
        co_await pool.run(nothing, std::string(4 * mebibyte, 'p'));
        const bool right = co_await pool.run(kept_is_filled, 'm');
        CHECK(right);
        co_await pool.run(drop_kept);
        while (pool.statistics().shared_memory > 0)
            co_await tandem::sleep(1ms);
    };
    block_on(all());
}

TEST_CASE("a place that a worker does not hold is an error, not memory") {
    process_pool pool(workers(1));
    const shared_buffer mine = filled(mebibyte, 'm');
    const std::uint64_t place = GENERATE(0ULL, 65536ULL, 1ULL << 20, 1ULL << 62, ~0ULL);
    const std::uint64_t size = GENERATE(1ULL, 1ULL << 20, ~0ULL);
    // As a result: the pool's side refuses it.
    CHECK_THROWS_AS(block_on(pool.run(
                        [](std::uint64_t a, std::uint64_t b) {
                            return forged{a, b};
                        },
                        size, place)),
                    tandem::codec_error);
    CHECK(is_filled(mine, 'm'));
    CHECK(block_on(pool.run(is_filled, mine, 'm')));
}

TEST_CASE("a place outside of the shared memory is refused by the worker") {
    process_pool pool(workers(1));
    CHECK_THROWS_AS(block_on(pool.run([](forged) {}, forged{1, ~std::uint64_t{0}})), tandem::codec_error);
    CHECK_THROWS_AS(block_on(pool.run([](forged) {}, forged{~std::uint64_t{0}, 4})), tandem::codec_error);
    CHECK(pool.statistics().died == 0);
}

TEST_CASE("outside of a pool a shared_buffer is encoded as its bytes") {
    tandem::encoder out;
    tandem::encode(out, filled(300, 'e'));
    CHECK(out.size() > 300);
    tandem::decoder in(out.data(), out.size());
    const auto back = tandem::decode<shared_buffer>(in);
    CHECK(back.size() == 300);
    CHECK(is_filled(back, 'e'));
    tandem::encoder named;
    tandem::encode(named, forged{4, 0});
    tandem::decoder hostile(named.data(), named.size());
    CHECK_THROWS_AS(tandem::decode<shared_buffer>(hostile), tandem::codec_error);
    tandem::decoder cut(out.data(), 200);
    CHECK_THROWS_AS(tandem::decode<shared_buffer>(cut), tandem::codec_error);
}

TEST_CASE("a thread_pool has a shared_buffer's bytes too") {
    tandem::thread_pool threads(tandem::thread_pool_options().threads(1));
    const shared_buffer buffer = filled(mebibyte, 'a');
    block_on(threads.run(fill, buffer, 't'));
    CHECK(is_filled(buffer, 't'));
}

TEST_CASE("a pool without shared memory copies shared_buffers") {
    process_pool pool(workers(1).shared_memory(0));
    const shared_buffer buffer = filled(mebibyte, 'a');
    CHECK(block_on(pool.run(is_filled, buffer, 'a')));
    block_on(pool.run(fill, buffer, 'b'));
    CHECK(is_filled(buffer, 'a'));
    const shared_buffer made = block_on(pool.run(filled, mebibyte, 'c'));
    CHECK(is_filled(made, 'c'));
}

TEST_CASE("a pool of a worker's own is given a copy") {
    process_pool pool(workers(1));
    const shared_buffer buffer = filled(mebibyte, 'n');
    CHECK(block_on(pool.run(
        [](shared_buffer what) {
            process_pool inner(process_pool_options().workers(1));
            return block_on(inner.run(is_filled, what, 'n'));
        },
        buffer)));
}

TEST_CASE("a stream reads straight into a shared_buffer") {
    process_pool pool(workers(1));
    auto all = [&]() -> task<> {
        auto [near, far] = tandem::unix_stream::pair();
        shared_buffer body(5);
        co_await near.write("hello");
        for (std::size_t got = 0; got < body.size();)
            got += co_await far.read_some(body.chars().subspan(got));
        const bool right = co_await pool.run(
            [](const shared_buffer& what) {
                return std::string(what.chars().data(), what.size()) == "hello";
            },
            body);
        CHECK(right);
    };
    block_on(all());
}

TEST_CASE("jobs that all refer to one shared_buffer leave it alone when it is over") {
    process_pool pool(workers(2).prefetch(20));
    const shared_buffer buffer = filled(10'000, 'j');
    auto all = [&]() -> task<> {
        std::vector<tandem::job<bool>> jobs;
        for (int i = 0; i < 200; ++i)
            jobs.push_back(pool.submit(is_filled, buffer, 'j'));
        for (std::size_t i = 0; i < jobs.size(); i += 7)
            jobs[i].cancel();
        int right = 0;
        for (auto& each : jobs) {
            auto outcome = co_await tandem::as_result(std::move(each));
            right += outcome && outcome.value() ? 1 : 0;
        }
        CHECK(right >= 171);
    };
    block_on(all());
    CHECK(buffer.use_count() == 1);
}
