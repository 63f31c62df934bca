#include <catch2/catch.hpp>

#include <atomic>

#include <tandem/http/client.hpp>

#include <retry/http_date.hpp>
#include <retry/retry_after.hpp>

#include "http/in_loop.hpp"
#include "http/pausing_time.hpp"
#include "support/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::duration;
using tandem::task;
using tandem::http::detail::http_date;
using tandem::http::detail::retry_after;
using test::reply;
using test::scripted_server;

namespace {

const auto moment = std::chrono::sys_days(std::chrono::November / 6 / 1994) + 8h + 49min + 37s;

std::optional<duration> asked(const char* value, const char* date = nullptr) {
    headers fields;
    fields.add("Retry-After", value);
    if (date) fields.add("Date", date);
    return retry_after(fields, moment);
}

/// How long a client waits for a server that answers once with 503 and these fields; the policy's own pause
/// would be 2 s.
duration pause_for(std::string fields, int expected_status = 200) {
    std::atomic<int> count = 0;
    scripted_server server(test::answering(
        [&](const std::string&) { return ++count == 1 ? reply("busy", fields, "503 Busy") : reply("ok"); }));
    return test::in_pausing_time([&]() -> task<> {
        client web(client_options().retry(
            tandem::http::retry_policy().pause(2s).jitter(0).longest_retry_after(20s)));
        auto answer = co_await web.get(server.url()).send();
        CHECK(answer.status() == expected_status);
    });
}

} // namespace

TEST_CASE("a date is read in each of its three forms") {
    CHECK(http_date("Sun, 06 Nov 1994 08:49:37 GMT") == moment);
    CHECK(http_date("Sunday, 06-Nov-94 08:49:37 GMT") == moment);
    CHECK(http_date("Sun Nov  6 08:49:37 1994") == moment);
    CHECK(http_date("Wed Nov 16 08:49:37 1994") == moment + std::chrono::days(10));
    CHECK(http_date("Thu, 01 Jan 1970 00:00:00 GMT") == std::chrono::sys_seconds());
    CHECK(http_date("Fri, 01-Jan-69 00:00:00 GMT") > moment);
    CHECK(http_date("Tue, 29 Feb 2000 23:59:60 GMT"));
}

TEST_CASE("what is no date is none") {
    for (const char* text :
         {"", " ", "Sun", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49:37", "06 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
          "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 1900 00:00:00 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
          "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT x", "Sun, 0x Nov 1994 08:49:37 GMT",
          ", ", "Sun,  6 Nov 1994 08:49:37 GMT"})
        CHECK_FALSE(http_date(text));
}

TEST_CASE("Retry-After is a number of seconds, or the time until a date") {
    CHECK(asked("0") == 0s);
    CHECK(asked("120") == 120s);
    CHECK(asked("Sun, 06 Nov 1994 08:50:07 GMT") == 30s);
    CHECK(asked("Sunday, 06-Nov-94 08:50:07 GMT") == 30s);
    CHECK(asked("Sun Nov  6 08:50:07 1994") == 30s);
}

TEST_CASE("a date counts by the clock of the server, where it tells") {
    CHECK(asked("Sun, 06 Nov 1994 09:00:10 GMT", "Sun, 06 Nov 1994 09:00:00 GMT") == 10s);
    CHECK(asked("Sun, 06 Nov 1994 08:50:07 GMT", "nonsense") == 30s);
}

TEST_CASE("a date that has passed is no time at all") {
    CHECK(asked("Sun, 06 Nov 1994 08:00:00 GMT") == 0s);
}

TEST_CASE("what cannot be read is as if it were not there, and what is beyond reason is long") {
    for (const char* text : {"", "-1", "+1", "1.5", "5 s", "soon", "0x10"})
        CHECK_FALSE(asked(text));
    CHECK(asked("99999999999999999999999999").value() > std::chrono::hours(24 * 365));
    CHECK(asked("Fri, 31 Dec 9999 23:59:59 GMT").value() > std::chrono::hours(24 * 365));
}

TEST_CASE("a request waits as long as the server asks, in both forms") {
    CHECK(pause_for("Retry-After: 7\r\n") == 7s);
    CHECK(pause_for(
              "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:46 GMT\r\n") == 9s);
}

TEST_CASE("the pause that is due holds where the server asks for less, or for nothing that can be read") {
    CHECK(pause_for("Retry-After: 1\r\n") == 2s);
    CHECK(pause_for("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n") == 2s);
    CHECK(pause_for("Retry-After: soon\r\n") == 2s);
}

TEST_CASE("a reply that asks for more than the policy allows is handed out at once") {
    CHECK(pause_for("Retry-After: 21\r\n", 503) == 0s);
    CHECK(pause_for("Retry-After: 99999999999999999999\r\n", 503) == 0s);
    CHECK(pause_for("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", 503) == 0s);
}

TEST_CASE("an error of a reply tells how long the server asks to be left alone") {
    scripted_server server(test::answering([&](const std::string& target) {
        return reply("busy", target == "/asks" ? "Retry-After: 7\r\n" : "", "503 Busy");
    }));
    test::in_loop([&]() -> task<> {
        client web;
        const auto asks = co_await test::failure_of<status_error>(web.get(server.url("/asks")).text());
        CHECK(asks.retry_after() == duration(7s));
        const auto other = co_await test::failure_of<status_error>(web.get(server.url("/")).text());
        CHECK(other.retry_after() == std::nullopt);
    });
}
