#include <catch2/catch.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <thread>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/io/asio.hpp>
#include <tandem/sync/event.hpp>
#include <tandem/threads/block_on.hpp>

using namespace std::chrono_literals;
using namespace tandem;
namespace asio = boost::asio;

namespace {

task<int> seven_later() {
    co_await sleep(1ms);
    co_return 7;
}
task<int> fail() {
    co_await yield();
    throw std::runtime_error("the cause");
}
task<> wait_for_ever(bool& was_cancelled) {
    try {
        co_await sleep(duration::max());
    } catch (const cancelled&) {
        was_cancelled = true;
        throw;
    }
}

/// "the cause" of a std::exception, "aborted" for operation_aborted.
std::string text_of(const std::exception_ptr& error) {
    if (!error) return "none";
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& system) {
        return system.code() == asio::error::operation_aborted ? "aborted" : system.what();
    } catch (const std::exception& other) {
        return other.what();
    }
}

/// Runs `work` as an asio::awaitable on the loop's io_context, to its end.
task<> as_asio(asio::awaitable<void> work) {
    event done;
    std::exception_ptr failed;
    auto end = [&](std::exception_ptr error) {
        failed = error;
        done.set();
    };
    asio::co_spawn(asio_context(), std::move(work), end);
    co_await done.wait();
    if (failed) std::rethrow_exception(failed);
}

} // namespace

TEST_CASE("a handler on the loop's io_context starts a task, and a callback gets its value or its error") {
    int value = 0;
    std::string failure, success;
    block_on([](int& got, std::string& failed, std::string& fine) -> task<> {
        asio::io_context& io = asio_context();
        asio::post(io, [&] {
            start(io, seven_later(), [&](std::exception_ptr error, int number) {
                fine = text_of(error);
                got = number;
            });
            start(io, fail(), [&](std::exception_ptr error, int) { failed = text_of(error); });
        });
        co_await asio::post(io, use); // the handler has run; the loop waits for what it started
    }(value, failure, success));
    CHECK(value == 7);
    CHECK(success == "none");
    CHECK(failure == "the cause");
}

TEST_CASE("a thread that runs no loop starts a task on one, and gets a future") {
    std::promise<std::pair<loop*, asio::io_context*>> ready;
    std::promise<void> over;
    std::jthread other([&] {
        loop here;
        here.run([](loop& self, auto& said, auto& end) -> task<> {
            event done;
            std::jthread wait([&, handle = self.handle()] {
                end.get_future().wait();
                handle.post([&] { done.set(); });
            });
            said.set_value({&self, &asio_context()});
            co_await done.wait();
        }(here, ready, over));
    });
    const auto [there, io] = ready.get_future().get();
    std::future<int> good = start(*there, seven_later(), asio::use_future);
    std::future<int> bad = start(*io, fail(), asio::use_future);
    std::future<void> none = start(
        *io, []() -> task<> { co_return; }(), asio::use_future);
    CHECK(good.get() == 7);
    CHECK_THROWS_WITH(bad.get(), "the cause");
    none.get();
    over.set_value();
}

TEST_CASE("a task is started before its loop runs, and the handler of one that never ran is dropped") {
    loop here;
    std::future<int> good = start(here, seven_later(), asio::use_future);
    here.run([]() -> task<> { co_await asio::post(asio_context(), use); }());
    CHECK(good.wait_for(0s) == std::future_status::ready); // the loop has waited for it
    CHECK(good.get() == 7);

    std::future<int> never;
    {
        loop unused;
        never = start(unused, seven_later(), asio::use_future);
    }
    CHECK_THROWS_AS(never.get(), std::future_error);
}

TEST_CASE("an io_context of no loop that runs is refused") {
    asio::io_context stranger;
    CHECK_THROWS_AS(start(stranger, seven_later(), asio::use_future), usage_error);
}

TEST_CASE("an asio::awaitable awaits a task") {
    block_on([]() -> task<> {
        auto awaits = []() -> asio::awaitable<void> {
            asio::io_context& io = asio_context();
            const int value = co_await start(io, seven_later(), asio::use_awaitable);
            CHECK(value == 7);
            bool has_failed = false;
            try {
                co_await start(io, fail(), asio::use_awaitable);
            } catch (const std::runtime_error& error) {
                has_failed = error.what() == std::string("the cause");
            }
            CHECK(has_failed);
        };
        co_await as_asio(awaits());
    }());
}

TEST_CASE("a deferred start begins when it is called, and once more work follows") {
    block_on([]() -> task<> {
        bool has_begun = false;
        auto work = [&]() -> task<int> {
            has_begun = true;
            co_return 7;
        };
        auto later = start(asio_context(), work(), asio::deferred);
        co_await sleep(1ms);
        CHECK_FALSE(has_begun);
        event done;
        int value = 0;
        std::move(later)([&](std::exception_ptr, int number) {
            value = number;
            done.set();
        });
        co_await done.wait();
        CHECK(value == 7);
    }());
}

TEST_CASE("a task of Tandem can await one that was started") {
    block_on([]() -> task<> {
        auto started = start(asio_context(), seven_later(), use);
        const auto [error, value] = co_await std::move(started);
        CHECK_FALSE(error);
        CHECK(value == 7);
    }());
}

TEST_CASE("a terminal cancellation by the token's slot cancels the task and all it has opened") {
    block_on([]() -> task<> {
        bool inner = false;
        auto work = [&]() -> task<int> {
            auto body = [&](task_group& group) -> task<> {
                group.spawn(wait_for_ever(inner));
                co_return;
            };
            co_await with_group(body);
            co_return 1;
        };
        asio::cancellation_signal signal;
        event done;
        std::string how;
        auto note = [&](std::exception_ptr error, int) {
            how = text_of(error);
            done.set();
        };
        start(asio_context(), work(), asio::bind_cancellation_slot(signal.slot(), note));
        co_await sleep(1ms);
        // A task cannot promise to have had no effect.
        signal.emit(asio::cancellation_type::total);
        signal.emit(asio::cancellation_type::partial);
        co_await sleep(1ms);
        CHECK_FALSE(inner);
        signal.emit(asio::cancellation_type::terminal);
        co_await done.wait();
        CHECK(inner);
        CHECK(how == "aborted");
        signal.emit(asio::cancellation_type::terminal); // it has forgotten the task
    }());
}

TEST_CASE("a task that was cancelled before its first step completes as aborted, and does not run") {
    block_on([]() -> task<> {
        bool has_run = false;
        auto work = [&]() -> task<> {
            has_run = true;
            co_return;
        };
        asio::cancellation_signal signal;
        event done;
        std::string how;
        auto note = [&](std::exception_ptr error) {
            how = text_of(error);
            done.set();
        };
        asio::post(asio_context(), [&] {
            start(asio_context(), work(), asio::bind_cancellation_slot(signal.slot(), note));
            signal.emit(asio::cancellation_type::terminal);
        });
        co_await done.wait();
        CHECK(how == "aborted");
        CHECK_FALSE(has_run);
    }());
}

TEST_CASE("the cancellation of an awaitable reaches the task it awaits, and that of a scope through use") {
    block_on([]() -> task<> {
        bool was_cancelled = false;
        asio::cancellation_signal signal;
        event done;
        std::string how;
        auto awaits = [&]() -> asio::awaitable<void> {
            co_await start(asio_context(), wait_for_ever(was_cancelled), asio::use_awaitable);
        };
        auto note = [&](std::exception_ptr error) {
            how = text_of(error);
            done.set();
        };
        asio::co_spawn(asio_context(), awaits(), asio::bind_cancellation_slot(signal.slot(), note));
        co_await sleep(1ms);
        signal.emit(asio::cancellation_type::terminal);
        co_await done.wait();
        CHECK(was_cancelled);
        CHECK(how == "aborted");

        was_cancelled = false;
        auto waits = [&]() -> task<> { co_await start(asio_context(), wait_for_ever(was_cancelled), use); };
        auto body = [&](task_group& group) -> task<> {
            group.spawn(waits());
            co_await sleep(1ms);
            group.cancel();
        };
        co_await with_group(body);
        CHECK(was_cancelled);
    }());
}

TEST_CASE("what cancels the loop cancels the tasks that were started on it, and the loop waits for them") {
    bool was_cancelled = false;
    std::string how;
    auto main = [](bool& stopped, std::string& told) -> task<> {
        start(asio_context(), wait_for_ever(stopped),
              [&](std::exception_ptr error) { told = text_of(error); });
        co_await sleep(1ms);
        loop::current().root()->cancel();
        co_await sleep(1ms);
    };
    CHECK_THROWS_AS(block_on(main(was_cancelled, how)), cancelled);
    CHECK(was_cancelled);
    CHECK(how == "aborted");
}

TEST_CASE("a loop ends after the handlers of what was started on it, also those behind a strand") {
    int value = 0;
    block_on([](int& got) -> task<> {
        auto strand = asio::make_strand(asio_context());
        start(asio_context(), seven_later(),
              asio::bind_executor(strand, [&](std::exception_ptr, int number) { got = number; }));
        co_return;
    }(value));
    CHECK(value == 7);
}

TEST_CASE("a handler runs on its own executor, whose context has work until then, and its slot cancels from "
          "there") {
    asio::io_context foreign;
    asio::cancellation_signal signal;
    bool was_cancelled = false;
    std::string how;
    std::thread::id where, foreign_thread;
    std::jthread runs_foreign;
    block_on([&]() -> task<> {
        auto note = [&](std::exception_ptr error) {
            how = text_of(error);
            where = std::this_thread::get_id();
        };
        auto slotted = asio::bind_cancellation_slot(signal.slot(), note);
        start(asio_context(), wait_for_ever(was_cancelled), asio::bind_executor(foreign, slotted));
        runs_foreign = std::jthread([&] {
            asio::steady_timer timer(foreign, 5ms);
            timer.async_wait([&](auto) { signal.emit(asio::cancellation_type::terminal); });
            foreign.run(); // ends when the handler has run
        });
        foreign_thread = runs_foreign.get_id();
        co_return;
    }());
    runs_foreign.join();
    CHECK(was_cancelled);
    CHECK(how == "aborted");
    CHECK(where == foreign_thread);
}
