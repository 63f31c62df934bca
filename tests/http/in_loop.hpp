// Runs a test's coroutine, and looks at how a request fails.
#pragma once
#include <catch2/catch.hpp>

#include <string>
#include <type_traits>

#include <tandem/coro/loop.hpp>
#include <tandem/http/error.hpp>

namespace test {

/// Runs `body()` on a loop of its own.
template <class Body> void in_loop(Body body) {
    tandem::loop here;
    here.run(body());
}

/// The error that `work` fails with, which has to be an `Error` exactly.
template <class Error, tandem::awaitable Work> tandem::task<Error> failure_of(Work work) {
    try {
        (void)co_await std::move(work);
    } catch (const Error& error) {
        INFO(error.what());
        CHECK(typeid(error) == typeid(Error));
        co_return error;
    }
    FAIL("the request succeeded");
    throw 0;
}

/// True where `text` has every one of `parts`.
template <class... Parts> bool has_all(std::string_view text, Parts... parts) {
    bool all = ((text.find(parts) != std::string_view::npos) && ...);
    if (!all) UNSCOPED_INFO("in: " << text);
    return all;
}

} // namespace test
