#include <catch2/catch.hpp>

#include <tandem/coro/timeout.hpp>
#include <tandem/testing/memory_stream.hpp>

#include "support/cancel_at_each_step.hpp"
#include "support/tls_pair.hpp"

using namespace tandem;
using test::read_to_end;
using test::tls_ends;
using test::victim;

namespace {

const tls_context& client_context() {
    static const tls_context only(test::trusting_client());
    return only;
}
const tls_context& server_context() {
    static const tls_context only(test::known_server());
    return only;
}

testing::memory_stream_pair narrow_pair() {
    const auto pieces = testing::stream_faults().fragment(300);
    return testing::memory_stream_pair(
        testing::memory_stream_options().capacity(400).to_first(pieces).to_second(pieces));
}

std::unique_ptr<byte_stream> owned(testing::memory_stream& stream) {
    return std::make_unique<testing::memory_stream>(std::move(stream));
}

task<tls_ends> narrow_ends() {
    auto below = narrow_pair();
    auto [left, right] =
        co_await gather(tls_stream::handshake(owned(below.first), client_context(), "localhost"),
                        tls_stream::accept(owned(below.second), server_context()));
    co_return tls_ends{std::move(left), std::move(right)};
}

/// Reads to the end, also one that is an error, and gives all that came.
task<std::string> read_all_there_is(tls_stream& from) {
    std::string text;
    try {
        char part[500];
        for (;;) {
            const std::size_t count = co_await from.read_some(part);
            if (count == 0) break;
            text.append(part, count);
        }
    } catch (const std::system_error&) {
    }
    co_return text;
}

} // namespace

TEST_CASE("a handshake that is cancelled at any moment closes the connection, and the peer does not hang") {
    auto as_client = GENERATE(true, false);
    test::cancel_at_each_step([as_client](victim& target) -> task<> {
        auto below = narrow_pair();
        auto connect = [](std::unique_ptr<byte_stream> end) -> task<> {
            auto stream = co_await tls_stream::handshake(std::move(end), client_context(), "localhost");
            co_await stream.write("x");
        };
        auto accept = [](std::unique_ptr<byte_stream> end) -> task<> {
            auto stream = co_await tls_stream::accept(std::move(end), server_context());
            char byte;
            const std::size_t count = co_await stream.read_some(std::span(&byte, 1));
            CHECK(count == 1);
        };
        auto client = connect(owned(below.first)), server = accept(owned(below.second));
        auto own = as_client ? std::move(client) : std::move(server);
        auto other = as_client ? std::move(server) : std::move(client);
        bool ended = false;
        // Also one that never started goes away here, and its end of the connection with it.
        auto run = [&]() -> task<> { ended = co_await target.run(std::move(own)); };
        auto [ran, result] = co_await gather(keep_going, run(), std::move(other));
        if (ended && as_client) CHECK(result);
    });
}

TEST_CASE("a read that is cancelled at any moment loses nothing") {
    test::cancel_at_each_step([](victim& target) -> task<> {
        auto ends = co_await narrow_ends();
        const auto message = test::patterned(2500);
        std::string got;
        auto read = [&]() -> task<> {
            char part[700];
            while (got.size() < message.size()) {
                const std::size_t count = co_await ends.client.read_some(part);
                got.append(part, count);
            }
        };
        auto send = [&]() -> task<> {
            co_await ends.server.write(std::string_view(message).substr(0, 1200));
            // An answer is due, which a read may have to send.
            ends.server.update_keys();
            co_await ends.server.write(std::string_view(message).substr(1200));
        };
        auto read_on = [&]() -> task<> {
            co_await target.run(read());
            co_await read();
        };
        co_await gather(read_on(), send());
        CHECK((got == message));
        // Both directions still stand.
        auto [sent, echo] = co_await gather(ends.client.write("fine"), test::read_up_to(ends.server, 4));
        CHECK(echo == "fine");
    });
}

TEST_CASE("a write that is cancelled at any moment has sent a beginning, and says so to the next write") {
    test::cancel_at_each_step([](victim& target) -> task<> {
        auto ends = co_await narrow_ends();
        const auto message = test::patterned(2000);
        bool ended = false;
        auto write = [&]() -> task<> {
            ended = co_await target.run(ends.client.write(message));
            auto next = co_await as_result(ends.client.write("more"));
            if (ended) CHECK(next);
            if (!next) {
                auto failure = test::failure_in(next);
                CHECK(failure.code() == tls_errc::broken);
            }
            // What is half sent is no reason not to read.
            auto answer = co_await test::read_up_to(ends.client, 2);
            CHECK(answer == "ok");
            ends.client.close();
        };
        auto read = [&]() -> task<std::string> {
            co_await ends.server.write("ok");
            co_return co_await read_all_there_is(ends.server);
        };
        auto [written, got] = co_await gather(write(), read());
        if (ended)
            CHECK((got == message + "more"));
        else
            CHECK((message.starts_with(got) || got == "more"));
    });
}

TEST_CASE("a write_some that is cancelled at any moment tells exactly what it has sent") {
    test::cancel_at_each_step([](victim& target) -> task<> {
        auto ends = co_await narrow_ends();
        const auto message = test::patterned(2000);
        std::size_t sent = 0;
        auto write = [&]() -> task<> {
            while (sent < message.size())
                sent += co_await ends.client.write_some(std::string_view(message).substr(sent, 600));
        };
        auto write_on = [&]() -> task<> {
            co_await target.run(write());
            co_await write();
            co_await ends.client.close_write();
        };
        auto [written, got] = co_await gather(write_on(), read_to_end(ends.server));
        CHECK((got == message));
    });
}

TEST_CASE("what a cancelled write_some left over goes out while a reader waits") {
    test::cancel_at_each_step([](victim& target) -> task<> {
        auto ends = co_await narrow_ends();
        std::size_t sent = 0;
        auto write = [&]() -> task<> { sent = co_await ends.client.write_some(std::string(1500, 'q')); };
        auto ask = [&]() -> task<> {
            // The reader waits before anything is left over, and nobody writes again.
            auto [wrote, answer] = co_await gather(target.run(write()), test::read_up_to(ends.client, 6));
            CHECK(answer == "answer");
        };
        auto reply = [&]() -> task<> {
            // Nothing was sent where it was cancelled before it began.
            char part[2000];
            std::size_t got = 0;
            auto until_all = [&]() -> task<> {
                while (got < 1500)
                    got += co_await ends.server.read_some(part);
            };
            co_await move_on_after(std::chrono::hours(1), until_all());
            CHECK(got == sent);
            co_await ends.server.write("answer");
        };
        co_await gather(ask(), reply());
    });
}

TEST_CASE("a close_write that is cancelled at any moment can be done again") {
    test::cancel_at_each_step([](victim& target) -> task<> {
        auto ends = co_await narrow_ends();
        auto close = [&]() -> task<> {
            co_await ends.client.write(std::string(1000, 'c'));
            co_await target.run(ends.client.close_write());
            co_await ends.client.close_write();
        };
        auto [closed, got] = co_await gather(close(), read_to_end(ends.server));
        CHECK(got.size() == 1000);
    });
}
