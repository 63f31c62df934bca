// Programs drawn at random from what the runtime offers, held against a model simple enough to be right.
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <tandem/runtime.hpp>
#include <tandem/testing/memory_stream.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/ending_after.hpp"
#include "support/log_capture.hpp"
#include "support/parcel.hpp"
#include "support/read_all.hpp"

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
    int foreseen = 0;
    int bytes = 0;
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
        expect(inside_ == 0 && owners_ == 0, "somebody is still inside");
        expect(!alone_.statistics().locked && alone_.statistics().tasks_waiting == 0,
               "a mutex stayed locked");
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
        switch (depth > 0 ? draw(20) : draw(9)) {
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
            co_await race_foreseen();
            break;
        case 7:
            co_await limit_foreseen();
            break;
        case 8:
            co_await results_foreseen();
            break;
        case 9:
            co_await with_permit(depth - 1);
            break;
        case 10:
        case 11:
            co_await in_group(depth - 1);
            break;
        case 12:
            co_await within_limit(depth - 1);
            break;
        case 13:
            co_await with_mutex(depth - 1);
            break;
        case 14:
            co_await talk();
            break;
        case 15:
            co_await tandem::gather(node(depth - 1), node(depth - 1), node(depth - 1));
            break;
        case 16:
            co_await tandem::race(node(depth - 1), node(depth - 1));
            break;
        case 17:
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

    /// Pauses that all differ, so that the model knows who is first in any order of the ready queue.
    std::vector<int> draw_pauses(int most) {
        std::vector<int> pauses(1 + random_() % static_cast<std::uint64_t>(most));
        for (std::size_t i = 0; i < pauses.size(); ++i)
            pauses[i] = draw(10) * 10 + static_cast<int>(i);
        return pauses;
    }

    task<> race_foreseen() {
        const auto pauses = draw_pauses(5);
        std::vector<task<int>> runners;
        for (const int pause : pauses)
            runners.push_back(test::value_after(1ms * pause, pause));
        const int winner = co_await tandem::race(std::move(runners));
        expect(winner == *std::min_element(pauses.begin(), pauses.end()), "a race had another winner");
        ++seen_.foreseen;
    }

    task<> limit_foreseen() {
        const int length = draw(30) * 2, limit = draw(30) * 2 + 1;
        auto within = [&]() { return tandem::timeout(1ms * limit, test::value_after(1ms * length, length)); };
        const auto outcome = co_await tandem::as_result(within());
        expect(outcome.has_value() == (length < limit), "a time limit decided otherwise");
        ++seen_.foreseen;
    }

    task<> results_foreseen() {
        auto pauses = draw_pauses(5);
        const bool in_order = draw(2) == 0;
        const std::vector<int> items = pauses;
        auto start = [](int pause) { return test::value_after(1ms * pause, pause); };
        auto results =
            in_order ? tandem::map_concurrent(items, tandem::at_most(2), start)
                     : tandem::map_concurrent(items, tandem::at_most(9), tandem::as_they_complete, start);
        if (!in_order) std::sort(pauses.begin(), pauses.end());
        std::vector<int> taken;
        while (auto one = co_await results.next())
            taken.push_back(*one);
        expect(taken == pauses, "results came in another order");
        ++seen_.foreseen;
    }

    task<> with_mutex(int depth) {
        auto visit = [&]() -> task<> {
            auto lock = co_await alone_.lock();
            const presence here(owners_);
            expect(owners_ == 1, "two own a mutex");
            co_await node(std::min(depth, 1));
        };
        co_await tandem::move_on_after(4 * draw_time(), visit());
    }

    /// Two who write and read a text through a connection with faults, and may be stopped at it.
    task<> talk() {
        tandem::testing::stream_faults faults;
        faults.fragment_randomly(4, random_()).delay(1ms * draw(3));
        const int fault = draw(3);
        const std::size_t limit = random_() % 20;
        if (fault == 1) faults.truncate_after(limit);
        if (fault == 2) faults.stall_after(limit);
        tandem::testing::memory_stream_options options;
        options.capacity(1 + random_() % 8).to_second(faults);
        tandem::testing::memory_stream_pair pair(options);
        const std::string text = test::numbered_text(random_() % 30);
        std::string received;
        auto write = [&]() -> task<> {
            co_await pair.first.write(text);
            co_await pair.first.close_write();
        };
        auto read = [&]() -> task<> {
            std::array<char, 5> room;
            while (const std::size_t count = co_await pair.second.read_some(room))
                received.append(room.data(), count);
        };
        auto both = [&]() -> task<> { co_await tandem::gather(write(), read()); };
        const bool ended = co_await tandem::move_on_after(2 * draw_time(), both());
        const std::string whole = fault == 0 ? text : text.substr(0, limit);
        expect(whole.starts_with(received), "bytes were lost, or came out of order");
        expect(!ended || received == whole, "a stream ended early");
        expect(pair.second.bytes_read() == received.size(), "bytes went to a reader that was cancelled");
        seen_.bytes += static_cast<int>(received.size());
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
    tandem::mutex alone_;
    int last_number_ = 0;
    int alive_ = 0;
    int inside_ = 0;
    int owners_ = 0;
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
    const test::log_capture silent;
    tally seen;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        program what(seed, seen);
        tandem::loop_options options;
        if (seed % 2 == 0) options.shuffle(seed);
        tandem::testing::run_virtual(run_some(what, 60), options);
        REQUIRE(what.violation() == "");
    }
    // They did meet each other, and were interrupted while they waited.
    CHECK(seen.received > 3000);
    CHECK(seen.sends_cancelled > 3000);
    CHECK(seen.timed_out > 1000);
    CHECK(seen.errors > 1000);
    CHECK(seen.foreseen > 3000);
    CHECK(seen.bytes > 10'000);
    CHECK(seen.most_at_once > 20);
}
