#include <catch2/catch.hpp>

#include <csignal>

#include "support/child_process.hpp"

#ifndef NDEBUG
TEST_CASE("a debug build ends a program that uses a loop's objects from another thread, and says the cure") {
    const auto ended = test::run({test::program("wrong-thread")});
    CHECK(ended.status == 128 + SIGABRT);
    CHECK_THAT(ended.errors, Catch::Contains("used from another thread than the loop's. Use loop.post()"));
}
#endif
