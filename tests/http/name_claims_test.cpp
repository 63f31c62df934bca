// Names of files that the downloads of one run take.
#include "download/name_claims.hpp"

#include <catch2/catch.hpp>

using tandem::http::detail::name_claims;

TEST_CASE("a name that a download has is held by its URL") {
    name_claims names;
    name_claims::claim one(names);
    name_claims::claim other(names);
    CHECK_FALSE(one.take("a", "http://x/a"));
    CHECK_FALSE(one.take("a", "http://x/a"));
    CHECK(other.take("a", "http://y/a") == "http://x/a");
    CHECK_FALSE(other.take("b", "http://y/b"));
}

TEST_CASE("a download that fails gives its name back, and so does one that takes another") {
    name_claims names;
    name_claims::claim other(names);
    {
        name_claims::claim one(names);
        CHECK_FALSE(one.take("a", "http://x/a"));
    }
    CHECK_FALSE(other.take("a", "http://y/a"));
    CHECK_FALSE(other.take("b", "http://y/a"));
    name_claims::claim third(names);
    CHECK_FALSE(third.take("a", "http://z/a"));
}

TEST_CASE("a name stays with its URL after the download, for a while or for good") {
    name_claims names;
    for (int i = 0; i < 3000; ++i) {
        name_claims::claim one(names);
        CHECK_FALSE(one.take(std::to_string(i), "http://x/"));
        one.came(i == 0);
    }
    name_claims::claim other(names);
    CHECK(other.take("2999", "http://y/") == "http://x/");
    CHECK(other.take("2800", "http://y/") == "http://x/");
    CHECK(other.take("0", "http://y/") == "an earlier URL of this run");
    CHECK_FALSE(other.take("1", "http://y/"));
}

TEST_CASE("the number after the one that was taken last is tried first") {
    name_claims names;
    for (int number : {0, 1, 2, 7}) {
        name_claims::claim one(names);
        one.take_number("a", number);
        one.came(true);
    }
    const name_claims::claim next(names);
    CHECK(next.first_number("a") == 8);
    CHECK(next.first_number("b") == 0);
}

TEST_CASE("the number of a download that fails is tried again") {
    name_claims names;
    name_claims::claim one(names);
    one.take_number("a", 1);
    {
        name_claims::claim two(names);
        name_claims::claim three(names);
        two.take_number("a", 2);
        three.take_number("a", 3);
        three.came(false);
    }
    const name_claims::claim next(names);
    CHECK(next.first_number("a") == 2);
    CHECK(one.first_number("a") == 1);
    one.give_back();
    CHECK(next.first_number("a") == 1);
}

TEST_CASE("of names with numbers the last ones are remembered, and none that has the name itself") {
    name_claims names;
    for (int i = 0; i < 3000; ++i) {
        name_claims::claim one(names);
        one.take_number(std::to_string(i), i % 2);
        one.came(false);
    }
    const name_claims::claim next(names);
    CHECK(next.first_number("2999") == 2);
    CHECK(next.first_number("2489") == 2); // 256 names ago
    CHECK(next.first_number("2487") == 0);
    CHECK(next.first_number("2998") == 0);
}
