#include <catch2/catch.hpp>

#include "support/child_process.hpp"
#include "support/encoded.hpp"
#include "support/scripted_server.hpp"

TEST_CASE("bodies shows what goes out and comes back") {
    const auto page = test::gzip(std::string(1'000'000, '.'));
    test::scripted_server server([&](test::conversation& talk) {
        while (auto request = talk.request()) {
            if (request->starts_with("GET "))
                talk.send(test::reply(page, "Content-Encoding: gzip\r\n"));
            else
                talk.send(test::reply(talk.body(*request)));
        }
    });
    const auto bodies = test::run({test::program("bodies"), server.url()});
    INFO(bodies.errors);
    CHECK(bodies.status == 0);
    CHECK(bodies.output == "JSON:      2 wheels\n"
                           "form:      q=what+%26+why&page=2\n"
                           "generator: 3...2...1...\n"
                           "reply:     1000000 bytes, in pieces\n"
                           "           sent as " +
                               std::to_string(page.size()) + " bytes of gzip\n");
    CHECK(server.connections() == 1);
}
