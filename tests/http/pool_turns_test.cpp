#include <catch2/catch.hpp>

#include <atomic>
#include <vector>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/cancel_at_each_moment.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/tls_pair.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using tandem::task_group;
using test::conversation;
using test::echo_target;
using test::failure_of;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// Answers "/held" only once `release` was called.
class holding_script {
  public:
    scripted_server::script run() {
        return [this](conversation& talk) {
            while (auto request = talk.request()) {
                if (test::target_of(*request) == "/held") released_.wait(false);
                talk.send(reply(test::target_of(*request)));
            }
        };
    }
    void release() {
        released_ = true;
        released_.notify_all();
    }

  private:
    std::atomic<bool> released_{false};
};

task<> note(std::vector<std::string>& order, request_builder request, std::string name) {
    co_await request.text();
    order.push_back(std::move(name));
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("under the total limit requests to several hosts get their turns in the order they came") {
    scripted_server first(echo_target());
    scripted_server second(echo_target());
    scripted_server third(echo_target());
    names order;
    in_loop([&]() -> task<> {
        client web(client_options().total(1));
        auto body = [&](task_group& group) -> task<> {
            const scripted_server* servers[] = {&second, &first, &third, &first, &second, &third, &first};
            for (int i = 0; i < 7; ++i)
                group.spawn(note(order, web.get(servers[i]->url()), std::to_string(i)));
            co_return;
        };
        co_await tandem::with_group(body);
        CHECK(web.statistics().waiting == 0);
        CHECK(web.statistics().closed_for_room == 6);
    });
    CHECK(order == names{"0", "1", "2", "3", "4", "5", "6"});
}

TEST_CASE("a host without room holds up nobody who waits behind it for another host") {
    holding_script holding;
    scripted_server busy(holding.run());
    scripted_server quiet(echo_target());
    names order;
    in_loop([&]() -> task<> {
        client web(client_options().per_host(1).total(3));
        auto body = [&](task_group& group) -> task<> {
            group.spawn(note(order, web.get(busy.url("/held")), "held"));
            group.spawn(note(order, web.get(busy.url("/next")), "next"));
            group.spawn(note(order, web.get(quiet.url("/a")), "a"));
            group.spawn(note(order, web.get(quiet.url("/b")), "b"));
            while (order.size() < 2)
                co_await tandem::sleep(1ms);
            CHECK(web.statistics().waiting == 1);
            holding.release();
        };
        co_await tandem::with_group(body);
    });
    CHECK(order == names{"a", "b", "held", "next"});
}

TEST_CASE("a newcomer does not overtake those who wait") {
    holding_script holding;
    scripted_server server(holding.run());
    names order;
    in_loop([&]() -> task<> {
        client web(client_options().per_host(1));
        auto body = [&](task_group& group) -> task<> {
            auto& held = order;
            auto newcomer = [&]() -> task<> {
                co_await web.get(server.url("/held")).text();
                held.push_back("held");
                // The place is free again here, and somebody waits for it.
                co_await web.get(server.url("/again")).text();
                held.push_back("again");
            };
            group.spawn(newcomer);
            co_await tandem::yield();
            group.spawn(note(order, web.get(server.url("/waiting")), "waiting"));
            while (web.statistics().waiting < 1)
                co_await tandem::sleep(1ms);
            holding.release();
        };
        co_await tandem::with_group(body);
    });
    CHECK(order == names{"held", "waiting", "again"});
}

TEST_CASE("a limit holds for one origin's connections of all kinds together") {
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web(client_options().per_host(1));
        for (const char* from : {"127.0.0.1", "127.0.0.5", "127.0.0.6"})
            co_await web.get(server.url()).local_address(from).text();
        CHECK(web.statistics().idle == 1);
        CHECK(web.statistics().closed_for_room == 2);
    });
}

TEST_CASE("a request may limit how long it waits for its turn") {
    holding_script holding;
    scripted_server server(holding.run());
    in_loop([&]() -> task<> {
        client web(client_options().per_host(1));
        auto body = [&](task_group& group) -> task<> {
            names ignored;
            group.spawn(note(ignored, web.get(server.url("/held")), ""));
            co_await tandem::yield();
            auto work = web.get(server.url("/late")).queue_timeout(20ms).connect_timeout(1ms).text();
            auto error = co_await failure_of<timeout_error>(std::move(work));
            CHECK(error.which() == time_limit::queue);
            CHECK(error.cause() == "queue time-out: no connection was free for 0.02 s");
            CHECK(web.statistics().waiting == 0);
            holding.release();
            co_await tandem::sleep(1ms);
            while (web.statistics().active > 0)
                co_await tandem::sleep(1ms);
        };
        co_await tandem::with_group(body);
    });
    CHECK(server.requests().size() == 1);
}

namespace {

/// One of three requests for two places is cancelled somewhere between its first step and its last; the
/// others have to come through, and the pool to have its places again.
task<> cancel_one_of_three(test::victim& target, bool over_tls) {
    test::server_setup setup;
    if (over_tls) setup.who = test::test_identity();
    const scripted_server server(echo_target(), setup);
    client web(client_options().per_host(2).ca_file(test::test_authority().file()));
    auto link = server.url("/file", "localhost");
    int done = 0;
    auto fetch = [&]() -> task<> {
        auto body = co_await web.get(link).text();
        CHECK(body == "/file");
        ++done;
    };
    auto fetch_quietly = [&]() -> task<> { co_await web.get(link).text(); };
    auto body = [&](task_group& group) -> task<> {
        group.spawn(fetch);
        group.spawn(fetch);
        co_await target.run(fetch_quietly());
        co_await fetch();
    };
    co_await tandem::with_group(body);
    CHECK(done == 3);
    CHECK(web.statistics().active == 0);
    CHECK(web.statistics().waiting == 0);
    CHECK(web.statistics().idle <= 2);
}

} // namespace

TEST_CASE("a request cancelled at any step leaves the pool sound") {
    test::cancel_at_each_moment([](test::victim& target) { return cancel_one_of_three(target, false); });
}

TEST_CASE("a request over TLS cancelled at any step leaves the pool sound") {
    test::cancel_at_each_moment([](test::victim& target) { return cancel_one_of_three(target, true); });
}
