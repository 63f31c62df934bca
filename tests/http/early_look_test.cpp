// When a connection looks for a reply before it waits.
#include "early_look.hpp"

#include <catch2/catch.hpp>

using tandem::http::detail::early_look;

namespace {

/// How many of the next requests look, where none finds anything.
int looks_in_vain(early_look& at, int requests) {
    int looks = 0;
    for (int i = 0; i < requests; ++i) {
        if (!at.is_due()) continue;
        ++looks;
        at.note(false);
    }
    return looks;
}

} // namespace

TEST_CASE("a reply is looked for early as long as it mostly is there") {
    early_look look;
    for (int i = 0; i < 100; ++i) {
        REQUIRE(look.is_due());
        look.note(i % 2 == 0);
    }
}

TEST_CASE("a reply that was not there twice is looked for early now and then") {
    early_look look;
    CHECK(looks_in_vain(look, 2) == 2);
    CHECK(looks_in_vain(look, 160) == 10);
}

TEST_CASE("a reply is looked for early again when one was there") {
    early_look look;
    looks_in_vain(look, 10);
    int passed = 0;
    while (!look.is_due())
        ++passed;
    CHECK(passed < 16);
    look.note(true);
    CHECK(looks_in_vain(look, 2) == 2);
}
