// Download sets and hosts that say that they have too much to do.
#include <catch2/catch.hpp>

#include <atomic>
#include <set>
#include <string>

#include <tandem/http/client.hpp>
#include <tandem/http/download_set.hpp>

#include "http/in_loop.hpp"
#include "http/pausing_time.hpp"
#include "http/sets.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::all_of;
using test::answering;
using test::conversation;
using test::crowd_counter;
using test::has_all;
using test::in_folder;
using test::in_loop;
using test::in_pausing_time;
using test::item_list;
using test::numbered;
using test::quick;
using test::reply;
using test::scripted_server;
using http_retry = tandem::http::retry_policy;

TEST_CASE("a host that says it has too much to do is asked for less, until it has not") {
    const test::temp_folder folder;
    crowd_counter crowd;
    std::atomic<int> refused = 0;
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request()) {
            const bool is_too_much = crowd.enter() > 2;
            crowd.wait_for(3);
            if (is_too_much) ++refused;
            talk.send(is_too_much ? reply("", "", "429 Too Many Requests") : reply("x"));
            crowd.leave();
        }
    });
    in_loop([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 60, in_folder(folder).retry(quick()));
        download_set set(list, download_set_options().jobs(16));
        const std::string origin(url(server.url()).origin());
        CHECK(set.at_once(origin) == 16);
        std::size_t least = 16;
        while (const auto outcome = co_await set.next()) {
            least = std::min(least, set.at_once(origin));
        }
        CHECK(set.statistics().saved == 60);
        CHECK(set.statistics().overloads == static_cast<std::uint64_t>(refused));
        CHECK(set.statistics().retries == set.statistics().overloads);
        CHECK(least < 16);
    });
    CHECK(refused > 0);
}

TEST_CASE("a host is left alone for as long as it asks") {
    const auto status = GENERATE(as<std::string>{}, "429 Slow Down", "503 Busy");
    const test::temp_folder folder;
    std::atomic<int> count = 0;
    scripted_server server(answering([&](const std::string& target) {
        return ++count <= 1 ? reply("busy", "Retry-After: 7\r\n", status) : reply(target);
    }));
    const auto passed = in_pausing_time([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 6, in_folder(folder).retry(quick()));
        download_set set(list, download_set_options().jobs(1));
        const auto all = co_await all_of(set);
        CHECK(all.files.size() == 6);
        CHECK(set.statistics().overloads == 1);
    });
    CHECK(passed == 7s);
    CHECK(count == 7);
}

TEST_CASE("a host that never has time is given up, by each download after its attempts") {
    const test::temp_folder folder;
    scripted_server server(answering([](const std::string&) { return reply("", "", "503 Busy"); }));
    in_loop([&]() -> task<> {
        client web;
        auto list = numbered(web, server, 2, in_folder(folder).retry(quick().attempts(3)));
        list.emplace_back(web.get(server.url("/once")), in_folder(folder).no_retry());
        download_set set(list, download_set_options().jobs(1));
        const auto all = co_await all_of(set);
        CHECK(all.errors.size() == 3);
        CHECK(all.errors.at("/0") == server.url("/0") + ": 503 Busy");
        CHECK(set.statistics().overloads == 7);
        CHECK(set.statistics().retries == 4);
    });
    CHECK(server.requests().size() == 7);
}

TEST_CASE(
    "a set backs off where the policy says all errors, too, and asks no more when its time has passed") {
    const test::temp_folder folder;
    std::atomic<int> count = 0;
    scripted_server server(answering([&](const std::string&) {
        return ++count == 1 ? reply("", "", "404 Gone") : reply("", "Retry-After: 6\r\n", "429 Slow Down");
    }));
    const auto passed = in_pausing_time([&]() -> task<> {
        client web;
        const auto policy = http_retry().pause(3s).jitter(0).attempts(20);
        const auto list = numbered(
            web, server, 1, in_folder(folder).retry(http_retry(policy).all_errors().give_up_after(16s)));
        download_set set(list);
        const auto all = co_await all_of(set);
        CHECK(has_all(all.errors.at("/0"), "429 Slow Down"));
        CHECK(set.statistics().overloads == 3);
        CHECK(set.statistics().retries == 3);
    });
    CHECK(passed == 3s + 6s + 6s);
    CHECK(count == 4);
}

TEST_CASE("what still waits for its turn when its time has passed fails as it was refused") {
    const test::temp_folder folder;
    scripted_server busy(
        answering([](const std::string&) { return reply("", "Retry-After: 5\r\n", "503 Busy"); }));
    std::atomic<int> count = 0;
    scripted_server other(answering([&](const std::string& target) {
        return ++count == 1 ? reply("", "Retry-After: 12\r\n", "502 Bad Gateway") : reply(target);
    }));
    const auto passed = in_pausing_time([&]() -> task<> {
        client web;
        item_list list;
        list.emplace_back(web.get(busy.url("/late")), in_folder(folder).retry(quick().give_up_after(10s)));
        list.emplace_back(web.get(other.url("/x")), in_folder(folder).retry(quick()));
        download_set set(list, download_set_options().jobs(1));
        const auto all = co_await all_of(set);
        CHECK(all.files == std::set<std::string>{"/x"});
        CHECK(has_all(all.errors.at("/late"), "503 Busy"));
    });
    CHECK(passed >= 12s);
    CHECK(busy.requests().size() == 1);
}

TEST_CASE("a host that asks for more patience than there is is given up at once") {
    const test::temp_folder folder;
    scripted_server server(
        answering([](const std::string&) { return reply("", "Retry-After: 1000\r\n", "429 Slow Down"); }));
    const auto passed = in_pausing_time([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 3, in_folder(folder).retry(quick()));
        download_set set(list);
        const auto all = co_await all_of(set);
        CHECK(all.errors.size() == 3);
    });
    CHECK(passed == 0s);
    CHECK(server.requests().size() == 3);
}

TEST_CASE("other failures are each download's own to try again") {
    const bool backs_off = GENERATE(true, false);
    const test::temp_folder folder;
    std::atomic<int> count = 0;
    scripted_server server(answering([&](const std::string& target) {
        const int number = ++count;
        if (number == 1) return reply("", "", "502 Bad Gateway");
        if (number == 2) return reply("", "", "503 Busy");
        return reply(target);
    }));
    in_loop([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 1, in_folder(folder).retry(quick()));
        download_set set(list, download_set_options().back_off(backs_off));
        const auto all = co_await all_of(set);
        CHECK(all.files.size() == 1);
        CHECK(set.statistics().retries == 2);
        CHECK(set.statistics().overloads == (backs_off ? 1u : 0u));
    });
}
