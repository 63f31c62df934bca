#include <catch2/catch.hpp>

#include "support/child_process.hpp"
#include "support/realms.hpp"
#include "support/temp_folder.hpp"

namespace {

/// A server with a realm of each kind.
std::string answer(test::digest_realm& realm, const std::string& request, const std::string& body) {
    const auto target = test::target_of(request);
    if (target == "/private") return realm.answer(request, body);
    if (target == "/token") return test::reply("fresh");
    if (target == "/report")
        return test::reply("%PDF",
                           "Content-Disposition: attachment; filename*=UTF-8''..%2Fr%C3%A9sum%C3%A9.pdf\r\n");
    if (target == "/welcome") {
        if (test::field_of(request, "Cookie") == "visitor=7") return test::reply("welcome back");
        return test::reply("welcome", "Set-Cookie: visitor=7; Max-Age=86400\r\n");
    }
    return test::let_in_with(request, "Bearer fresh", "Bearer realm=\"api\"");
}

} // namespace

TEST_CASE("identity shows who a client is to a server") {
    test::digest_realm realm;
    test::scripted_server server(test::answering_requests(
        [&](const std::string& request, const std::string& body) { return answer(realm, request, body); }));
    const test::temp_folder folder;
    const auto identity = test::run({test::program("identity"), server.url(), folder / "cookies.txt"});
    INFO(identity.errors);
    CHECK(identity.status == 0);
    CHECK(identity.output ==
          "login:   in\n"
          "token:   in in in, renewed 1 time\n"
          "cookies: visitor=7: welcome back\n"
          "name:    r\u00e9sum\u00e9.pdf, of attachment; filename*=UTF-8''..%2Fr%C3%A9sum%C3%A9.pdf\n");
}
