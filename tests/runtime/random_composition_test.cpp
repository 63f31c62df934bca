// Programs drawn at random from what the runtime offers, held against a model simple enough to be right.
#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/base/log.hpp>
#include <tandem/runtime.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/parcel.hpp"

using namespace std::chrono_literals;
using tandem::channel;
using tandem::task;
using tandem::task_group;
using test::parcel;

namespace {

/// What happened, over all programs: shows that they did something.
struct tally {
    int received = 0;
    int sends_cancelled = 0;
    int timed_out = 0;
    int errors = 0;
    int most_at_once = 0;
};

class planned_failure : public std::runtime_error {
  public:
    planned_failure()
        : std::runtime_error("planned") {}
};

/// One program: its channels and permits, and what the model knows of them.
class program {
  public:
    program(std::uint64_t seed, tally& seen)
        : random_(seed)
        , seen_(seen) {
        for (std::size_t capacity : {0, 1, 4})
            channels_.push_back(std::make_unique<channel<parcel>>(capacity));
    }

    task<> run() {
        const auto outcome = co_await tandem::as_result(node(6));
        expect(outcome || outcome.what() == "planned", "an error that nobody planned");
        expect(alive_ == 0, "a task outlived the join");
    }

    /// Empty, or what does not agree with the model.
    std::string violation() {
        int buffered = 0;
        for (auto& each : channels_) {
            const auto now = each->statistics();
            expect(now.senders_waiting == 0 && now.receivers_waiting == 0, "a channel kept a waiter");
            while (auto one = each->try_receive()) {
                received_.push_back(one->number());
                ++buffered;
            }
        }
        expect(parcel::alive() == 0, "a parcel was leaked, or destroyed twice");
        std::sort(sent_.begin(), sent_.end());
        std::sort(received_.begin(), received_.end());
        expect(sent_ == received_, "what was received is not what was sent");
        expect(permits_.available() == permit_count && permits_.waiting() == 0, "a permit was lost");
        expect(inside_ == 0, "somebody is still inside");
        seen_.received += static_cast<int>(received_.size()) - buffered;
        return violation_;
    }

  private:
    static constexpr std::size_t permit_count = 2;

    class presence {
      public:
        explicit presence(int& count) noexcept
            : count_(count) {
            ++count_;
        }
        presence(const presence&) = delete;
        presence& operator=(const presence&) = delete;
        ~presence() { --count_; }

      private:
        int& count_;
    };

    void expect(bool holds, const char* otherwise) {
        if (!holds && violation_.empty()) violation_ = otherwise;
    }
    int draw(int choices) { return static_cast<int>(random_() % static_cast<std::uint64_t>(choices)); }
    tandem::duration draw_time() { return 1ms * draw(40); }
    channel<parcel>& draw_channel() { return *channels_[random_() % channels_.size()]; }

    task<> node(int depth) {
        const presence here(alive_);
        seen_.most_at_once = std::max(seen_.most_at_once, alive_);
        switch (depth > 0 ? draw(14) : draw(6)) {
        case 0:
            co_await tandem::sleep(draw_time());
            break;
        case 1:
        case 2:
            co_await send();
            break;
        case 3:
        case 4:
            co_await receive();
            break;
        case 5:
            co_await perhaps_fail();
            break;
        case 6:
            co_await with_permit(depth - 1);
            break;
        case 7:
        case 8:
            co_await in_group(depth - 1);
            break;
        case 9:
            co_await within_limit(depth - 1);
            break;
        case 10:
            co_await tandem::gather(node(depth - 1), node(depth - 1), node(depth - 1));
            break;
        case 11:
            co_await tandem::race(node(depth - 1), node(depth - 1));
            break;
        case 12:
            co_await one_after_the_other(depth - 1);
            break;
        default:
            co_await for_some(depth - 1);
            break;
        }
    }

    task<> send() {
        parcel one(++last_number_);
        const int number = one.number();
        auto deliver = [&]() -> task<> {
            try {
                co_await draw_channel().send_from(one);
            } catch (const tandem::cancelled&) {
                ++seen_.sends_cancelled;
                expect(one.number() == number, "a cancelled send did not leave its value");
                throw;
            }
            expect(one.number() == 0, "a value that was sent is still there");
            sent_.push_back(number);
        };
        co_await tandem::move_on_after(draw_time(), deliver());
    }

    task<> receive() {
        auto take = [&]() -> task<> {
            auto one = co_await draw_channel().receive();
            expect(one.has_value(), "an open channel gave nothing");
            if (one) received_.push_back(one->number());
        };
        co_await tandem::move_on_after(draw_time(), take());
    }

    task<> perhaps_fail() {
        co_await tandem::sleep(draw_time());
        if (draw(3) > 0) co_return;
        ++seen_.errors;
        throw planned_failure();
    }

    task<> with_permit(int depth) {
        auto visit = [&]() -> task<> {
            auto permit = co_await permits_.acquire();
            const presence here(inside_);
            expect(inside_ <= static_cast<int>(permit_count), "more are inside than there are permits");
            co_await node(depth);
        };
        co_await tandem::move_on_after(4 * draw_time(), visit());
    }

    task<> in_group(int depth) {
        int alive = 0;
        auto member = [&]() -> task<> {
            const presence here(alive);
            co_await node(depth);
        };
        const bool cancels = draw(3) == 0;
        const int members = 1 + draw(3);
        auto body = [&](task_group& group) -> task<> {
            for (int i = 0; i < members; ++i)
                group.spawn(member());
            co_await tandem::sleep(draw_time());
            if (cancels) group.cancel();
        };
        std::exception_ptr error;
        try {
            co_await tandem::with_group(body);
        } catch (...) {
            error = std::current_exception();
        }
        expect(alive == 0, "a task outlived its group");
        if (error) std::rethrow_exception(error);
    }

    task<> within_limit(int depth) {
        const tandem::time_point start = tandem::loop::current().now();
        const tandem::duration limit = draw_time();
        const int alive_before = alive_;
        int alive = 0;
        auto work = [&]() -> task<> {
            const presence here(alive);
            co_await node(depth);
        };
        try {
            co_await tandem::timeout(limit, work());
        } catch (const tandem::timed_out&) {
            ++seen_.timed_out;
        }
        // No virtual time passes while tasks unwind, and nothing here is shielded.
        expect(tandem::loop::current().now() - start <= limit, "a time limit did not hold");
        expect(alive == 0, "work outlived its time limit");
        expect(alive_before > 0, "a task was counted out while it ran");
    }

    task<> one_after_the_other(int depth) {
        (void)co_await tandem::as_result(node(depth));
        co_await node(depth);
    }

    task<> for_some(int depth) {
        const std::vector<int> items(static_cast<std::size_t>(draw(6)));
        auto visit = [&](const int&) { return node(depth); };
        const auto failures = co_await tandem::for_each(items, tandem::at_most(2), tandem::keep_going, visit);
        expect(failures.size() <= items.size(), "more failures than items");
    }

    std::mt19937_64 random_;
    tally& seen_;
    std::vector<std::unique_ptr<channel<parcel>>> channels_;
    tandem::semaphore permits_{permit_count};
    int last_number_ = 0;
    int alive_ = 0;
    int inside_ = 0;
    std::vector<int> sent_;
    std::vector<int> received_;
    std::string violation_;
};

task<> run_some(program& what, int count) {
    for (int i = 0; i < count; ++i)
        co_await what.run();
}

} // namespace

TEST_CASE("programs composed at random lose no message, no permit and no task") {
    // What is planned to fail is no news.
    struct silence {
        tandem::log_sink before = tandem::set_log_sink([](const tandem::log_record&) noexcept {});
        ~silence() { tandem::set_log_sink(before); }
    } const silent;
    tally seen;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        program what(seed, seen);
        tandem::loop_options options;
        if (seed % 2 == 0) options.shuffle(seed);
        tandem::testing::run_virtual(run_some(what, 40), options);
        REQUIRE(what.violation() == "");
    }
    // They did meet each other, and were interrupted while they waited.
    CHECK(seen.received > 3000);
    CHECK(seen.sends_cancelled > 3000);
    CHECK(seen.timed_out > 1000);
    CHECK(seen.errors > 1000);
    CHECK(seen.most_at_once > 20);
}
