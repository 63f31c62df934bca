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
#include <tandem/testing/virtual_time.hpp>

#include "support/told_time.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::endpoint;
using tandem::resolve;
using tandem::task;

namespace {

/// How many lookups of names that begin with "stuck" are under way, and how many there were of names that
/// begin with "counted", "missing" (there is no such name) and "troubled" (the name server has failed).
std::atomic<int> stuck{0};
std::atomic<int> counted{0};
std::atomic<int> missing{0};
std::atomic<int> troubled{0};
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
    if (name.starts_with("missing")) {
        ++missing;
        return EAI_NONAME;
    }
    if (name.starts_with("troubled")) {
        ++troubled;
        return EAI_AGAIN;
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
    test::told_time time;
    int resolved = 0;
    auto all = [&]() -> task<> {
        co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
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
                group.spawn([](int n, int& count) -> task<> {
                    auto text = co_await addresses_of("counted" + std::to_string(n) + ".invalid");
                    CHECK(text == "127.0.0.9:80");
                    ++count;
                }(i, resolved));
            while (resolved < 100 || stuck < 3) // a lookup that no thread has begun would be taken back
                co_await tandem::yield();
            time.pass(300ms);
        });
    };
    test::in_told_time(time, all);
    CHECK(counted == 100);
    CHECK(stuck == 3);
    end_stuck_lookups();
}

TEST_CASE(
    "twenty names behind a dead name server, and all waited for, do not keep a hundred others waiting") {
    dead_server_answers = false;
    counted = 0;
    auto body = [](tandem::task_group& group) -> task<> {
        for (int i = 0; i < 20; ++i)
            group.spawn(addresses_of("stuck" + std::to_string(i) + ".invalid"));
        // All of them stand in getaddrinfo before the first of the others comes.
        while (stuck < 20)
            co_await tandem::sleep(1ms);
        int resolved = 0;
        auto one = [&resolved](int n) -> task<> {
            auto text = co_await addresses_of("counted" + std::to_string(n) + ".invalid");
            CHECK(text == "127.0.0.9:80");
            ++resolved;
        };
        auto hundred = [&](tandem::task_group& others) -> task<> {
            for (int i = 0; i < 100; ++i)
                others.spawn(one(i));
            co_return;
        };
        co_await tandem::with_group(hundred);
        CHECK(resolved == 100);
        CHECK(stuck == 20);
        group.cancel();
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    CHECK(counted == 100);
    end_stuck_lookups();
}

TEST_CASE("lookups that nobody waits for any more do not use up the threads") {
    dead_server_answers = false;
    auto abandon_many = []() -> task<> {
        co_await tandem::with_group([](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 100; ++i)
                group.spawn(addresses_of("stuck" + std::to_string(i) + ".invalid"));
            // 64 at most are under way; the rest wait for a thread.
            while (stuck < 64)
                co_await tandem::sleep(1ms);
            CHECK(stuck == 64);
            const auto numbers = tandem::resolver::current().statistics();
            CHECK(numbers.lookups_under_way == 64);
            CHECK(numbers.lookups_queued == 36);
            group.cancel();
        });
    };
    block_on(abandon_many());
    CHECK(block_on(addresses_of("counted.invalid")) == "127.0.0.9:80");
    CHECK(stuck >= 64);
    const auto left = []() -> task<std::size_t> {
        co_return tandem::resolver::current().statistics().lookups_left;
    };
    CHECK(block_on(left()) == 64);
    end_stuck_lookups();
}

TEST_CASE("an answer is kept for thirty seconds, in whatever case the name is written") {
    counted = 0;
    auto all = []() -> task<> {
        auto& names = tandem::resolver::current();
        auto first = co_await addresses_of("counted.invalid");
        CHECK(first == "127.0.0.9:80");
        co_await tandem::sleep(29s);
        auto second = co_await resolve("Counted.INVALID", 443);
        CHECK(second.at(0).to_string() == "127.0.0.9:443");
        CHECK(counted == 1);
        CHECK(names.statistics().hits == 1);
        CHECK(names.statistics().misses == 1);
        CHECK(names.statistics().names_kept == 1);
        // Its age counts from the answer, not from its last use.
        co_await tandem::sleep(1s);
        (void)co_await addresses_of("counted.invalid");
        CHECK(counted == 2);
        names.clear();
        CHECK(names.statistics().names_kept == 0);
        (void)co_await addresses_of("counted.invalid");
        CHECK(counted == 3);
    };
    tandem::testing::run_virtual(all());
}

TEST_CASE("that a name does not exist is kept for two seconds, that a name server failed is not") {
    missing = troubled = 0;
    auto fail = [](std::string host) -> task<int> {
        auto outcome = co_await tandem::as_result(addresses_of(host));
        try {
            outcome.value();
        } catch (const tandem::resolve_error& error) {
            CHECK_THAT(error.what(), Catch::Contains(host));
            co_return error.code().value();
        }
        co_return 0;
    };
    auto all = [&]() -> task<> {
        for (int i = 0; i < 3; ++i) {
            const int none = co_await fail("missing.invalid");
            CHECK(none == EAI_NONAME);
            const int again = co_await fail("troubled.invalid");
            CHECK(again == EAI_AGAIN);
        }
        CHECK(missing == 1);
        CHECK(troubled == 3);
        co_await tandem::sleep(2s);
        (void)co_await fail("missing.invalid");
        CHECK(missing == 2);
        const auto numbers = tandem::resolver::current().statistics();
        CHECK(numbers.hits == 2);
        CHECK(numbers.misses == 5);
        CHECK(numbers.failures == 7);
    };
    tandem::testing::run_virtual(all());
}

TEST_CASE("a resolver keeps as many names as it may, and the latest answers") {
    counted = 0;
    auto all = []() -> task<> {
        tandem::resolver names(tandem::resolver_options().capacity(2).positive_age(1h));
        for (const char* host : {"counted1.invalid", "counted2.invalid", "counted3.invalid"})
            (void)co_await names.resolve(host, 80);
        CHECK(names.statistics().names_kept == 2);
        (void)co_await names.resolve("counted3.invalid", 80);
        (void)co_await names.resolve("counted2.invalid", 80);
        CHECK(counted == 3);
        (void)co_await names.resolve("counted1.invalid", 80);
        CHECK(counted == 4);
        // Other settings hold for what is there already.
        names.set_options(tandem::resolver_options().positive_age(0s));
        (void)co_await names.resolve("counted1.invalid", 80);
        CHECK(counted == 5);
        CHECK(names.options().positive_age() == 0s);
        // The loop's own one knows nothing of it.
        CHECK(tandem::resolver::current().statistics().misses == 0);
        (void)co_await names.resolve("127.0.0.1", 80);
        CHECK(names.statistics().at_once == 1);
    };
    tandem::testing::run_virtual(all());
}

TEST_CASE("a resolver may go away while a lookup of it is under way") {
    dead_server_answers = false;
    auto all = []() -> task<> {
        auto body = [](tandem::task_group& group) -> task<> {
            {
                tandem::resolver names;
                group.spawn(names.resolve("stuck.invalid", 80));
                while (stuck < 1)
                    co_await tandem::sleep(1ms);
            }
            group.cancel();
        };
        co_await tandem::with_group(body);
    };
    block_on(all());
    end_stuck_lookups();
}

TEST_CASE("a program with a stuck lookup ends all the same") {
    // The process that runs this case exits while a lookup's thread still stands in getaddrinfo.
    auto give_up = []() -> task<> { co_await tandem::timeout(1ms, addresses_of("endless.invalid")); };
    CHECK_THROWS_AS(block_on(give_up()), tandem::timed_out);
}
