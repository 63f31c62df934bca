#include <catch2/catch.hpp>

#include <tandem/coro/for_each.hpp>
#include <tandem/http/client.hpp>

#include <retry/retry_budget.hpp>

#include "http/pausing_time.hpp"
#include "support/log_capture.hpp"
#include "support/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using tandem::http::detail::retry_budgets;
using test::reply;
using test::scripted_server;
using http_retry = tandem::http::retry_policy;

namespace {

const tandem::time_point start(std::chrono::hours(1));

int take_all(retry_budgets& budgets, const std::string& origin, const http_retry& policy,
             tandem::time_point now) {
    int count = 0;
    while (budgets.take(origin, policy, now))
        ++count;
    return count;
}

/// How many requests a server gets from 50 callers, each of which it tells to try again.
std::size_t requests_in_a_storm(const http_retry& policy, client_statistics& counts) {
    test::log_capture captured(tandem::log_level::info);
    scripted_server server(test::answering([](const std::string&) { return reply("", "", "503 Busy"); }));
    test::in_pausing_time([&]() -> task<> {
        // Longer than all pauses together, which pass while a busy machine keeps some replies waiting.
        client web(client_options().retry(policy).first_byte_timeout(1h));
        const auto ask = [&](int) -> task<> {
            auto answer = co_await web.get(server.url()).send();
            CHECK(answer.status() == 503);
        };
        std::vector<int> callers(50);
        co_await tandem::for_each(callers, tandem::at_most(50), ask);
        counts = web.statistics();
    });
    return server.requests().size();
}

} // namespace

TEST_CASE("a budget has its reserve, and is filled again by a tenth of it each second") {
    retry_budgets budgets;
    const auto policy = http_retry().budget(10);
    CHECK(take_all(budgets, "http://a", policy, start) == 10);
    CHECK(take_all(budgets, "http://a", policy, start + 3s) == 3);
    CHECK(take_all(budgets, "http://a", policy, start + 1h) == 10);
}

TEST_CASE("each request adds its share to a budget") {
    retry_budgets budgets;
    const auto policy = http_retry().budget(10, 0.25);
    CHECK(take_all(budgets, "http://a", policy, start) == 10);
    for (int i = 0; i < 8; ++i)
        budgets.note_request("http://a", policy);
    CHECK(take_all(budgets, "http://a", policy, start) == 2);
    for (int i = 0; i < 1000; ++i)
        budgets.note_request("http://a", policy);
    CHECK(take_all(budgets, "http://a", policy, start) == 10);
}

TEST_CASE("each host has a budget of its own") {
    retry_budgets budgets;
    const auto policy = http_retry().budget(3);
    CHECK(take_all(budgets, "http://a", policy, start) == 3);
    CHECK(take_all(budgets, "http://b", policy, start) == 3);
    for (int i = 0; i < 1000; ++i)
        budgets.take("http://host-" + std::to_string(i), policy, start + 1h);
    CHECK(take_all(budgets, "http://a", policy, start + 1h) == 3);
}

TEST_CASE("a budget stops a retry storm") {
    client_statistics counts;
    const auto policy = http_retry().pause(2s).jitter(0);
    const auto without = requests_in_a_storm(http_retry(policy).no_budget(), counts);
    CHECK(without == 4 * 50);
    CHECK(counts.retries_withheld == 0);
    const auto with = requests_in_a_storm(policy, counts);
    // The reserve of 10, and one for each second that passes: 14 in the pauses of 2, 4 and 8 s, and more
    // where the machine is so busy that the callers do not all pause at once.
    CHECK(with >= 50 + 10);
    CHECK(with <= without * 2 / 3);
    CHECK(counts.retries_withheld >= 25);
    CHECK(counts.retried == with - 50);
}
