#include <tandem/io/tcp_listener.hpp>

#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tandem/coro/loop.hpp>
#include <tandem/testing/virtual_time.hpp>

#include "support/stream_contract.hpp"
#include "support/tcp_pair.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::endpoint;
using tandem::listen_options;
using tandem::task;
using tandem::tcp_listener;
using tandem::tcp_stream;

namespace {

const endpoint any_port("127.0.0.1", 0);

/// Leaves the process without a free descriptor.
class no_descriptor_left {
  public:
    no_descriptor_left() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int lowest_free = ::dup(STDERR_FILENO);
        ::close(lowest_free);
        rlimit now = before_;
        now.rlim_cur = static_cast<rlim_t>(lowest_free);
        ::setrlimit(RLIMIT_NOFILE, &now);
    }
    ~no_descriptor_left() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

} // namespace

#ifndef __SANITIZE_ADDRESS__
// UndefinedBehaviorSanitizer looks at an exception's type through a pipe, for which there is no descriptor.
TEST_CASE(
    "where the process has no descriptor left, accept says so and the connection waits for a later one") {
    const auto all = []() -> task<> {
        auto door = tcp_listener::listen(any_port);
        auto client = co_await tcp_stream::connect(door.local());
        co_await client.write("I am still here");
        {
            const no_descriptor_left shortage;
            // Virtual time shows how long the calls wait: the first not at all, the others so long that a
            // loop of accept and catch does not spin.
            auto start = tandem::loop::current().now();
            for (int i = 0; i < 4; ++i) {
                std::string text;
                const auto code = co_await test::failure_code(door.accept(), &text);
                CHECK(code == std::errc::too_many_files_open);
                CHECK_THAT(text,
                           Catch::Contains("goes on waiting") && Catch::Contains(door.local().to_string()));
                const auto waited = tandem::loop::current().now() - start;
                CHECK(waited == (i == 0 ? 0ms : 100ms));
                start = tandem::loop::current().now();
            }
        }
        auto accepted = co_await door.accept();
        CHECK(accepted.remote() == client.local());
        client.close();
        const std::string text = co_await test::read_all(accepted);
        CHECK(text == "I am still here");
    };
    tandem::testing::run_virtual(all());
}

TEST_CASE("an accept that waits for a descriptor has the connection once there is one") {
    const auto all = []() -> task<> {
        auto door = tcp_listener::listen(any_port);
        auto client = co_await tcp_stream::connect(door.local());
        std::optional<no_descriptor_left> shortage(std::in_place);
        const auto code = co_await test::failure_code(door.accept());
        CHECK(code == std::errc::too_many_files_open);
        const auto free_later = [&]() -> task<> {
            co_await tandem::sleep(50ms);
            shortage.reset();
        };
        endpoint from;
        const auto accept = [&]() -> task<> {
            auto accepted = co_await door.accept();
            from = accepted.remote();
        };
        co_await tandem::gather(free_later(), accept());
        CHECK(from == client.local());
    };
    tandem::testing::run_virtual(all());
}

#endif

TEST_CASE("each connection goes to one of the tasks that accept") {
    const auto all = []() -> task<> {
        constexpr int tasks = 5, connections = 100;
        auto door = tcp_listener::listen(any_port);
        std::vector<tcp_stream> accepted, clients;
        const auto accept = [&]() -> task<> {
            while (accepted.size() < connections)
                accepted.push_back(co_await door.accept());
            door.close();
        };
        const auto connect = [&]() -> task<> {
            for (int i = 0; i < connections; ++i)
                clients.push_back(co_await tcp_stream::connect(door.local()));
        };
        const auto body = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < tasks; ++i)
                group.spawn(test::failure_code(accept()));
            co_await connect();
        };
        co_await tandem::with_group(body);
        CHECK(accepted.size() == connections);
    };
    block_on(all());
}

TEST_CASE("closing a listener wakes those who accept, and refuses what comes after") {
    const auto all = []() -> task<> {
        auto door = tcp_listener::listen(any_port);
        const endpoint where = door.local();
        std::error_code of_accept;
        const auto accept = [&]() -> task<> { of_accept = co_await test::failure_code(door.accept()); };
        const auto close = [&]() -> task<> {
            for (int i = 0; i < 100; ++i)
                co_await tandem::yield();
            door.close();
            door.close();
        };
        co_await tandem::gather(accept(), close());
        CHECK(of_accept == std::errc::operation_canceled);
        const auto late = co_await test::failure_code(door.accept());
        CHECK(late == std::errc::bad_file_descriptor);
        const auto refused = co_await test::failure_code(tcp_stream::connect(where));
        CHECK(refused == std::errc::connection_refused);
    };
    block_on(all());
}

TEST_CASE("a port is had by one listener, or shared by several that ask for it") {
    const auto all = []() -> task<> {
        auto door = tcp_listener::listen(any_port);
        try {
            tcp_listener::listen(door.local());
            FAIL("the port was had twice");
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::address_in_use);
            CHECK(std::string(error.what()) ==
                  "listening at " + door.local().to_string() + ": Address already in use");
        }
        auto one = tcp_listener::listen(any_port, listen_options().reuse_port(true));
        auto other = tcp_listener::listen(one.local(), listen_options().reuse_port(true));
        CHECK(one.local() == other.local());
        co_return;
    };
    block_on(all());
}

TEST_CASE("a port can be had again at once while its old connections linger") {
    const auto all = []() -> task<> {
        auto door = tcp_listener::listen(any_port);
        const endpoint where = door.local();
        auto client = co_await tcp_stream::connect(where);
        auto accepted = co_await door.accept();
        // The side that closes first keeps the port in TIME_WAIT.
        accepted.close();
        client.close();
        door.close();
        auto again = tcp_listener::listen(where);
        CHECK(again.local() == where);
    };
    block_on(all());
}

TEST_CASE("a listener at :: takes IPv4 as well, unless it is for IPv6 only") {
    const auto all = []() -> task<> {
        for (const bool v6_only : {false, true}) {
            auto door = tcp_listener::listen(endpoint("::", 0), listen_options().v6_only(v6_only));
            auto v6 = co_await tcp_stream::connect(endpoint("::1", door.local().port()));
            auto accepted = co_await door.accept();
            CHECK(accepted.remote() == v6.local());
            const auto v4 =
                co_await test::failure_code(tcp_stream::connect(endpoint("127.0.0.1", door.local().port())));
            CHECK(v4 == (v6_only ? std::make_error_code(std::errc::connection_refused) : std::error_code()));
        }
    };
    block_on(all());
}

TEST_CASE("wherever accept is cancelled, the connection is had by the next one") {
    test::cancel_at_each_moment([](test::victim& target) -> task<> {
        auto door = tcp_listener::listen(any_port);
        std::vector<tcp_stream> accepted;
        const auto accept = [&]() -> task<> {
            while (accepted.size() < 10)
                accepted.push_back(co_await door.accept());
        };
        const auto accept_all = [&]() -> task<> {
            co_await target.run(accept());
            co_await accept();
        };
        std::vector<tcp_stream> clients;
        const auto connect = [&]() -> task<> {
            for (int i = 0; i < 10; ++i)
                clients.push_back(co_await tcp_stream::connect(door.local()));
        };
        co_await tandem::gather(accept_all(), connect());
        for (std::size_t i = 0; i < 10; ++i)
            CHECK(accepted[i].remote() == clients[i].local());
    });
}
