#include <catch2/catch.hpp>

#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "http/pausing_time.hpp"
#include "support/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::conversation;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// A port whose queue of connections is full, so that the next one waits for ever.
class full_port {
  public:
    full_port() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 0) != 0 ||
            ::getsockname(listener_, generic, &size) != 0)
            throw std::system_error(errno, std::generic_category(), "a full port");
        port_ = ntohs(address.sin_port);
        for (int& socket : waiting_) {
            socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            (void)::connect(socket, generic, size);
        }
    }
    ~full_port() {
        for (int socket : waiting_)
            ::close(socket);
        ::close(listener_);
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

  private:
    int listener_;
    int waiting_[8];
    std::uint16_t port_ = 0;
};

} // namespace

TEST_CASE("a server that accepts nobody runs into the connect time-out") {
    full_port nobody;
    in_loop([&]() -> task<> {
        client web(client_options().connect_timeout(50ms));
        auto error = co_await failure_of<timeout_error>(web.get(nobody.url()).text());
        CHECK(error.which() == time_limit::connect);
        CHECK(error.url() == nobody.url());
        CHECK(error.cause() == "connect time-out: connecting took more than 0.05 s");
        CHECK(web.statistics().active == 0);
    });
}

TEST_CASE("a TLS handshake that does not end runs into the TLS time-out") {
    scripted_server server([](conversation& talk) { talk.wait_for_close(); });
    in_loop([&]() -> task<> {
        client web(client_options().tls_timeout(50ms));
        auto link = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
        auto error = co_await failure_of<timeout_error>(web.get(link).text());
        CHECK(error.which() == time_limit::tls);
        CHECK(error.cause() == "TLS time-out: the handshake took more than 0.05 s");
    });
}

TEST_CASE("a server that says nothing runs into the first-byte time-out, which is the read time-out's") {
    scripted_server server([](conversation& talk) { talk.wait_for_close(); });
    in_loop([&]() -> task<> {
        client web(client_options().read_timeout(50ms));
        auto error = co_await failure_of<timeout_error>(web.get(server.url()).text());
        CHECK(error.which() == time_limit::first_byte);
        CHECK(error.cause() == "first-byte time-out: no reply began for more than 0.05 s");
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a server that stops in mid-body runs into the read time-out, and its connection is closed") {
    scripted_server server([](conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request) != "/stops") {
                talk.send(reply("fine"));
                continue;
            }
            talk.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
            talk.wait_for_close();
            return;
        }
    });
    in_loop([&]() -> task<> {
        client web;
        auto stops = web.get(server.url("/stops")).first_byte_timeout(10s).read_timeout(50ms).text();
        auto error = co_await failure_of<timeout_error>(std::move(stops));
        CHECK(error.which() == time_limit::read);
        CHECK(error.cause() == "read time-out: the server sent nothing for more than 0.05 s");
        auto body = co_await web.get(server.url("/")).text();
        CHECK(body == "fine");
    });
    CHECK(server.connections() == 2);
}

TEST_CASE("the read time-out is for each silence, not for the sum of them") {
    test::told_time time;
    std::atomic<int> taken = 0;
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
        for (int i = 0; i < 12; ++i) {
            time.pass(100ms);
            talk.send("x");
            taken.wait(i);
        }
    });
    test::in_told_time(time, [&]() -> task<> {
        client web(client_options().read_timeout(1s));
        auto answer = co_await web.get(server.url()).send();
        while (auto piece = co_await answer.body().next()) {
            CHECK(*piece == "x");
            ++taken;
            taken.notify_all();
        }
        CHECK(taken == 12);
    });
}

TEST_CASE("a body that drips on for ever runs into the total time-out") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (talk.send("x"))
            std::this_thread::sleep_for(5ms);
    });
    in_loop([&]() -> task<> {
        client web(client_options().total_timeout(100ms));
        auto error = co_await failure_of<timeout_error>(web.get(server.url()).text());
        CHECK(error.which() == time_limit::total);
        CHECK(error.cause() == "total time-out: the whole request took more than 0.1 s");
    });
    test::told_time time;
    test::in_told_time(time, [&]() -> task<> {
        client patient(client_options().total_timeout(1s));
        auto answer = co_await patient.get(server.url()).send();
        time.pass(1s); // of which the header has taken none
        auto late = co_await failure_of<timeout_error>(answer.text());
        CHECK(late.which() == time_limit::total);
    });
}

TEST_CASE("waiting for a connection counts for the total time-out") {
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        talk.wait_for_close();
    });
    in_loop([&]() -> task<> {
        client web(client_options().per_host(1));
        auto holder = co_await web.get(server.url()).send();
        auto error = co_await failure_of<timeout_error>(web.get(server.url()).total_timeout(50ms).text());
        CHECK(error.which() == time_limit::total);
        CHECK(holder.status() == 200);
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a time limit around a request is the caller's own, not one of the client's") {
    scripted_server server([](conversation& talk) { talk.wait_for_close(); });
    in_loop([&]() -> task<> {
        client web;
        co_await failure_of<tandem::timed_out>(tandem::timeout(50ms, web.get(server.url()).text()));
        CHECK(web.statistics().active == 0);
    });
}
