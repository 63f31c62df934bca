// Names of files that the downloads of one run take.
#include "download/name_claims.hpp"

#include <catch2/catch.hpp>

using tandem::http::detail::name_claims;

TEST_CASE("a name that a download has is held by its URL") {
    name_claims names;
    CHECK_FALSE(names.holder("a"));
    const auto claim = names.take("a", "http://x/a");
    CHECK(names.holder("a") == "http://x/a");
    CHECK_FALSE(names.holder("b"));
}

TEST_CASE("a download that fails gives its name back") {
    name_claims names;
    { const auto claim = names.take("a", "http://x/a"); }
    CHECK_FALSE(names.holder("a"));
}

TEST_CASE("a name stays with its URL after the download, for a while or for good") {
    name_claims names;
    for (int i = 0; i < 3000; ++i)
        names.take(std::to_string(i), "http://x/").came(i == 0);
    CHECK(names.holder("2999") == "http://x/");
    CHECK(names.holder("2800") == "http://x/");
    CHECK_FALSE(names.holder("1"));
    CHECK(names.holder("0") == "an earlier URL of this run");
}
