// What every byte_stream over a descriptor has to hold, for the tests of each kind.
#pragma once
#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/gather.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/io/byte_stream.hpp>
#include <tandem/threads/block_on.hpp>

#include "support/cancel_at_each_moment.hpp"
#include "support/read_all.hpp"

namespace test {

/// The error that `work` fails with; none where it does not.
template <class T>
tandem::task<std::error_code> failure_code(tandem::task<T> work, std::string* text = nullptr) {
    try {
        (void)co_await std::move(work);
    } catch (const std::system_error& error) {
        if (text) *text = error.what();
        co_return error.code();
    }
    co_return std::error_code();
}

/// Writes, past the stream, until the system takes no more. Returns how much that was.
template <class Stream> std::size_t fill_up(Stream& stream) {
    const std::string piece(64 * 1024, 'x');
    std::size_t sent = 0;
    bool was_full = false;
    for (;;) {
        const auto count = ::send(stream.native_handle(), piece.data(), piece.size(), MSG_NOSIGNAL);
        if (count > 0) {
            sent += static_cast<std::size_t>(count);
            was_full = false;
            continue;
        }
        if (was_full) return sent;
        // What is under way to the peer's buffer may still make room.
        was_full = true;
        pollfd ask{stream.native_handle(), POLLOUT, 0};
        ::poll(&ask, 1, 20);
    }
}

/// `make_pair()` is a task that gives an object with the members `near` and `far`.
template <class MakePair> void check_half_close(const MakePair& make_pair) {
    const auto all = [&]() -> tandem::task<> {
        auto pair = co_await make_pair();
        co_await pair.near.write("the request");
        co_await pair.near.close_write();
        const std::string request = co_await read_all(pair.far);
        CHECK(request == "the request");
        co_await pair.far.write("the answer");
        pair.far.close();
        const std::string answer = co_await read_all(pair.near);
        CHECK(answer == "the answer");
        std::string text;
        const auto late = co_await failure_code(pair.near.write("too late"), &text);
        CHECK(late == std::errc::broken_pipe);
        CHECK_THAT(text, Catch::Contains("close_write"));
        const auto some = co_await failure_code(pair.near.write_some("too late"));
        CHECK(some == std::errc::broken_pipe);
    };
    tandem::block_on(all());
}

template <class MakePair> void check_back_pressure(const MakePair& make_pair) {
    const auto all = [&]() -> tandem::task<> {
        auto pair = co_await make_pair();
        std::size_t sent = fill_up(pair.near);
        bool has_sent = false;
        const auto send_more = [&]() -> tandem::task<> {
            sent += co_await pair.near.write_some("more");
            has_sent = true;
        };
        const auto cancelled_while_full = [&](tandem::task_group& group) -> tandem::task<> {
            group.spawn(send_more());
            for (int i = 0; i < 200; ++i)
                co_await tandem::yield();
            CHECK_FALSE(has_sent);
            group.cancel();
        };
        co_await tandem::with_group(cancelled_while_full);
        CHECK_FALSE(has_sent);

        std::size_t received = 0;
        const auto receive = [&]() -> tandem::task<> {
            const std::string text = co_await read_all(pair.far, 16 * 1024);
            received = text.size();
        };
        const auto send_on = [&]() -> tandem::task<> {
            co_await pair.near.write("the stream is as it was");
            sent += 23;
            co_await pair.near.close_write();
        };
        co_await tandem::gather(receive(), send_on());
        CHECK(received == sent);
    };
    tandem::block_on(all());
}

template <class MakePair> void check_broken_write(const MakePair& make_pair) {
    const auto all = [&]() -> tandem::task<> {
        auto pair = co_await make_pair();
        const std::string text(64 * 1024 * 1024, 'x');
        bool has_sent = false;
        const auto send = [&]() -> tandem::task<> {
            co_await pair.near.write(text);
            has_sent = true;
        };
        const auto cancel = [&](tandem::task_group& group) -> tandem::task<> {
            group.spawn(send());
            std::array<char, 1000> room;
            (void)co_await pair.far.read_some(room); // it has begun
            group.cancel();
        };
        co_await tandem::with_group(cancel);
        CHECK_FALSE(has_sent);
        std::string what;
        const auto later = co_await failure_code(pair.near.write("more"), &what);
        CHECK(later == std::errc::broken_pipe);
        CHECK_THAT(what, Catch::Contains("ended in its middle"));
        // The other direction is as it was.
        co_await pair.far.write("still here");
        std::string answer(10, ' ');
        const std::size_t count = co_await pair.near.read_some(answer);
        CHECK(count == 10);
    };
    tandem::block_on(all());
}

template <class MakePair> void check_one_at_a_time(const MakePair& make_pair) {
    const auto all = [&]() -> tandem::task<> {
        auto pair = co_await make_pair();
        (void)fill_up(pair.near);
        const auto body = [&](tandem::task_group& group) -> tandem::task<> {
            const auto read = [&]() -> tandem::task<> {
                char byte;
                (void)co_await pair.near.read_some(std::span(&byte, 1));
            };
            const auto write = [&]() -> tandem::task<> { co_await pair.near.write("x"); };
            group.spawn(read);
            group.spawn(write);
            co_await tandem::yield();
            co_await tandem::yield();
            auto second_read = co_await tandem::as_result(read());
            CHECK_THROWS_AS(second_read.value(), tandem::usage_error);
            auto second_write = co_await tandem::as_result(write());
            CHECK_THROWS_AS(second_write.value(), tandem::usage_error);
            group.cancel();
        };
        co_await tandem::with_group(body);
    };
    tandem::block_on(all());
}

template <class MakePair> void check_close_wakes(const MakePair& make_pair) {
    const auto all = [&]() -> tandem::task<> {
        auto pair = co_await make_pair();
        (void)fill_up(pair.near);
        std::error_code of_read, of_write;
        std::string text;
        const auto read = [&]() -> tandem::task<> {
            char byte;
            of_read = co_await failure_code(pair.near.read_some(std::span(&byte, 1)), &text);
        };
        const auto write = [&]() -> tandem::task<> {
            of_write = co_await failure_code(pair.near.write("x"));
        };
        const auto close = [&]() -> tandem::task<> {
            for (int i = 0; i < 100; ++i)
                co_await tandem::yield();
            pair.near.close();
            pair.near.close();
        };
        co_await tandem::gather(read(), write(), close());
        CHECK(of_read == std::errc::operation_canceled);
        CHECK(of_write == std::errc::operation_canceled);
        CHECK_THAT(text, Catch::StartsWith("closed while reading from"));
        char byte;
        const auto late_read = co_await failure_code(pair.near.read_some(std::span(&byte, 1)));
        CHECK(late_read == std::errc::bad_file_descriptor);
        const auto late_write = co_await failure_code(pair.near.write("x"));
        CHECK(late_write == std::errc::bad_file_descriptor);
    };
    tandem::block_on(all());
}

/// A reader that never has to wait, beside a task that counts its turns.
template <class MakePair> void check_fairness(const MakePair& make_pair) {
    const auto all = [&]() -> tandem::task<> {
        constexpr int reads = 20'000;
        auto pair = co_await make_pair();
        co_await pair.near.write(std::string(reads, 'x'));
        int turns = 0, waited_for = 0;
        const auto body = [&](tandem::task_group& group) -> tandem::task<> {
            const auto count = [&]() -> tandem::task<> {
                for (;; ++turns)
                    co_await tandem::yield();
            };
            group.spawn(count);
            char byte;
            for (int i = 0; i < reads; ++i)
                waited_for += static_cast<int>(co_await pair.far.read_some(std::span(&byte, 1)));
            group.cancel();
        };
        co_await tandem::with_group(body);
        CHECK(waited_for == reads);
        CHECK(turns >= reads / 256);
    };
    tandem::block_on(all());
}

template <class MakePair> void check_quiet(const MakePair& make_pair) {
    const auto all = [&]() -> tandem::task<> {
        auto pair = co_await make_pair();
        CHECK(pair.near.is_quiet());
        co_await pair.far.write("x");
        CHECK_FALSE(pair.near.is_quiet());
        char room[4];
        (void)co_await pair.near.read_some(room);
        CHECK(pair.near.is_quiet());
        co_await pair.far.close_write();
        CHECK_FALSE(pair.near.is_quiet());
    };
    tandem::block_on(all());
}

/// A reader and a write_some-writer are cancelled at each moment, and go on: every byte arrives once.
template <class MakePair> void check_cancelled_transfer(const MakePair& make_pair) {
    const std::string text = numbered_text(700'000);
    const auto carry = [&](auto& pair, victim& target, bool cancels_reader) -> tandem::task<> {
        std::string received;
        std::size_t sent = 0;
        const auto read = [&]() -> tandem::task<> {
            std::array<char, 5000> room;
            while (const std::size_t count = co_await pair.far.read_some(room))
                received.append(room.data(), count);
        };
        const auto write = [&]() -> tandem::task<> {
            while (sent < text.size())
                sent += co_await pair.near.write_some(std::string_view(text).substr(sent, 30'000));
        };
        const auto reads = [&]() -> tandem::task<> {
            if (cancels_reader) co_await target.run(read());
            co_await read();
        };
        const auto writes = [&]() -> tandem::task<> {
            if (!cancels_reader) co_await target.run(write());
            co_await write();
            co_await pair.near.close_write();
        };
        co_await tandem::gather(reads(), writes());
        CHECK(received == text);
    };
    for (const bool cancels_reader : {true, false}) {
        INFO((cancels_reader ? "the reader" : "the writer") << " is cancelled");
        cancel_at_each_moment([&](victim& target) -> tandem::task<> {
            auto pair = co_await make_pair();
            co_await carry(pair, target, cancels_reader);
        });
    }
}

/// A `write` is cancelled at each moment: what arrives is a beginning of the text, and the stream says so
/// where a part has gone.
template <class MakePair> void check_cancelled_write(const MakePair& make_pair) {
    const std::string text = numbered_text(3'000'000);
    cancel_at_each_moment([&](victim& target) -> tandem::task<> {
        auto pair = co_await make_pair();
        std::string received;
        bool is_whole = false, is_broken = false;
        const auto read = [&]() -> tandem::task<> { received = co_await read_all(pair.far, 16 * 1024); };
        const auto write = [&]() -> tandem::task<> {
            is_whole = co_await target.run(pair.near.write(text));
            const auto error = co_await failure_code(pair.near.write("!"));
            is_broken = error == std::errc::broken_pipe;
            CHECK((is_broken || !error));
            pair.near.close();
        };
        co_await tandem::gather(read(), write());
        if (is_broken) {
            CHECK_FALSE(is_whole);
            CHECK_FALSE(received.empty());
            CHECK(text.starts_with(received));
        } else {
            CHECK(received == (is_whole ? text : "") + "!");
        }
    });
}

} // namespace test
