#include <catch2/catch.hpp>

#include <semaphore>
#include <thread>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/certificates.hpp"
#include "support/proxies.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::duration;
using tandem::task;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// Answers in two steps of 5 ms each. They begin when the client has noted that its request is sent: on a
/// busy machine the server may have it long before.
class late_server {
  public:
    scripted_server::script run() {
        return [this](test::conversation& talk) {
            while (talk.request()) {
                sent_.acquire();
                std::this_thread::sleep_for(5ms);
                talk.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
                std::this_thread::sleep_for(5ms);
                talk.send("body");
            }
        };
    }
    client_options options() {
        return client_options().trace([this](const trace_event& event) {
            if (event.step == trace_step::request_sent) sent_.release();
        });
    }

  private:
    std::counting_semaphore<> sent_{0};
};

} // namespace

TEST_CASE("a reply tells where its time went") {
    test::certificate_authority authority;
    late_server late;
    scripted_server server(late.run(), authority.issue("DNS:localhost"));
    in_loop([&]() -> task<> {
        client web(late.options().ca_file(authority.file()));
        auto answer = co_await web.get(server.url("/", "localhost")).send();
        const auto before = answer.timings();
        CHECK(before.connect > 0s);
        CHECK(before.tls > 0s);
        CHECK(before.first_byte >= 5ms);
        CHECK(before.proxy == 0s);
        CHECK(before.total >= before.queue + before.dns + before.connect + before.tls + before.first_byte);
        co_await answer.text();
        const auto after = answer.timings();
        CHECK(after.total >= before.total);
        CHECK(after.total >= 10ms);
        CHECK(answer.timings().total == after.total);
    });
}

TEST_CASE("a connection that stood already took no time to make") {
    test::certificate_authority authority;
    late_server late;
    scripted_server server(late.run(), authority.issue("DNS:localhost"));
    in_loop([&]() -> task<> {
        client web(late.options().ca_file(authority.file()));
        co_await web.get(server.url("/", "localhost")).text();
        auto answer = co_await web.get(server.url("/", "localhost")).send();
        const auto times = answer.timings();
        CHECK(times.dns == 0s);
        CHECK(times.connect == 0s);
        CHECK(times.tls == 0s);
        CHECK(times.first_byte >= 5ms);
    });
}

TEST_CASE("the way through a proxy has a time of its own") {
    late_server late;
    scripted_server origin(late.run());
    scripted_server proxy(test::http_proxy());
    in_loop([&]() -> task<> {
        client web(late.options().proxy("127.0.0.1:" + std::to_string(proxy.port())).proxy_tunnel());
        auto answer = co_await web.get(origin.url("/", "site.example")).send();
        CHECK(answer.timings().proxy > 0s);
        CHECK(answer.timings().tls == 0s);
    });
}

TEST_CASE("redirects count for the total only") {
    scripted_server slow([](test::conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request) == "/a") {
                std::this_thread::sleep_for(20ms);
                talk.send(reply("", "Location: /b\r\n", "302 Found"));
            } else {
                talk.send(reply("ok"));
            }
        }
    });
    in_loop([&]() -> task<> {
        client web;
        auto answer = co_await web.get(slow.url("/a")).send();
        co_await answer.text();
        CHECK(answer.timings().total >= 20ms);
        CHECK(answer.timings().connect == 0s);
        CHECK(answer.timings().total - answer.timings().first_byte >= 20ms);
    });
}
