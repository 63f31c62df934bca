// Cancels requests at many moments of their lives.
#pragma once
#include <catch2/catch.hpp>

#include <chrono>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>

namespace test {

/// Runs three of `work()`, a task that uses `web`, at the same time, and cancels them a little later each
/// round: after some time or, every other round, after some steps of the loop. Each time the client has to
/// have all its places back; `look` sees to the rest.
template <class Work, class Look>
tandem::task<> cancel_in_rounds(int rounds, tandem::http::client& web, const Work& work, const Look& look) {
    constexpr int at_once = 3;
    constexpr std::chrono::microseconds later(50);
    for (int round = 0; round < rounds; ++round) {
        INFO("cancelled in round " << round);
        auto body = [&](tandem::task_group& group) -> tandem::task<> {
            for (int i = 0; i < at_once; ++i)
                group.spawn(work());
            if (round % 2 == 0) {
                co_await tandem::sleep(round * later);
            } else {
                for (int i = 0; i < round; ++i)
                    co_await tandem::yield();
            }
            group.cancel();
        };
        co_await tandem::with_group(body);
        CHECK(web.statistics().active == 0);
        CHECK(web.statistics().waiting == 0);
        look();
    }
}

template <class Work>
tandem::task<> cancel_in_rounds(int rounds, tandem::http::client& web, const Work& work) {
    const auto nothing = [] {};
    co_await cancel_in_rounds(rounds, web, work, nothing);
}

} // namespace test
