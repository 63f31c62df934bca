#include <catch2/catch.hpp>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/testing/virtual_time.hpp>
#include <tandem/threads/block_on.hpp>

#include "support/tls_pair.hpp"

using namespace tandem;
using test::read_to_end;
using test::read_up_to;
using test::shake_hands;
using test::tapped_pair;

namespace {

std::errc condition_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::system_error& failure) {
        return static_cast<std::errc>(failure.code().default_error_condition().value());
    }
}

} // namespace

TEST_CASE("what one end of a TLS stream writes the other reads, both ways, and nobody between") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        std::string seen;
        below.up->on_write = [&](std::string& bytes) { seen += bytes; };
        auto ends = co_await shake_hands(below);
        co_await ends.client.write("a secret question");
        auto question = co_await read_up_to(ends.server, 17);
        CHECK(question == "a secret question");
        co_await ends.server.write("a secret answer");
        auto answer = co_await read_up_to(ends.client, 15);
        CHECK(answer == "a secret answer");
        CHECK(seen.size() > 17);
        CHECK(seen.find("secret") == std::string::npos);
    }());
}

TEST_CASE("TLS 1.2 and 1.3 both serve, and 1.3 is what two that can both agree on") {
    testing::run_virtual([]() -> task<> {
        tapped_pair first, second;
        auto newest = co_await shake_hands(first);
        CHECK(newest.client.version() == tls_version::tls_1_3);
        CHECK(newest.client.cipher().starts_with("TLS_"));
        auto older = co_await shake_hands(
            second, test::trusting_client().maximum_version(tls_version::tls_1_2), test::known_server());
        CHECK(older.client.version() == tls_version::tls_1_2);
        CHECK(older.server.version() == tls_version::tls_1_2);
        co_await older.client.write("hello");
        auto text = co_await read_up_to(older.server, 5);
        CHECK(text == "hello");
    }());
}

TEST_CASE("a TLS stream over a wire that carries one byte at a time loses none") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        below.up->capacity = below.down->capacity = 1;
        auto ends = co_await shake_hands(below);
        const auto question = test::patterned(1000), answer = test::patterned(3000, 7);
        // Nobody reads while the other side writes to it: neither waits for the tickets to go.
        auto ask = [&]() -> task<std::string> {
            co_await ends.client.write(question);
            co_return co_await read_up_to(ends.client, answer.size());
        };
        auto reply = [&]() -> task<std::string> {
            auto text = co_await read_up_to(ends.server, question.size());
            co_await ends.server.write(answer);
            co_return text;
        };
        auto [got_answer, got_question] = co_await gather(ask(), reply());
        CHECK((got_answer == answer));
        CHECK((got_question == question));
    }());
}

TEST_CASE("reads that return a byte each find the record they come from in pieces and whole") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        below.up->largest_read = 1;
        auto ends = co_await shake_hands(below);
        co_await ends.client.write("fragments");
        std::string text;
        for (int i = 0; i < 9; ++i)
            text += co_await read_up_to(ends.server, 1);
        CHECK(text == "fragments");
    }());
}

TEST_CASE("small records that came together are read with one call") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto ends = co_await shake_hands(below);
        for (const char* word : {"one ", "two ", "three"})
            co_await ends.client.write(word);
        char room[100];
        const std::size_t count = co_await ends.server.read_some(room);
        CHECK(std::string_view(room, count) == "one two three");
    }());
}

TEST_CASE("close_write ends the stream for the peer, which may go on writing") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto ends = co_await shake_hands(below);
        co_await ends.client.write("all I have to say");
        co_await ends.client.close_write();
        auto text = co_await read_to_end(ends.server);
        CHECK(text == "all I have to say");
        auto again = co_await read_to_end(ends.server);
        CHECK(again.empty());
        co_await ends.server.write("but I have more");
        co_await ends.server.close_write();
        auto answer = co_await read_to_end(ends.client);
        CHECK(answer == "but I have more");
        auto late = co_await as_result(ends.client.write("x"));
        CHECK(condition_of(late.error()) == std::errc::broken_pipe);
    }());
}

TEST_CASE("an end without close_notify is an error, after all that came before it") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto ends = co_await shake_hands(below);
        co_await ends.server.write("half of it");
        below.down->end();
        auto text = co_await read_up_to(ends.client, 10);
        CHECK(text == "half of it");
        for (int i = 0; i < 2; ++i) {
            auto failure = co_await test::tls_failure_of(read_to_end(ends.client));
            CHECK(failure.code() == tls_errc::truncated);
            CHECK(std::string(failure.what()) ==
                  "localhost: the connection was cut off: it ended without TLS's word that it is complete");
        }
    }());
}

TEST_CASE("an end in the middle of a record is an error") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto ends = co_await shake_hands(below);
        below.down->on_write = [&](std::string& bytes) { bytes.resize(bytes.size() / 2); };
        co_await ends.server.write(std::string(1000, 'x'));
        below.down->end();
        auto failure = co_await test::tls_failure_of(read_to_end(ends.client));
        CHECK(failure.code() == tls_errc::truncated);
    }());
}

TEST_CASE("a reset of the stream below is passed on, in the handshake and after it") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto ends = co_await shake_hands(below);
        below.down->reset();
        auto late = co_await as_result(read_to_end(ends.client));
        CHECK(condition_of(late.error()) == std::errc::connection_reset);

        tapped_pair other;
        other.up->on_write = [&](std::string&) { other.down->reset(); };
        auto early = co_await as_result(
            tls_stream::handshake(std::move(other.left), test::trusting_client(), "localhost"));
        CHECK(condition_of(early.error()) == std::errc::connection_reset);
    }());
}

TEST_CASE("a peer that hangs up during the handshake is named") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        below.up->on_write = [&](std::string&) { below.down->end(); };
        auto failure = co_await test::tls_failure_of(
            tls_stream::handshake(std::move(below.left), test::trusting_client(), "localhost"));
        CHECK(failure.code() == tls_errc::truncated);
        CHECK(std::string(failure.what()) == "localhost: it closed the connection during the TLS handshake");
    }());
}

TEST_CASE("garbage in place of a handshake is an error on either side") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below, other;
        co_await below.right->write("220 mail.example ESMTP\r\n");
        auto failure = co_await test::tls_failure_of(
            tls_stream::handshake(std::move(below.left), test::trusting_client(), "localhost"));
        CHECK(failure.code() == tls_errc::not_tls);
        CHECK(std::string(failure.what()) == "localhost: it does not speak TLS");

        co_await other.left->write("GET / HTTP/1.1\r\n\r\n");
        auto refused =
            co_await test::tls_failure_of(tls_stream::accept(std::move(other.right), test::known_server()));
        CHECK(refused.code() == tls_errc::not_tls);
        CHECK(std::string(refused.what()) == "the client: it does not speak TLS but plain HTTP");
    }());
}

TEST_CASE("bytes that were changed on the way are an error, and the other side learns why the stream ended") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto ends = co_await shake_hands(below);
        below.up->on_write = [](std::string& bytes) { bytes.back() ^= 1; };
        co_await ends.client.write("pay 10");
        below.up->on_write = nullptr;
        auto failure = co_await test::tls_failure_of(read_to_end(ends.server));
        CHECK(failure.code() == tls_errc::protocol);
        CHECK(std::string(failure.what()).find("the client: what arrived was changed on its way") == 0);
        auto told = co_await test::tls_failure_of(read_to_end(ends.client));
        CHECK(told.code() == tls_errc::alert_received);
        CHECK(std::string(told.what()) == "localhost: it broke off with the alert: bad record mac");
    }());
}

TEST_CASE("TLS runs inside of TLS") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto outer = co_await shake_hands(below);
        tapped_pair inner;
        inner.left = std::make_unique<tls_stream>(std::move(outer.client));
        inner.right = std::make_unique<tls_stream>(std::move(outer.server));
        auto ends = co_await shake_hands(inner);
        const auto bytes = test::patterned(300'000);
        auto send = [&]() -> task<> {
            co_await ends.client.write(bytes);
            co_await ends.client.close_write();
        };
        auto [sent, received] = co_await gather(send(), read_to_end(ends.server));
        CHECK((received == bytes));
    }());
}

TEST_CASE("two readers or two writers of a TLS stream are a mistake that is told") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        below.up->capacity = 100;
        auto ends = co_await shake_hands(below);
        const std::string more_than_fits(1000, 'x');
        auto body = [&](task_group& group) -> task<> {
            group.spawn(read_to_end(ends.client));
            group.spawn(ends.client.write(more_than_fits));
            co_await yield();
            auto reads = co_await as_result(read_to_end(ends.client));
            CHECK_THROWS_AS(reads.value(), usage_error);
            auto writes = co_await as_result(ends.client.write("y"));
            CHECK_THROWS_AS(writes.value(), usage_error);
            group.cancel();
        };
        co_await with_group(body);
    }());
}

TEST_CASE("closing a TLS stream wakes what waits on it, and what follows is an error") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto ends = co_await shake_hands(below);
        auto close = [&]() -> task<> {
            ends.client.close();
            ends.client.close();
            co_return;
        };
        auto [read, closed] = co_await gather(keep_going, read_to_end(ends.client), close());
        CHECK_FALSE(read);
        auto write = co_await as_result(ends.client.write("x"));
        CHECK(condition_of(write.error()) == std::errc::bad_file_descriptor);
    }());
}

TEST_CASE("a TLS stream is quiet until bytes or the end have come, and late tickets are no news") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto ends = co_await shake_hands(below);
        CHECK(ends.client.is_quiet());
        co_await ends.server.write("ab");
        CHECK_FALSE(ends.client.is_quiet());
        auto first = co_await read_up_to(ends.client, 1);
        CHECK(first == "a");
        CHECK_FALSE(ends.client.is_quiet());
        auto second = co_await read_up_to(ends.client, 1);
        CHECK(second == "b");
        CHECK(ends.client.is_quiet());
        co_await ends.server.close_write();
        CHECK_FALSE(ends.client.is_quiet());
    }());
}
