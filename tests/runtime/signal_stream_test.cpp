#include <tandem/io/signal_stream.hpp>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/sync/event.hpp>
#include <tandem/threads/block_on.hpp>

#include <atomic>
#include <barrier>
#include <csignal>
#include <thread>
#include <unistd.h>

#include "support/child_process.hpp"
#include "support/open_descriptors.hpp"

using namespace std::chrono_literals;
using tandem::signal_stream;
using tandem::task;
using answer = std::optional<int>;

namespace {

void send(int signal) {
    REQUIRE(::kill(::getpid(), signal) == 0);
}

struct sigaction disposition(int signal) {
    struct sigaction now {};
    REQUIRE(::sigaction(signal, nullptr, &now) == 0);
    return now;
}

/// Sets a disposition, and the one before again at the end.
class with_handler {
  public:
    with_handler(int signal, void (*handler)(int))
        : signal_(signal) {
        struct sigaction action {};
        action.sa_handler = handler;
        ::sigaction(signal, &action, &before_);
    }
    with_handler(const with_handler&) = delete;
    with_handler& operator=(const with_handler&) = delete;
    ~with_handler() { ::sigaction(signal_, &before_, nullptr); }

  private:
    int signal_;
    struct sigaction before_ {};
};

std::atomic<int> handled = 0;
void handle(int) {
    ++handled;
}
void handle_otherwise(int) {}

/// The next signal of a stream that has one or will get one; fails where none comes.
task<answer> soon(signal_stream& from) {
    co_return co_await tandem::timeout(30s, from.next());
}

} // namespace

TEST_CASE("a stream gives each signal it was made for, with its number") {
    tandem::block_on([]() -> task<> {
        signal_stream some(SIGHUP, SIGUSR2, SIGRTMIN + 3);
        for (const int each : {SIGUSR2, SIGHUP, SIGRTMIN + 3, SIGUSR2}) {
            send(each);
            const answer got = co_await soon(some);
            CHECK(got == each);
        }
    }());
}

TEST_CASE("a task that waits for a signal wakes when it comes") {
    tandem::block_on([]() -> task<> {
        signal_stream hangups(SIGHUP);
        answer got;
        auto wait = [&]() -> task<> { got = co_await hangups.next(); };
        auto body = [&](tandem::task_group& group) -> task<> {
            auto waiting = group.spawn(wait());
            co_await tandem::yield();
            co_await tandem::yield();
            CHECK_FALSE(got);
            send(SIGHUP);
            co_await tandem::timeout(30s, std::move(waiting));
        };
        co_await tandem::with_group(body);
        CHECK(got == SIGHUP);
    }());
}

TEST_CASE("signals of one number that are not taken count as one, and of several the lowest comes first") {
    tandem::block_on([]() -> task<> {
        signal_stream some(SIGUSR2, SIGHUP);
        for (int i = 0; i < 5; ++i) {
            send(SIGUSR2);
            send(SIGHUP);
        }
        const answer first = co_await soon(some);
        CHECK(first == SIGHUP);
        const answer second = co_await soon(some);
        CHECK(second == SIGUSR2);
        const auto third = co_await tandem::move_on_after(20ms, some.next());
        CHECK_FALSE(third);
        send(SIGUSR2);
        const answer fourth = co_await soon(some);
        CHECK(fourth == SIGUSR2);
    }());
}

TEST_CASE("several streams of one signal each get it, and only what they were made for") {
    tandem::block_on([]() -> task<> {
        signal_stream one(SIGUSR2), other(SIGUSR2), third(SIGHUP);
        send(SIGUSR2);
        const answer a = co_await soon(one);
        const answer b = co_await soon(other);
        CHECK(a == SIGUSR2);
        CHECK(b == SIGUSR2);
        send(SIGHUP);
        const answer c = co_await soon(third);
        CHECK(c == SIGHUP);
        const auto none = co_await tandem::move_on_after(20ms, one.next());
        CHECK_FALSE(none);
    }());
}

TEST_CASE("streams in the loops of several threads each get a signal") {
    constexpr int loops = 4;
    std::barrier made(loops + 1);
    std::atomic<int> got = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < loops; ++i)
        threads.emplace_back([&] {
            tandem::block_on([](auto& all_made, auto& count) -> task<> {
                signal_stream hangups(SIGHUP);
                all_made.arrive_and_wait();
                for (int round = 0; round < 50; ++round) {
                    if (co_await soon(hangups) == SIGHUP) ++count;
                    all_made.arrive_and_wait();
                }
            }(made, got));
        });
    made.arrive_and_wait();
    for (int round = 0; round < 50; ++round) {
        send(SIGHUP);
        made.arrive_and_wait();
        CHECK(got == loops * (round + 1));
    }
}

TEST_CASE("the disposition from before is back when the last stream of a signal has gone") {
    const with_handler mine(SIGUSR2, &handle);
    handled = 0;
    {
        signal_stream one(SIGUSR2);
        CHECK(disposition(SIGUSR2).sa_handler != &handle);
        {
            signal_stream other(SIGUSR2, SIGHUP);
            CHECK(disposition(SIGHUP).sa_handler != SIG_DFL);
        }
        CHECK(disposition(SIGHUP).sa_handler == SIG_DFL);
        CHECK(disposition(SIGUSR2).sa_handler != &handle);
        send(SIGUSR2);
        CHECK(handled == 0);
    }
    CHECK(disposition(SIGUSR2).sa_handler == &handle);
    send(SIGUSR2);
    CHECK(handled == 1);
}

TEST_CASE("a handler that was put in the place of a stream's stays") {
    const with_handler restored_at_the_end(SIGUSR2, SIG_IGN);
    {
        signal_stream one(SIGUSR2);
        struct sigaction other {};
        other.sa_handler = &handle_otherwise;
        ::sigaction(SIGUSR2, &other, nullptr);
    }
    CHECK(disposition(SIGUSR2).sa_handler == &handle_otherwise);
}

TEST_CASE("a signal that comes around a cancellation is given by the next call") {
    tandem::block_on([]() -> task<> {
        signal_stream some(SIGUSR2);
        for (int order = 0; order < 2; ++order) {
            bool was_given = false;
            auto wait = [&]() -> task<> { was_given = (co_await some.next()).has_value(); };
            auto body = [&](tandem::task_group& group) -> task<> {
                group.spawn(wait());
                co_await tandem::yield();
                co_await tandem::yield();
                if (order == 0) send(SIGUSR2);
                group.cancel();
                if (order == 1) send(SIGUSR2);
            };
            co_await tandem::with_group(body);
            if (was_given) continue;
            const answer got = co_await soon(some);
            CHECK(got == SIGUSR2);
        }
        const auto none = co_await tandem::move_on_after(20ms, some.next());
        CHECK_FALSE(none);
    }());
}

TEST_CASE("a closed stream ends for who waits and for who asks later, and lets the signal go") {
    const with_handler mine(SIGUSR2, &handle);
    tandem::block_on([]() -> task<> {
        signal_stream some(SIGUSR2);
        answer got = 1;
        auto wait = [&]() -> task<> { got = co_await some.next(); };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(wait());
            co_await tandem::yield();
            co_await tandem::yield();
            some.close();
        };
        co_await tandem::timeout(30s, tandem::with_group(body));
        CHECK_FALSE(got);
        const answer later = co_await some.next();
        CHECK_FALSE(later);
        CHECK(disposition(SIGUSR2).sa_handler == &handle);
        some.close();
    }());
}

TEST_CASE("a stream that goes away, or is moved, under a task that waits for it does no harm") {
    tandem::block_on([]() -> task<> {
        auto some = std::make_optional<signal_stream>(SIGUSR2);
        answer got = 1;
        auto wait = [&](task<answer> next) -> task<> { got = co_await std::move(next); };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(wait(some->next()));
            co_await tandem::yield();
            co_await tandem::yield();
            signal_stream moved = std::move(*some);
            some.reset();
            co_await tandem::yield();
            CHECK(got == 1);
        };
        co_await tandem::timeout(30s, tandem::with_group(body));
        CHECK_FALSE(got);
    }());
}

TEST_CASE("numbers that no stream can have are refused") {
    CHECK_THROWS_AS(signal_stream(SIGKILL), std::system_error);
    CHECK_THROWS_AS(signal_stream(SIGSTOP), std::system_error);
    for (const int each : {0, -1, 65, 32, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
        CHECK_THROWS_AS(signal_stream(each), tandem::usage_error);
    // What it had taken before the refusal is given back.
    CHECK_THROWS_AS(signal_stream(SIGHUP, SIGKILL), std::system_error);
    CHECK(disposition(SIGHUP).sa_handler == SIG_DFL);
}

TEST_CASE("streams leave no descriptor behind") {
    const auto before = test::open_descriptors();
    tandem::block_on([]() -> task<> {
        for (int i = 0; i < 100; ++i) {
            signal_stream some(SIGUSR2, SIGHUP);
            send(SIGUSR2);
            co_await soon(some);
            (void)co_await tandem::move_on_after(0s, some.next());
        }
    }());
    CHECK(test::open_descriptors() == before);
}

TEST_CASE("streams come and go in several loops while signals rain, and none that stays misses the last") {
    std::atomic<bool> is_over = false;
    tandem::block_on([](auto& over) -> task<> {
        signal_stream stays(SIGUSR2);
        std::jthread rain([&] {
            while (!over)
                ::kill(::getpid(), SIGUSR2);
        });
        std::vector<std::jthread> others;
        for (int i = 0; i < 3; ++i)
            others.emplace_back([] {
                tandem::block_on([]() -> task<> {
                    for (int round = 0; round < 300; ++round) {
                        signal_stream here(SIGUSR2);
                        co_await soon(here);
                    }
                }());
            });
        others.clear();
        over = true;
        rain.join();
        while (co_await tandem::move_on_after(20ms, stays.next())) {
        }
        send(SIGUSR2);
        const answer last = co_await soon(stays);
        CHECK(last == SIGUSR2);
    }(is_over));
}

TEST_CASE("inside run, a stream of SIGTERM takes it, SIGINT still cancels, and later SIGTERM does again") {
    for (const int last : {SIGINT, SIGTERM}) {
        test::child_process program({test::program("run-modes"), "take-two-terms"});
        program.wait_for_output("ready");
        program.signal(SIGTERM);
        program.wait_for_output("took 15 for the first time");
        if (last == SIGTERM) {
            program.signal(SIGTERM);
            program.wait_for_output("took 15 for the second time\nlet go");
        }
        program.signal(last);
        CHECK(program.wait() == 128 + last);
        CHECK(program.errors() == "take-two-terms: interrupted\n");
    }
}
