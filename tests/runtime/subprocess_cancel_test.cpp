#include <tandem/io/subprocess.hpp>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/shield.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/io/run_process.hpp>
#include <tandem/threads/block_on.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <poll.h>
#include <unistd.h>

#include "support/cancel_at_each_step.hpp"
#include "support/children.hpp"
#include "support/nothing_left.hpp"

using namespace std::chrono_literals;
using tandem::command;
using tandem::exit_status;
using tandem::redirect;
using tandem::subprocess;
using tandem::task;
using test::nothing_left;
using test::shell;

namespace {

/// A child that says "ready" when its traps are set, and then waits for ever in short sleeps.
command waiting_child(const std::string& traps) {
    command script = shell(traps + "; echo ready; while :; do sleep 0.01; done");
    script.output(redirect::pipe()).error_output(redirect::null());
    return script;
}

/// Called right before an await that is to be cancelled.
using moment = std::function<void()>;

task<> wait_for(subprocess& child, moment before) {
    before();
    co_await child.wait();
}

/// However far the other one is by then, it is to wake.
task<> a_while() {
    co_await tandem::sleep(20ms);
}

task<> until_readable(int descriptor) {
    pollfd wanted{descriptor, POLLIN, 0};
    while (::poll(&wanted, 1, 0) == 0)
        co_await tandem::sleep(1ms);
}

/// Runs `work(before)` and cancels it when `ripe` has ended, or in its `before`. True if that ended it.
template <class Work> task<bool> is_cancelled(Work work, bool before, task<> ripe = a_while()) {
    test::victim target;
    bool ended = true;
    auto run = [&]() -> task<> {
        moment first = [&] {
            if (before) target.cancel();
        };
        ended = co_await target.run(work(std::move(first)));
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(run());
        co_await std::move(ripe);
        target.cancel();
    };
    co_await tandem::with_group(body);
    co_return !ended;
}

task<bool> is_cancelled_waiting_for(subprocess& child, bool before = false) {
    auto work = [&](moment first) { return wait_for(child, std::move(first)); };
    co_return co_await is_cancelled(work, before);
}

} // namespace

TEST_CASE("a cancelled wait asks the child to end, and goes on until it has") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        subprocess child(waiting_child("trap 'exit 3' TERM"));
        co_await test::read_until(child.output(), "ready");
        const bool stopped = co_await is_cancelled_waiting_for(child);
        CHECK(stopped);
        REQUIRE(child.status());
        CHECK(child.status()->code() == 3);
        CHECK_FALSE(test::exists(child.pid()));
    }());
}

TEST_CASE("a child that ignores SIGTERM is killed when its grace is over") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        for (const auto grace : {30ms, 0ms}) {
            subprocess child(waiting_child("trap '' TERM").grace(grace));
            co_await test::read_until(child.output(), "ready");
            const auto begin = std::chrono::steady_clock::now();
            const bool stopped = co_await is_cancelled_waiting_for(child);
            CHECK(stopped);
            CHECK(std::chrono::steady_clock::now() - begin >= grace);
            REQUIRE(child.status());
            CHECK(child.status()->signal() == SIGKILL);
        }
    }());
}

TEST_CASE("a wait in a scope that was cancelled before ends the child all the same") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        subprocess child(waiting_child("trap 'exit 3' TERM"));
        co_await test::read_until(child.output(), "ready");
        const bool stopped = co_await is_cancelled_waiting_for(child, true);
        CHECK(stopped);
        REQUIRE(child.status());
        CHECK(child.status()->code() == 3);
        // One that has ended is waited for in vain too: every await is a checkpoint.
        const bool again = co_await is_cancelled_waiting_for(child, true);
        CHECK(again);
    }());
}

TEST_CASE("a child that is stopped by job control is ended too") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        subprocess child(waiting_child("trap 'exit 3' TERM"));
        co_await test::read_until(child.output(), "ready");
        CHECK(child.signal(SIGSTOP));
        const bool stopped = co_await is_cancelled_waiting_for(child);
        CHECK(stopped);
        REQUIRE(child.status());
        CHECK(child.status()->code() == 3);
    }());
}

TEST_CASE(
    "of several that wait, one that is cancelled ends the child, and the others are told how it ended") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        subprocess child(waiting_child("trap 'exit 3' TERM"));
        co_await test::read_until(child.output(), "ready");
        int code = -1;
        auto other = [&]() -> task<> {
            const exit_status how = co_await child.wait();
            code = how.code();
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(other());
            const bool stopped = co_await is_cancelled_waiting_for(child);
            CHECK(stopped);
        };
        co_await tandem::with_group(body);
        CHECK(code == 3);
    }());
}

TEST_CASE("a shield around a wait leaves the child alone") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        command script = shell("read line; exit 4");
        script.input(redirect::pipe());
        subprocess child(script);
        auto feed = [&]() -> task<> {
            co_await tandem::sleep(20ms);
            co_await child.input().write("\n");
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(feed());
            // The value that came in spite of the time-out is delivered.
            const exit_status how = co_await tandem::timeout(1ms, tandem::shield(child.wait()));
            CHECK(how.code() == 4);
        };
        co_await tandem::with_group(body);
    }());
}

TEST_CASE("stop ends a child politely, one that has ended too, and no cancellation cuts it short") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        subprocess child(waiting_child("trap 'exit 3' TERM"));
        co_await test::read_until(child.output(), "ready");
        auto stop = [&](moment before) -> task<> {
            before();
            const exit_status how = co_await child.stop();
            CHECK(how.code() == 3);
        };
        co_await is_cancelled(stop, true);
        CHECK(child.status());
        co_await is_cancelled(stop, false);

        subprocess stubborn(waiting_child("trap '' TERM").grace(1ms));
        co_await test::read_until(stubborn.output(), "ready");
        const exit_status how = co_await stubborn.stop();
        CHECK(how.signal() == SIGKILL);
    }());
}

TEST_CASE("a handle that goes away under a task that waits wakes it") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        auto child = std::make_optional<subprocess>(command("sleep", "1000"));
        int signal = 0;
        auto wait = [&](task<exit_status> end) -> task<> {
            const exit_status how = co_await std::move(end);
            signal = how.signal();
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(wait(child->wait()));
            co_await tandem::sleep(5ms);
            child.reset();
        };
        co_await tandem::timeout(60s, tandem::with_group(body));
        CHECK(signal == SIGKILL);
    }());
}

TEST_CASE("each function of a subprocess can be cancelled, before it waits and while it does") {
    const nothing_left check;
    // Neither reads nor writes nor ends.
    command mute = shell("trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done");
    mute.input(redirect::pipe()).output(redirect::pipe());
    enum class what { write, write_some, read_some, wait };
    auto one = [](subprocess& child, what which, moment before) -> task<> {
        const std::string large(1 << 20, 'x');
        char room[16];
        before();
        switch (which) {
        case what::write:
            co_await child.input().write(large);
            break;
        case what::write_some:
            for (;;)
                co_await child.input().write_some(large);
        case what::read_some:
            co_await child.output().read_some(room);
            break;
        case what::wait:
            co_await child.wait();
            break;
        }
    };
    tandem::block_on([](const command& run, auto& each) -> task<> {
        for (const what which : {what::write, what::write_some, what::read_some, what::wait}) {
            for (const bool at_once : {true, false}) {
                INFO("function " << int(which) << (at_once ? " before" : " while waiting"));
                subprocess child(run);
                co_await test::read_until(child.output(), "ready\n");
                auto work = [&](moment before) { return each(child, which, std::move(before)); };
                const bool stopped = co_await is_cancelled(work, at_once);
                CHECK(stopped);
                CHECK(child.status().has_value() == (which == what::wait));
                if (which == what::read_some) { // as it was
                    const exit_status how = co_await child.stop();
                    CHECK(how.code() == 3);
                    const std::string rest = co_await test::read_all(child.output());
                    CHECK(rest.empty());
                }
            }
        }
    }(mute, one));
}

TEST_CASE("run_process can be cancelled wherever it stands: while it feeds, reads, waits or drains") {
    const nothing_left check;
    const std::string large(1 << 20, 'x');
    tandem::block_on([](const std::string& input) -> task<> {
        const auto is_run_cancelled = [&](command what, std::string text,
                                          task<> ripe = a_while()) -> task<bool> {
            auto work = [&](moment) -> task<> {
                const auto limits = tandem::process_limits().drain(1000s);
                co_await tandem::run_process(what, text, limits);
            };
            co_return co_await is_cancelled(work, false, std::move(ripe));
        };
        bool stopped = co_await is_run_cancelled(command("sleep", "1000"), input); // does not read
        CHECK(stopped);
        stopped = co_await is_run_cancelled(command("tail", "-f", "/dev/null"), "");
        CHECK(stopped);
        const command closes_all = shell("exec <&- >&- 2>&-; exec sleep 1000");
        stopped = co_await is_run_cancelled(closes_all, "");
        CHECK(stopped);
        // The child is over, and something it has started holds its output: what is waited for is the drain.
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        command leaves = shell("sleep 1000 & echo $! >&2");
        leaves.error_output(redirect::descriptor(ends[1]));
        stopped = co_await is_run_cancelled(leaves, "", until_readable(ends[0]));
        CHECK(stopped);
        char pid[32] = {};
        CHECK(::read(ends[0], pid, sizeof pid - 1) > 0);
        CHECK(::kill(std::atoi(pid), SIGKILL) == 0);
        ::close(ends[0]);
        ::close(ends[1]);
    }(large));
}

TEST_CASE("run_process cancelled at any moment of its life leaves nothing") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        int ended = 0, stopped = 0;
        auto one = [&](int moment) -> task<> {
            const std::string text(100'000, 'x');
            const auto done =
                co_await tandem::move_on_after(moment * 50us, tandem::run_process(command("cat"), text));
            if (done) {
                ++ended;
                CHECK(done->output == text);
            } else {
                ++stopped;
            }
            CHECK_FALSE(test::has_children());
        };
        for (int moment = 0; moment < 100; ++moment)
            co_await one(moment);
        CHECK(ended + stopped == 100);
        CHECK(stopped > 0);
    }());
}
