#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <netdb.h>

#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>
#include <tandem/io/resolver.hpp>

#include "http/in_loop.hpp"
#include "support/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::endpoint;
using tandem::task;
using test::echo_target;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// How often the system was asked for a name below "counted.example".
std::atomic<int> lookups{0};

} // namespace

// Stands before the C library's: those names lead to this machine, all others are passed on.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
    static auto* real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
    if (!host || !std::string_view(host).ends_with("counted.example"))
        return real(host, service, hints, found);
    ++lookups;
    std::this_thread::sleep_for(20ms); // as long as a name server near by takes
    return real("127.0.0.1", service, hints, found);
}

namespace {

task<> fetch(client& web, std::string link) {
    auto body = co_await web.get(link).text();
    CHECK(body == "/a");
}

} // namespace

TEST_CASE("a second connection to a host makes no second name lookup") {
    scripted_server one(echo_target());
    scripted_server two(echo_target());
    const int before = lookups;
    in_loop([&]() -> task<> {
        client web(client_options().idle_limit(tandem::duration(0)));
        const scripted_server* const servers[] = {&one, &two, &one};
        for (const auto* server : servers)
            co_await fetch(web, server->url("/a", "Again.Counted.example"));
        client other;
        co_await fetch(other, one.url("/a", "again.counted.example"));
        CHECK(web.statistics().connections_opened == 3);
        CHECK(tandem::resolver::current().statistics().misses == 1);
        CHECK(tandem::resolver::current().statistics().hits == 3);
    });
    CHECK(lookups - before == 1);
}

TEST_CASE("connections that are opened at the same time share one name lookup") {
    scripted_server server(echo_target());
    const int before = lookups;
    in_loop([&]() -> task<> {
        client web;
        auto body = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 5; ++i)
                group.spawn(fetch(web, server.url("/a", "together.counted.example")));
            co_return;
        };
        co_await tandem::with_group(body);
        CHECK(web.statistics().connections_opened == 5);
    });
    CHECK(lookups - before == 1);
}

TEST_CASE(
    "a connection goes to the address that the filter was asked about, and to none of a second lookup") {
    scripted_server server(echo_target());
    const int before = lookups;
    in_loop([&]() -> task<> {
        std::vector<std::string> asked;
        client web(client_options().connect_filter([&](const endpoint& address, std::string_view host) {
            asked.push_back(std::string(host) + " " + address.address());
            // What a name server that answers otherwise each time could use.
            tandem::resolver::current().clear();
            return true;
        }));
        co_await fetch(web, server.url("/a", "changing.counted.example"));
        CHECK(asked == std::vector<std::string>{"changing.counted.example 127.0.0.1"});
    });
    CHECK(lookups - before == 1);
}

TEST_CASE("a host with an address of the caller's is not looked up, also behind a redirect") {
    scripted_server server(test::answering([](const std::string& target) {
        if (target == "/a") return reply("/a");
        return reply("", "Location: http://resolved.counted.example/a\r\n", "302 Found");
    }));
    const int before = lookups;
    in_loop([&]() -> task<> {
        const endpoint here("127.0.0.1", server.port());
        client web(client_options().resolve("resolved.counted.example", here));
        co_await fetch(web, "http://resolved.counted.example/a");
        co_await fetch(web, server.url("/moved"));
    });
    CHECK(lookups == before);
}
