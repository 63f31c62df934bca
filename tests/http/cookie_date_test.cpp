#include <catch2/catch.hpp>

#include <cookie/cookie_date.hpp>

using tandem::http::cookie_time;
using tandem::http::detail::parse_cookie_date;

namespace {

/// Seconds since 1970; -1 where it is no date.
long long seconds(std::string_view text) {
    const auto date = parse_cookie_date(text);
    return date ? static_cast<long long>(date->time_since_epoch().count()) : -1;
}

} // namespace

TEST_CASE("the date of a cookie is read in each of HTTP's forms") {
    CHECK(seconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
    CHECK(seconds("Sunday, 06-Nov-94 08:49:37 GMT") == 784111777);
    CHECK(seconds("Sun Nov  6 08:49:37 1994") == 784111777);
}

TEST_CASE("the date of a cookie is found among its words, in any order") {
    CHECK(seconds("1994 nov 6 8:49:37") == 784111777);
    CHECK(seconds("8:49:37 6 novembre 1994 whatever 5 Jan") == 784111777);
    CHECK(seconds("06-NOV-1994;08:49:37/GMT") == 784111777);
    CHECK(seconds("6th Nov 1994th 08:49:37pm") == 784111777);
    CHECK(seconds("Sun, 06 Nov 1994 08:49:37 +0900") == 784111777);
}

TEST_CASE("years of two digits are of this century up to 69") {
    CHECK(seconds("01 Jan 70 00:00:00") == 0);
    CHECK(seconds("31 Dec 99 23:59:59") == 946684799);
    CHECK(seconds("01 Jan 00 00:00:00") == 946684800);
    CHECK(seconds("01 Jan 69 00:00:00") == 3124224000);
}

TEST_CASE("a date of a cookie that cannot be is none") {
    for (const char* bad :
         {"", "Sun, 06 Nov 1994", "06 1994 08:49:37", "Nov 1994 08:49:37", "06 Nov 08:49:37",
          "32 Nov 1994 08:49:37", "00 Nov 1994 08:49:37", "31 Nov 1994 08:49:37", "29 Feb 2023 00:00:00",
          "06 Nov 1600 08:49:37", "06 Nov 1994 24:00:00", "06 Nov 1994 08:60:00", "06 Nov 1994 08:49:60",
          "06 Nov 1994 08:49", "06 Nov 1994 008:49:37", "06 Nov 19945 08:49:37", "06 Non 1994 08:49:37"}) {
        INFO(bad);
        CHECK(seconds(bad) == -1);
    }
    CHECK(seconds("29 Feb 2024 00:00:00") == 1709164800);
    CHECK(seconds("01 Jan 9999 00:00:00") == 253370764800);
}
