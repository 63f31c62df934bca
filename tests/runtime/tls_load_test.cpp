#include <catch2/catch.hpp>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/testing/memory_stream.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/tls_pair.hpp"

#include <malloc.h>

using namespace tandem;
using test::shake_hands;
using test::tapped_pair;
using test::tls_ends;

namespace {

/// Sends `total` bytes of a pattern in writes of odd sizes; `between` is called after each.
template <class Between>
task<> send(tls_stream& to, const std::string& pattern, std::size_t total, Between between) {
    std::size_t sent = 0;
    for (std::size_t i = 0; sent < total; ++i) {
        const std::size_t at = sent % pattern.size();
        const std::size_t size = std::min({pattern.size() - at, total - sent, 1 + i * 7919 % 300'000});
        co_await to.write(std::string_view(pattern).substr(at, size));
        sent += size;
        between(i);
    }
    co_await to.close_write();
}

/// Reads to the end and returns how many bytes came, in the order of the pattern.
task<std::size_t> check(tls_stream& from, const std::string& pattern) {
    std::vector<char> room(100'000);
    std::size_t got = 0;
    for (;;) {
        const std::size_t count = co_await from.read_some(room);
        if (count == 0) co_return got;
        for (std::size_t done = 0; done < count;) {
            const std::size_t at = got % pattern.size();
            const std::size_t size = std::min(pattern.size() - at, count - done);
            if (std::string_view(room.data() + done, size) != std::string_view(pattern).substr(at, size)) {
                FAIL_CHECK("a byte after " << got << " is wrong");
                co_return got;
            }
            done += size;
            got += size;
        }
    }
}

constexpr std::size_t mebibyte = 1024 * 1024;

} // namespace

TEST_CASE("64 MiB go both ways at once over TLS") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto ends = co_await shake_hands(below);
        const auto up = test::patterned(mebibyte, 3), down = test::patterned(mebibyte, 4);
        const auto nothing = [](std::size_t) {};
        auto [a, b, at_server, at_client] = co_await gather(send(ends.client, up, 64 * mebibyte, nothing),
                                                            send(ends.server, down, 64 * mebibyte, nothing),
                                                            check(ends.server, up), check(ends.client, down));
        CHECK(at_server == 64 * mebibyte);
        CHECK(at_client == 64 * mebibyte);
    }());
}

TEST_CASE("keys change in both directions while both sides send, over a wire that breaks up everything") {
    testing::run_virtual([]() -> task<> {
        const auto pieces = testing::stream_faults().fragment_randomly(5000, 42);
        testing::memory_stream_pair below(
            testing::memory_stream_options().capacity(9000).to_first(pieces).to_second(pieces));
        auto [client, server] = co_await gather(
            tls_stream::handshake(std::make_unique<testing::memory_stream>(std::move(below.first)),
                                  test::trusting_client(), "localhost"),
            tls_stream::accept(std::make_unique<testing::memory_stream>(std::move(below.second)),
                               test::known_server()));
        REQUIRE(client.version() == tls_version::tls_1_3);
        const auto up = test::patterned(mebibyte, 5), down = test::patterned(mebibyte, 6);
        std::size_t updates = 0;
        const auto update_client = [&](std::size_t i) {
            if (i % 2 == 0) client.update_keys(), ++updates;
        };
        const auto update_server = [&](std::size_t i) {
            if (i % 3 == 0) server.update_keys(), ++updates;
        };
        auto [a, b, at_server, at_client] = co_await gather(send(client, up, 6 * mebibyte, update_client),
                                                            send(server, down, 6 * mebibyte, update_server),
                                                            check(server, up), check(client, down));
        CHECK(at_server == 6 * mebibyte);
        CHECK(at_client == 6 * mebibyte);
        CHECK(updates > 20);
    }());
}

TEST_CASE("a peer that takes no answer to its key updates can be read all the same") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto ends = co_await shake_hands(below);
        // What the client has to answer finds no room.
        below.up->capacity = 0;
        for (int i = 0; i < 100; ++i) {
            ends.server.update_keys();
            co_await ends.server.write("x");
            auto got = co_await test::read_up_to(ends.client, 1);
            CHECK(got == "x");
        }
        // Once there is some, the answers go while the client waits.
        below.up->capacity = 64 * 1024;
        below.up->may_write.set();
        auto finish = [&]() -> task<> {
            auto got = co_await test::read_up_to(ends.client, 1);
            CHECK(got == "y");
            co_await ends.client.write("z");
        };
        auto answer = [&]() -> task<> {
            co_await ends.server.write("y");
            auto got = co_await test::read_up_to(ends.server, 1);
            CHECK(got == "z");
        };
        co_await gather(finish(), answer());
    }());
}

TEST_CASE("an idle TLS stream holds no buffers but that of its read") {
    testing::run_virtual([]() -> task<> {
        constexpr std::size_t count = 200;
        tls_context client(test::trusting_client().remembered_hosts(0));
        tls_context server(test::known_server().session_tickets(0));
        std::vector<tls_ends> all;
        all.reserve(count);
        std::vector<tapped_pair> wires(count);
        {
            tapped_pair warm_up;
            auto ends = co_await shake_hands(warm_up, client, server);
        }
        const std::size_t before = ::mallinfo2().uordblks;
        auto body = [&](task_group& group) -> task<> {
            const auto wait_for_more = [](tls_stream& from) -> task<> {
                char byte;
                co_await from.read_some(std::span(&byte, 1));
            };
            for (std::size_t i = 0; i < count; ++i) {
                auto ends = co_await shake_hands(wires[i], client, server);
                all.push_back(std::move(ends));
                tls_ends& pair = all.back();
                // A large transfer leaves nothing behind.
                auto [sent, got] = co_await gather(pair.client.write(std::string(200'000, 'x')),
                                                   test::read_up_to(pair.server, 200'000));
                CHECK(got.size() == 200'000);
                co_await pair.server.write("done");
                co_await test::read_up_to(pair.client, 4);
                co_await pair.client.write("?");
                co_await test::read_up_to(pair.server, 1);
            }
            for (tapped_pair& wire : wires) {
                wire.up->bytes.shrink_to_fit();
                wire.down->bytes.shrink_to_fit();
            }
            for (tls_ends& pair : all) {
                group.spawn(wait_for_more, std::ref(pair.client));
                group.spawn(wait_for_more, std::ref(pair.server));
            }
            co_await yield();
            co_await yield();
            const std::size_t each = (::mallinfo2().uordblks - before) / (2 * count);
            std::printf("memory of an idle TLS stream: %zu bytes, its waiting read included\n", each);
            // The sanitizers have their own malloc, which tells nothing.
            if (::mallinfo2().uordblks > 0) CHECK(each < 32 * 1024);
            group.cancel();
        };
        co_await with_group(body);
    }());
}
