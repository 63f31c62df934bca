// A job that misbehaves at any stage of its way: the cases of CPython's executor-deadlock tests. There, most
// of them once hung the pool or broke it for good; here each fails its own job, and the pool runs the next.
//
// Two corners of the matrix are not here. Exit and crash where the pool's own process encodes the task or
// decodes the result end that process, by the user's own code; hanging there is a loop of the user's own,
// which nothing can stop.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <csignal>
#include <cstdlib>
#include <unistd.h>

#include "support/pools.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

enum class stage { encoding_task, decoding_task, running, encoding_result, decoding_result };
enum class way { exception, exit, crash, hang };

struct mischief {
    stage where;
    way how;
    /// Made when it hangs.
    std::string file;
};

struct mischief_done : std::runtime_error {
    using std::runtime_error::runtime_error;
};
const tandem::carry_exception<mischief_done> carry_mischief_done;

void misbehave(const mischief& what, stage here) {
    if (what.where != here) return;
    switch (what.how) {
    case way::exception:
        throw mischief_done("mischief");
    case way::exit:
        std::exit(7);
    case way::crash:
        std::signal(SIGSEGV, SIG_DFL); // not a sanitizer's
        std::raise(SIGSEGV);
        break;
    case way::hang:
        test::touch(what.file);
        while (true)
            pause();
    }
}

/// Carries mischief, and does it while it is itself encoded or decoded.
template <stage when_encoded, stage when_decoded> struct troublemaker { mischief what; };
using argument = troublemaker<stage::encoding_task, stage::decoding_task>;
using answer = troublemaker<stage::encoding_result, stage::decoding_result>;

answer work(argument given) {
    misbehave(given.what, stage::running);
    return {given.what};
}

} // namespace

template <stage when_encoded, stage when_decoded>
struct tandem::codec<troublemaker<when_encoded, when_decoded>> {
    using value = troublemaker<when_encoded, when_decoded>;
    static void encode(encoder& out, const value& given) {
        // Part of it is there already when it goes wrong.
        tandem::encode(out, given.what);
        misbehave(given.what, when_encoded);
        tandem::encode(out, std::string("the end"));
    }
    static value decode(decoder& in) {
        value made{tandem::decode<mischief>(in)};
        misbehave(made.what, when_decoded);
        if (tandem::decode<std::string>(in) != "the end") throw codec_error("not a troublemaker");
        return made;
    }
};

namespace {

/// Runs one job that misbehaves and another that does not, and returns the error of the first.
std::exception_ptr error_of(process_pool& pool, const mischief& what) {
    std::exception_ptr error;
    auto both = [&]() -> task<> {
        try {
            const argument given{what};
            co_await pool.run(work, given);
        } catch (const std::exception&) {
            error = std::current_exception();
        }
        const int next = co_await pool.run(test::twice, 21);
        CHECK(next == 42);
    };
    block_on(both());
    const auto counts = pool.statistics();
    CHECK(counts.submitted == counts.done + counts.failed + counts.crashed + counts.cancelled);
    return error;
}

process_pool_options one_worker() {
    return process_pool_options().workers(1).grace(50ms);
}

const auto in_the_worker = {stage::decoding_task, stage::running, stage::encoding_result};

} // namespace

TEST_CASE("an exception at any stage of a job is its caller's, and the pool runs on") {
    process_pool pool(one_worker());
    const std::vector<stage> stages = {stage::encoding_task, stage::decoding_task, stage::running,
                                       stage::encoding_result, stage::decoding_result};
    for (const stage where : stages) {
        INFO("stage " << static_cast<int>(where));
        const auto error = error_of(pool, {where, way::exception, ""});
        REQUIRE(error);
        CHECK_THROWS_AS(std::rethrow_exception(error), mischief_done);
    }
    // One was never submitted, one came as a value.
    CHECK(pool.statistics().submitted == 9);
    CHECK(pool.statistics().failed == 3);
}

TEST_CASE("a worker that exits at any stage of a job fails that job, and the pool runs on") {
    process_pool pool(one_worker());
    for (const stage where : in_the_worker) {
        INFO("stage " << static_cast<int>(where));
        const auto error = error_of(pool, {where, way::exit, ""});
        REQUIRE(error);
        try {
            std::rethrow_exception(error);
        } catch (const tandem::worker_died& died) {
            CHECK(died.signal() == 0);
            CHECK(died.exit_status() == 7);
        }
    }
    CHECK(pool.statistics().crashed == 3);
}

TEST_CASE("a worker that crashes at any stage of a job fails that job, and the pool runs on") {
    process_pool pool(one_worker());
    for (const stage where : in_the_worker) {
        INFO("stage " << static_cast<int>(where));
        const auto error = error_of(pool, {where, way::crash, ""});
        REQUIRE(error);
        try {
            std::rethrow_exception(error);
        } catch (const tandem::worker_died& died) {
            CHECK(died.signal() == SIGSEGV);
        }
    }
    CHECK(pool.statistics().crashed == 3);
}

TEST_CASE("a job that hangs at any stage in its worker can be cancelled, and the pool runs on") {
    const test::temp_folder folder;
    process_pool pool(one_worker());
    auto cancel_hanging = [&](stage where) -> task<int> {
        const std::string file = folder / std::to_string(static_cast<int>(where));
        const argument given{{where, way::hang, file}};
        auto job = pool.submit(work, given);
        co_await test::until_exists(file);
        job.cancel();
        co_await job.wait();
        CHECK(job.state() == tandem::job_state::cancelled);
        co_return co_await pool.run(test::twice, 21);
    };
    for (const stage where : in_the_worker) {
        INFO("stage " << static_cast<int>(where));
        CHECK(block_on(cancel_hanging(where)) == 42);
    }
    CHECK(pool.statistics().cancelled == 3);
    CHECK(pool.statistics().crashed == 0);
}

TEST_CASE("a deadline ends a job that hangs at any stage in its worker, and the pool runs on") {
    const test::temp_folder folder;
    process_pool pool(one_worker());
    auto time_out = [&](stage where) -> task<int> {
        co_await pool.run(test::twice, 1);
        const std::string file = folder / std::to_string(static_cast<int>(where));
        const argument given{{where, way::hang, file}};
        bool timed_out = false;
        try {
            co_await pool.with(tandem::with_deadline(50ms)).run(work, given);
        } catch (const tandem::timed_out&) {
            timed_out = true;
        }
        CHECK(timed_out);
        co_return co_await pool.run(test::twice, 21);
    };
    for (const stage where : in_the_worker) {
        INFO("stage " << static_cast<int>(where));
        CHECK(block_on(time_out(where)) == 42);
    }
    CHECK(pool.statistics().cancelled == 3);
}
