// Against OpenSSL's own programs.
#include <catch2/catch.hpp>

#include <csignal>
#include <functional>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/io/tcp_listener.hpp>
#include <tandem/threads/block_on.hpp>
#include <tandem/threads/thread_pool.hpp>

#include "support/openssl_peer.hpp"

using namespace std::chrono_literals;
using namespace tandem;
using test::openssl_client;
using test::openssl_server;
using test::read_to_end;
using test::read_up_to;

namespace {

const char* flag_of(tls_version version) {
    return version == tls_version::tls_1_2 ? "-tls1_2" : "-tls1_3";
}

task<tls_stream> connect_to(const openssl_server& server, tls_context context = test::trusting_client()) {
    return tls_stream::connect("localhost", server.port(), context);
}

task<std::string> read_line(tls_stream& from) {
    std::string line;
    while (!line.ends_with('\n')) {
        const auto next = co_await read_up_to(from, 1);
        if (next.empty()) break;
        line += next;
    }
    co_return line;
}

/// For a script: Catch's own checks belong to one thread.
void expect(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(std::string("it does not hold that ") + what);
}

/// Runs `serve` for the first connection to a listener, beside what `script`, on a thread of its own, does
/// with an s_client.
void with_client(tls_context context, const std::vector<std::string>& more,
                 const std::function<task<>(tls_stream&)>& serve,
                 const std::function<void(test::child_process&)>& script) {
    block_on([&]() -> task<> {
        auto door = tcp_listener::listen(endpoint("127.0.0.1", 0));
        auto client = openssl_client(door.local().port(), more);
        thread_pool threads(1);
        auto run_script = [&] { script(*client); };
        auto accept = [&]() -> task<> {
            auto guest = co_await door.accept();
            auto stream =
                co_await tls_stream::accept(std::make_unique<tcp_stream>(std::move(guest)), context);
            co_await serve(stream);
        };
        co_await timeout(60s, gather(accept(), threads.run(run_script)));
    }());
}

} // namespace

TEST_CASE("s_server is spoken to in either version, and knows the end") {
    auto version = GENERATE(tls_version::tls_1_2, tls_version::tls_1_3);
    openssl_server server({flag_of(version), "-rev"});
    block_on([&]() -> task<> {
        auto stream = co_await connect_to(server);
        CHECK(stream.version() == version);
        for (int i = 0; i < 3; ++i) {
            co_await stream.write("hello\n");
            auto line = co_await read_line(stream);
            CHECK(line == "olleh\n");
        }
        co_await stream.close_write();
        auto rest = co_await read_to_end(stream);
        CHECK(rest.empty());
    }());
}

TEST_CASE("a session with s_server is taken up again") {
    auto version = GENERATE(tls_version::tls_1_2, tls_version::tls_1_3);
    openssl_server server({flag_of(version), "-rev"});
    block_on([&]() -> task<> {
        tls_context context(test::trusting_client());
        for (int i = 0; i < 3; ++i) {
            auto stream = co_await connect_to(server, context);
            CHECK(stream.was_resumed() == (i > 0));
            co_await stream.write("x\n");
            auto line = co_await read_line(stream);
            CHECK(line == "x\n");
        }
    }());
}

TEST_CASE("s_server chooses an application protocol") {
    openssl_server server({"-alpn", "h2,http/1.1", "-rev"});
    auto options = test::trusting_client().protocols({"http/1.1", "h2"});
    block_on([&]() -> task<> {
        auto stream = co_await connect_to(server, options);
        CHECK(stream.negotiated_protocol() == "h2");
    }());
}

TEST_CASE("s_server changes its keys, asks for ours, and both sides go on") {
    openssl_server server({"-tls1_3", "-msg"});
    block_on([&]() -> task<> {
        auto stream = co_await connect_to(server);
        co_await stream.write("first\n");
        server.process().wait_for_output("first\n");
        server.process().write("K\n");
        server.process().wait_for_output(">>> TLS 1.3, Handshake [length 0005], KeyUpdate");
        server.process().write("second\n");
        auto line = co_await read_line(stream);
        CHECK(line == "second\n");
        co_await stream.write("third\n");
        server.process().wait_for_output("third\n");
        CHECK(server.process().output().find("<<< TLS 1.3, Handshake [length 0005], KeyUpdate") !=
              std::string::npos);
        stream.update_keys();
        co_await stream.write("fourth\n");
        server.process().wait_for_output("fourth\n");
        server.process().write("fifth\n");
        line = co_await read_line(stream);
        CHECK(line == "fifth\n");
    }());
}

TEST_CASE("s_server that wants a client's certificate gets it, and refuses who has none") {
    openssl_server server(
        {"-rev", "-Verify", "1", "-verify_return_error", "-CAfile", test::test_authority().file()});
    block_on([&]() -> task<> {
        auto me = test::test_authority().issue("DNS:me.example");
        auto known =
            co_await connect_to(server, test::trusting_client().certificate_pem(me.certificate, me.key));
        co_await known.write("me\n");
        auto line = co_await read_line(known);
        CHECK(line == "em\n");
        known.close(); // s_server speaks with one at a time
        auto talk = [&]() -> task<> {
            auto stream = co_await connect_to(server);
            co_await read_to_end(stream);
        };
        auto failure = co_await test::tls_failure_of(talk());
        CHECK(failure.code() == tls_errc::alert_received);
        CHECK(std::string(failure.what()) == "localhost: it broke off with the alert: certificate required");
    }());
}

TEST_CASE("s_server that is killed has not ended the stream, but cut it off") {
    openssl_server server;
    block_on([&]() -> task<> {
        auto stream = co_await connect_to(server);
        co_await stream.write("hello\n");
        server.process().wait_for_output("hello\n");
        server.process().signal(SIGKILL);
        auto outcome = co_await as_result(read_to_end(stream));
        CHECK(test::failure_in(outcome).code() == tls_errc::truncated);
        // The peer is gone; a write is an error sooner or later, and never SIGPIPE.
        auto write_on = [&]() -> task<> {
            for (;;)
                co_await stream.write(std::string(10'000, 'x'));
        };
        auto late = co_await as_result(write_on());
        CHECK_THROWS_AS(late.value(), std::system_error);
    }());
}

TEST_CASE("a large file comes whole from s_server") {
    openssl_server server({"-WWW"});
    const auto bytes = test::patterned(20'000'000);
    server.folder().write("large.bin", bytes);
    block_on([&]() -> task<> {
        auto stream = co_await connect_to(server);
        co_await stream.write("GET /large.bin HTTP/1.0\r\n\r\n");
        auto reply = co_await read_to_end(stream);
        const auto body = reply.find("\r\n\r\n") + 4;
        CHECK((reply.compare(body, std::string::npos, bytes) == 0));
    }());
}

TEST_CASE("s_client verifies a server of ours, talks with it and hears its end") {
    auto version = GENERATE(tls_version::tls_1_2, tls_version::tls_1_3);
    with_client(
        test::known_server(), {flag_of(version)},
        [&](tls_stream& stream) -> task<> {
            CHECK(stream.version() == version);
            CHECK(stream.server_name() == "localhost");
            auto line = co_await read_line(stream);
            CHECK(line == "a question\n");
            co_await stream.write("an answer\n");
            co_await stream.close_write();
            auto rest = co_await read_to_end(stream);
            CHECK(rest.empty());
        },
        [](test::child_process& client) {
            client.write("a question\n");
            client.wait_for_output("an answer\n");
            expect(client.wait() == 0, "s_client succeeds");
            client.wait_for_output("Verify return code: 0 (ok)");
        });
}

TEST_CASE("s_client changes its keys while our server sends") {
    with_client(
        test::known_server(), {"-tls1_3", "-msg"},
        [](tls_stream& stream) -> task<> {
            bool is_over = false;
            auto send = [&]() -> task<> {
                for (int i = 0; !is_over; ++i) {
                    co_await stream.write("line " + std::to_string(i) + "\n");
                    co_await tandem::sleep(1ms);
                }
                stream.update_keys();
                co_await stream.write("all done\n");
                auto line = co_await read_line(stream);
                CHECK(line == "goodbye\n");
                co_await stream.close_write();
            };
            auto receive = [&]() -> task<> {
                auto line = co_await read_line(stream);
                CHECK(line == "with new keys\n");
                is_over = true;
            };
            co_await gather(send(), receive());
        },
        [](test::child_process& client) {
            client.wait_for_output("line 0\n");
            client.write("K\n");
            client.wait_for_output(">>> TLS 1.3, Handshake [length 0005], KeyUpdate");
            // The answer, which goes with a line.
            client.wait_for_output("<<< TLS 1.3, Handshake [length 0005], KeyUpdate");
            client.write("with new keys\n");
            client.wait_for_output("all done\n");
            client.write("goodbye\n");
            expect(client.wait() == 0, "s_client succeeds");
        });
}

TEST_CASE("s_client takes up a session with our server") {
    test::temp_folder folder;
    tls_context context(test::known_server());
    const auto ticket = folder / "session.pem";
    for (const bool again : {false, true}) {
        with_client(
            context, {again ? "-sess_in" : "-sess_out", ticket},
            [&](tls_stream& stream) -> task<> {
                CHECK(stream.was_resumed() == again);
                auto line = co_await read_line(stream);
                co_await stream.write(line);
                co_await stream.close_write();
                co_await read_to_end(stream);
            },
            [](test::child_process& client) {
                client.write("hello\n");
                client.wait_for_output("hello\n");
                expect(client.wait() == 0, "s_client succeeds");
            });
    }
}

TEST_CASE("a client that offers only old versions is refused in words") {
    block_on([]() -> task<> {
        auto door = tcp_listener::listen(endpoint("127.0.0.1", 0));
        auto client = openssl_client(door.local().port(), {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
        auto guest = co_await door.accept();
        auto failure = co_await test::tls_failure_of(
            tls_stream::accept(std::make_unique<tcp_stream>(std::move(guest)), test::known_server()));
        CHECK(failure.code() == tls_errc::protocol_version);
        CHECK(std::string(failure.what()) ==
              "the client: it speaks none of the TLS versions that are allowed here (TLS 1.2 and TLS 1.3)");
        CHECK(client->wait() != 0);
    }());
}

TEST_CASE("a client that never shakes hands keeps no other out") {
    block_on([]() -> task<> {
        auto door = tcp_listener::listen(endpoint("127.0.0.1", 0));
        auto silent = co_await tcp_stream::connect(door.local());
        auto client = openssl_client(door.local().port());
        client->write("hello\n");
        tls_context context(test::known_server());
        auto body = [&](task_group& group) -> task<> {
            auto serve = [&](tcp_stream guest) -> task<> {
                auto stream =
                    co_await tls_stream::accept(std::make_unique<tcp_stream>(std::move(guest)), context);
                auto line = co_await read_line(stream);
                CHECK(line == "hello\n");
                co_await stream.write("bye\n");
                co_await stream.close_write();
                group.cancel();
            };
            for (;;) {
                auto guest = co_await door.accept();
                group.spawn(serve, std::move(guest));
            }
        };
        co_await timeout(60s, with_group(body));
        client->wait_for_output("bye\n");
    }());
}

TEST_CASE("a handshake with a server that says nothing ends with the time limit") {
    block_on([]() -> task<> {
        auto door = tcp_listener::listen(endpoint("127.0.0.1", 0));
        auto outcome = co_await as_result(
            timeout(20ms, tls_stream::connect("127.0.0.1", door.local().port(), test::trusting_client())));
        CHECK_THROWS_AS(outcome.value(), timed_out);
    }());
}
