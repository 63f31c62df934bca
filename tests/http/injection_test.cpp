#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

#include <tandem/http/client.hpp>

using namespace tandem::http;

namespace {

/// What would end a line, or a text, in the middle of a request.
const std::string breaks[] = {"a\r\nX-Evil: 1", "a\nb", "a\rb", std::string("a\0b", 3)};

} // namespace

TEST_CASE("no header's value can break a request apart") {
    client web;
    for (const auto& bad : breaks) {
        INFO(bad);
        CHECK_THROWS_AS(web.get("http://h/").header("X-Mine", bad), bad_request);
        CHECK_THROWS_AS(web.get("http://h/").header("Cookie", bad), bad_request);
    }
}

TEST_CASE("no header's name can break a request apart") {
    client web;
    for (const auto& bad : breaks)
        CHECK_THROWS_AS(web.get("http://h/").header(bad, "x"), bad_request);
    for (const char* bad : {"", "X:", "X Y", "X\t", "(X)"})
        CHECK_THROWS_AS(web.get("http://h/").header(bad, "x"), bad_request);
}

TEST_CASE("no method can break a request apart") {
    client web;
    for (const auto& bad : breaks)
        CHECK_THROWS_AS(web.request(bad, "http://h/"), bad_request);
    for (const char* bad : {"", "GET /evil HTTP/1.1", "G(T"})
        CHECK_THROWS_AS(web.request(bad, "http://h/"), bad_request);
}

TEST_CASE("no target can break a request apart") {
    for (const auto& bad : breaks) {
        CHECK_THROWS_AS(url("http://h/" + bad), bad_url);
        CHECK_THROWS_AS(url("http://h/?" + bad), bad_url);
        CHECK_THROWS_AS(url("http://" + bad + "/"), bad_url);
        CHECK_THROWS_AS(url("http://" + bad + "@h/"), bad_url);
    }
    // What is encoded in the path stays so, and in the host is refused.
    CHECK(url("http://h/a%0d%0ab").target() == "/a%0d%0ab");
    CHECK_THROWS_AS(url("http://h%0d%0aX/"), bad_url);
}

TEST_CASE("no user agent can break a request apart") {
    for (const auto& bad : breaks)
        CHECK_THROWS_AS(client_options().user_agent(bad), std::invalid_argument);
}
