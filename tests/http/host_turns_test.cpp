// How many downloads a host gets at once.
#include "download/host_turns.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <optional>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/testing/until_all_blocked.hpp>
#include <tandem/testing/virtual_time.hpp>

using namespace std::chrono_literals;
using tandem::loop;
using tandem::task;
using tandem::task_group;
using tandem::http::detail::host_turns;
using tandem::testing::run_virtual;
using tandem::testing::until_all_blocked;

namespace {

const std::string host = "http://a";

/// Downloads that take a turn each and go when they are told to.
class crowd {
  public:
    crowd(host_turns& turns, task_group& group)
        : turns_(turns)
        , group_(group) {}

    void enter(int count, const std::string& at = host) {
        for (int i = 0; i < count; ++i)
            group_.spawn(stay(at));
    }
    /// The one that got its turn first goes, with an answer or without.
    void leave(bool answered = true) {
        if (answered) turns_.note_answer(inside_.front());
        inside_.pop_front();
    }
    const host_turns::turn& first() const { return inside_.front(); }
    std::size_t inside() const noexcept { return inside_.size(); }

  private:
    task<> stay(std::string at) {
        auto turn = co_await turns_.take(at);
        inside_.push_back(std::move(turn));
    }

    host_turns& turns_;
    task_group& group_;
    std::deque<host_turns::turn> inside_;
};

/// Runs `body(turns, crowd)` in virtual time.
template <class Body> void with_crowd(std::size_t most, Body body) {
    run_virtual([&]() -> task<> {
        host_turns turns(most, true);
        std::optional<crowd> all;
        const auto in_group = [&](task_group& group) -> task<> {
            all.emplace(turns, group);
            co_await body(turns, *all);
            group.cancel();
        };
        co_await tandem::with_group(in_group);
        CHECK(turns.waiting() == 0);
    }());
}

} // namespace

TEST_CASE("a host gets so many at once, and each that goes lets the next one in") {
    const auto body = [](host_turns& turns, crowd& all) -> task<> {
        all.enter(5);
        co_await until_all_blocked();
        CHECK(all.inside() == 3);
        CHECK(turns.waiting() == 2);
        all.leave();
        co_await until_all_blocked();
        CHECK(all.inside() == 3);
        CHECK(turns.waiting() == 1);
    };
    with_crowd(3, body);
}

TEST_CASE("hosts do not wait for each other") {
    const auto body = [](host_turns&, crowd& all) -> task<> {
        all.enter(3);
        all.enter(3, "http://b");
        co_await until_all_blocked();
        CHECK(all.inside() == 2);
    };
    with_crowd(1, body);
}

TEST_CASE("after an overload a host gets half as many, once for all that were under way") {
    const auto body = [](host_turns& turns, crowd& all) -> task<> {
        all.enter(40);
        co_await until_all_blocked();
        for (int i = 0; i < 16; ++i) {
            turns.note_overload(all.first(), 0s);
            all.leave(false);
        }
        CHECK(turns.at_once(host) == 8);
        co_await until_all_blocked();
        CHECK(all.inside() == 8);
        turns.note_overload(all.first(), 0s);
        CHECK(turns.at_once(host) == 4);
        CHECK_FALSE(turns.is_alone(all.first()));
    };
    with_crowd(16, body);
}

TEST_CASE("half is half of those that ran") {
    const auto body = [](host_turns& turns, crowd& all) -> task<> {
        all.enter(6);
        co_await until_all_blocked();
        turns.note_overload(all.first(), 0s);
        CHECK(turns.at_once(host) == 3);
        CHECK(turns.at_once("http://b") == 100);
    };
    with_crowd(100, body);
}

TEST_CASE("a host always gets one, and each round of answers brings one more") {
    const auto body = [](host_turns& turns, crowd& all) -> task<> {
        all.enter(30);
        co_await until_all_blocked();
        for (int i = 0; i < 5; ++i) {
            turns.note_overload(all.first(), 0s);
            all.leave(false);
            co_await until_all_blocked();
        }
        while (all.inside() > 1)
            all.leave(false);
        CHECK(turns.at_once(host) == 1);
        CHECK(turns.is_alone(all.first()));
        all.leave();
        co_await until_all_blocked();
        CHECK(all.inside() == 2);
        all.leave();
        all.leave();
        co_await until_all_blocked();
        CHECK(turns.at_once(host) == 2); // and nine tenths
        all.leave();
        co_await until_all_blocked();
        CHECK(all.inside() == 3);
    };
    with_crowd(4, body);
}

TEST_CASE("a host that wants to be left alone is, also by those that waited before and come later") {
    const auto body = [](host_turns& turns, crowd& all) -> task<> {
        all.enter(3);
        co_await until_all_blocked();
        const auto begin = loop::current().now();
        turns.note_overload(all.first(), 10s);
        all.leave(false);
        all.leave(false);
        all.enter(1);
        all.enter(1, "http://b");
        co_await tandem::sleep(9s);
        CHECK(all.inside() == 1);
        co_await tandem::sleep(1s);
        co_await until_all_blocked();
        CHECK(all.inside() == 2); // b, and one of the first
        CHECK(loop::current().now() == begin + 10s);
    };
    with_crowd(2, body);
}

TEST_CASE("a host that opens again before those that wait could look lets them in") {
    tandem::testing::virtual_time time;
    loop here(tandem::loop_options().time(time));
    const auto wait = [](host_turns& turns) -> task<> { const auto turn = co_await turns.take(host); };
    const auto overload = [&]() -> task<> {
        host_turns turns(1, true);
        std::optional<host_turns::turn> held(co_await turns.take(host));
        const auto body = [&](task_group& group) -> task<> {
            group.spawn(wait(turns));
            group.spawn(wait(turns));
            co_await until_all_blocked();
            turns.note_overload(*held, 1s);
            held.reset();
            time.advance_to(time.now() + 1s);
        };
        co_await tandem::with_group(body);
        CHECK(turns.waiting() == 0);
    };
    here.run(overload());
}

TEST_CASE("the longest time that a host asks for counts") {
    const auto body = [](host_turns& turns, crowd& all) -> task<> {
        all.enter(3);
        co_await until_all_blocked();
        turns.note_overload(all.first(), 10s);
        turns.note_overload(all.first(), 2s);
        co_await tandem::sleep(5s);
        turns.note_overload(all.first(), 20s);
        all.leave();
        all.leave();
        co_await tandem::sleep(19s);
        CHECK(all.inside() == 0);
        co_await tandem::sleep(1s);
        co_await until_all_blocked();
        CHECK(all.inside() == 1);
    };
    with_crowd(2, body);
}

TEST_CASE("whoever does not back off is told nothing new by an overload") {
    run_virtual([]() -> task<> {
        host_turns turns(4, false);
        const auto one = co_await turns.take(host);
        turns.note_overload(one, 10s);
        CHECK(turns.at_once(host) == 4);
        const auto other = co_await turns.take(host);
        CHECK_FALSE(turns.is_alone(other));
    }());
}

TEST_CASE("a wait for a turn that is cancelled leaves nothing behind") {
    run_virtual([]() -> task<> {
        host_turns turns(1, true);
        const auto wait = [&]() -> task<> { const auto turn = co_await turns.take(host); };
        {
            const auto held = co_await turns.take(host);
            const auto body = [&](task_group& group) -> task<> {
                group.spawn(wait());
                group.spawn(wait());
                co_await until_all_blocked();
                CHECK(turns.waiting() == 2);
                group.cancel();
            };
            co_await tandem::with_group(body);
            CHECK(turns.waiting() == 0);
        }
        // Given, and cancelled before it could be taken.
        std::optional<host_turns::turn> held(co_await turns.take(host));
        const auto body = [&](task_group& group) -> task<> {
            group.spawn(wait());
            co_await until_all_blocked();
            held.reset();
            group.cancel();
        };
        co_await tandem::with_group(body);
        co_await wait();
    }());
}
