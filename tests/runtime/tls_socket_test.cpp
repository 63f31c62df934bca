// TLS over what the system has.
#include <catch2/catch.hpp>

#include <tandem/coro/sleep.hpp>
#include <tandem/threads/block_on.hpp>

#include "support/cancel_at_each_step.hpp"
#include "support/tcp_pair.hpp"
#include "support/tls_pair.hpp"
#include "support/unix_pair.hpp"

#include <sys/socket.h>

using namespace tandem;
using test::read_to_end;
using test::read_up_to;
using test::tls_ends;

namespace {

template <class Stream> task<tls_ends> shake_hands_over(Stream& client, Stream& server) {
    auto [left, right] = co_await gather(
        tls_stream::handshake(std::make_unique<Stream>(std::move(client)), test::trusting_client(),
                              "localhost"),
        tls_stream::accept(std::make_unique<Stream>(std::move(server)), test::known_server()));
    co_return tls_ends{std::move(left), std::move(right)};
}

task<> send_and_close(tls_stream& to, const std::string& bytes) {
    co_await to.write(bytes);
    co_await to.close_write();
}

} // namespace

TEST_CASE("TLS runs over Unix sockets and over TCP, both ways at once") {
    block_on([]() -> task<> {
        const auto up = test::patterned(3'000'000, 8), down = test::patterned(4'000'000, 9);
        auto sockets = co_await test::make_unix_pair();
        auto connection = co_await test::connect_pair();
        auto local = co_await shake_hands_over(sockets.near, sockets.far);
        auto remote = co_await shake_hands_over(connection.near, connection.far);
        for (tls_ends* ends : {&local, &remote}) {
            auto [a, b, at_server, at_client] =
                co_await gather(send_and_close(ends->client, up), send_and_close(ends->server, down),
                                read_to_end(ends->server), read_to_end(ends->client));
            CHECK((at_server == up));
            CHECK((at_client == down));
        }
    }());
}

TEST_CASE("reads over TCP that are cancelled again and again, at any moment, lose nothing") {
    block_on([]() -> task<> {
        auto connection = co_await test::connect_pair();
        auto ends = co_await shake_hands_over(connection.near, connection.far);
        const auto bytes = test::patterned(400'000);
        std::string got;
        auto read_once = [&]() -> task<> {
            char part[3000];
            const std::size_t count = co_await ends.client.read_some(part);
            got.append(part, count);
        };
        int cancellations = 0;
        auto read = [&]() -> task<> {
            for (int moment = 0; got.size() < bytes.size(); moment = (moment + 1) % 30) {
                test::victim target;
                auto cancel = [&]() -> task<> {
                    for (int i = 0; i < moment; ++i)
                        co_await yield();
                    target.cancel();
                };
                auto [ended, cancelled] = co_await gather(target.run(read_once()), cancel());
                if (!ended) ++cancellations;
            }
        };
        co_await gather(read(), ends.server.write(bytes));
        CHECK((got == bytes));
        CHECK(cancellations > 0);
    }());
}

TEST_CASE("a reset in the middle of a handshake over TCP is the socket's error") {
    block_on([]() -> task<> {
        auto connection = co_await test::connect_pair();
        auto reset = [](tcp_stream far) -> task<> {
            char part[100];
            co_await far.read_some(part);
            const linger at_once{1, 0};
            ::setsockopt(far.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        };
        auto run_reset = [&]() -> task<> { co_await reset(std::move(connection.far)); };
        auto [client, done] =
            co_await gather(keep_going,
                            tls_stream::handshake(std::make_unique<tcp_stream>(std::move(connection.near)),
                                                  test::trusting_client(), "localhost"),
                            run_reset());
        try {
            (void)client.value();
            FAIL("it succeeded");
        } catch (const std::system_error& failure) {
            CHECK(failure.code() == std::errc::connection_reset);
        }
    }());
}
