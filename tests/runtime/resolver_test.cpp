#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <thread>

#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

#include <tandem/io/endpoint.hpp>
#include <tandem/io/resolver.hpp>
#include <tandem/runtime.hpp>

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::endpoint;
using tandem::resolve;
using tandem::task;

namespace {

/// How many lookups of names that begin with "stuck" are under way, and how many of "counted" ones there
/// were.
std::atomic<int> stuck{0};
std::atomic<int> counted{0};
std::atomic<bool> dead_server_answers{false};

} // namespace

// Stands before the C library's: names of these tests behave as behind a dead name server, all others are
// passed on.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
    static auto* real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
    std::string name = host ? host : "";
    if (name.starts_with("stuck")) {
        ++stuck;
        dead_server_answers.wait(false);
        --stuck;
        return EAI_AGAIN;
    }
    if (name == "endless.invalid")
        for (;;)
            ::pause();
    if (name.starts_with("counted")) {
        ++counted;
        std::this_thread::sleep_for(20ms);
        return real("127.0.0.9", service, hints, found);
    }
    return real(host, service, hints, found);
}

namespace {

task<std::string> addresses_of(std::string host) {
    auto found = co_await resolve(std::move(host), 80);
    std::string text;
    for (const auto& each : found)
        text += (text.empty() ? "" : " ") + each.to_string();
    co_return text;
}

void end_stuck_lookups() {
    dead_server_answers = true;
    dead_server_answers.notify_all();
    while (stuck > 0)
        std::this_thread::sleep_for(1ms);
}

} // namespace

TEST_CASE("an endpoint is read and written in numbers") {
    CHECK(endpoint("127.0.0.1", 80).to_string() == "127.0.0.1:80");
    CHECK(endpoint("::1", 443).to_string() == "[::1]:443");
    CHECK(endpoint("0:0:0:0:0:0:0:1", 443) == endpoint("::1", 443));
    CHECK(endpoint("fe80::1%lo", 1).scope() != 0);
    CHECK(endpoint("127.9.9.9", 1).is_loopback());
    CHECK(endpoint("::1", 1).is_loopback());
    CHECK_FALSE(endpoint("10.0.0.1", 1).is_loopback());
    CHECK_FALSE(endpoint("::", 1).is_loopback());
    CHECK(endpoint("1.2.3.4", 1).with_port(2).port() == 2);
    CHECK_FALSE(endpoint::parse("", 1));
    CHECK_FALSE(endpoint::parse("127.1", 1));
    CHECK_FALSE(endpoint::parse("1.2.3.4.5", 1));
    CHECK_FALSE(endpoint::parse("::1%no-such-interface", 1));
    CHECK_THROWS_AS(endpoint("localhost", 80), std::invalid_argument);
}

TEST_CASE("addresses and localhost are resolved at once, without a network") {
    CHECK(block_on(addresses_of("127.0.0.1")) == "127.0.0.1:80");
    CHECK(block_on(addresses_of("::1")) == "[::1]:80");
    CHECK(block_on(addresses_of("localhost")) == "127.0.0.1:80 [::1]:80");
    CHECK(block_on(addresses_of("api.LocalHost.")) == "127.0.0.1:80 [::1]:80");
}

TEST_CASE("a name that does not exist is an error that names the host and the cause") {
    for (std::string host : {"no-such-host.invalid", "notlocalhost.invalid", ""}) {
        try {
            block_on(addresses_of(host));
            FAIL("resolved " << host);
        } catch (const tandem::resolve_error& error) {
            CHECK(error.code().category() == tandem::resolver_category());
            CHECK(std::string(error.what()) ==
                  "cannot resolve host '" + host + "': " + error.code().message());
        }
    }
}

TEST_CASE("equal names that are looked up at the same time are looked up once") {
    counted = 0;
    block_on([]() -> task<> {
        co_await tandem::with_group([](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 50; ++i)
                group.spawn(addresses_of("counted.invalid"));
            co_return;
        });
    }());
    CHECK(counted == 1);
    CHECK(block_on(addresses_of("counted.invalid")) == "127.0.0.9:80");
    CHECK(counted == 2);
}

TEST_CASE(
    "a lookup that is stuck is left behind by a time-out, and a hundred others are resolved beside it") {
    dead_server_answers = false;
    counted = 0;
    auto all = []() -> task<> {
        co_await tandem::with_group([](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 3; ++i)
                group.spawn([](int n) -> task<> {
                    bool late = false;
                    try {
                        co_await tandem::timeout(300ms,
                                                 addresses_of("stuck" + std::to_string(n) + ".invalid"));
                    } catch (const tandem::timed_out&) {
                        late = true;
                    }
                    CHECK(late);
                }(i));
            for (int i = 0; i < 100; ++i)
                group.spawn([](int n) -> task<> {
                    auto text = co_await addresses_of("counted" + std::to_string(n) + ".invalid");
                    CHECK(text == "127.0.0.9:80");
                }(i));
            co_return;
        });
    };
    block_on(all());
    CHECK(counted == 100);
    CHECK(stuck == 3);
    end_stuck_lookups();
}

TEST_CASE("lookups that nobody waits for any more do not use up the threads") {
    dead_server_answers = false;
    auto abandon_many = []() -> task<> {
        co_await tandem::with_group([](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 20; ++i)
                group.spawn(addresses_of("stuck" + std::to_string(i) + ".invalid"));
            // Eight at most are under way; the rest wait for a thread.
            while (stuck < 8)
                co_await tandem::sleep(1ms);
            CHECK(stuck == 8);
            group.cancel();
        });
    };
    block_on(abandon_many());
    CHECK(block_on(addresses_of("counted.invalid")) == "127.0.0.9:80");
    CHECK(stuck >= 8);
    end_stuck_lookups();
}

TEST_CASE("a program with a stuck lookup ends all the same") {
    // The process that runs this case exits while a lookup's thread still stands in getaddrinfo.
    auto give_up = []() -> task<> { co_await tandem::timeout(1ms, addresses_of("endless.invalid")); };
    CHECK_THROWS_AS(block_on(give_up()), tandem::timed_out);
}
