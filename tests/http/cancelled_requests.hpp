// Requests that are cancelled, each a little later than the one before.
#pragma once
#include <catch2/catch.hpp>

#include <chrono>
#include <string>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>

namespace test {

/// Asks for `link` and cancels that, `rounds` times, later and later; nothing may be left of it. The client's
/// next request has to succeed all the same.
inline tandem::task<> cancel_request_at_every_moment(tandem::http::client& web, std::string link,
                                                     int rounds) {
    const auto ask = [&web, &link]() -> tandem::task<> { co_await web.get(link).text(); };
    for (int round = 0; round < rounds; ++round) {
        const auto body = [&](tandem::task_group& group) -> tandem::task<> {
            group.spawn(ask());
            if (round % 2 == 0) {
                co_await tandem::sleep(round * std::chrono::microseconds(40));
            } else {
                for (int i = 0; i < round; ++i)
                    co_await tandem::yield();
            }
            group.cancel();
        };
        co_await tandem::with_group(body);
        CHECK(web.statistics().active == 0);
        CHECK(web.statistics().waiting == 0);
    }
    co_await ask();
}

} // namespace test
