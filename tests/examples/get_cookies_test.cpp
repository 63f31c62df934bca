// tandem-get's options about cookies, as servers and files see them.
#include "examples/get.hpp"
#include "support/realms.hpp"

using Catch::Matchers::Contains;
using test::body_of;
using test::field_of;
using test::get;
using test::read_file;
using test::reply;
using test::scripted_server;
using test::texts;

namespace {

/// Sets a cookie for a day and one for the session at /login, which leads to /home; /home tells the cookies
/// that have come.
scripted_server::script with_login() {
    return [](test::conversation& talk) {
        while (const auto request = talk.request()) {
            if (test::target_of(*request) == "/login")
                talk.send(reply("",
                                "Set-Cookie: day=1; Max-Age=86400\r\nSet-Cookie: session=2\r\n"
                                "Location: /home\r\n",
                                "302 Found"));
            else
                talk.send(reply(field_of(*request, "Cookie")));
        }
    };
}

} // namespace

TEST_CASE("cookies of the command line are sent as they stand there") {
    test::temp_folder folder;
    scripted_server server(with_login());
    CHECK(body_of(folder, {"--cookie", "a=1; b=2", "-b", "c=3", server.url("/home")}) == "a=1; b=2; c=3");
    CHECK(body_of(folder, {"-H", "Cookie: d=4", "-b", "a=1", server.url("/home")}) == "d=4; a=1");
}

TEST_CASE("without a jar nothing that is set comes back, and an empty --cookie is a jar") {
    test::temp_folder folder;
    scripted_server server(with_login());
    CHECK(body_of(folder, {server.url("/login")}).empty());
    CHECK(body_of(folder, {"--cookie", "", server.url("/login")}) == "day=1; session=2");
}

TEST_CASE("a jar is written in the end, and read by the next run") {
    test::temp_folder folder;
    scripted_server server(with_login());
    CHECK(body_of(folder, {"--cookie-jar", "jar", server.url("/login")}) == "day=1; session=2");
    CHECK_THAT(read_file(folder / "jar"), Contains("127.0.0.1\tFALSE\t/\tFALSE\t") &&
                                              Contains("\tday\t1\n") && Contains("\tsession\t2\n"));

    CHECK(body_of(folder, {"--cookie", "jar", server.url("/home")}) == "day=1; session=2");
    CHECK(body_of(folder, {"--cookie", "jar", "--junk-session-cookies", server.url("/home")}) == "day=1");
    CHECK(body_of(folder, {"-b", "jar", "-j", "-b", "own=3", server.url("/home")}) == "own=3; day=1");
}

TEST_CASE("a jar for standard output comes behind all else") {
    test::temp_folder folder;
    scripted_server server(with_login());
    const auto printed = body_of(folder, {"-c", "-", server.url("/login")});
    CHECK_THAT(printed, Catch::StartsWith("day=1; session=2# Netscape") && Contains("\tday\t1\n"));
}

TEST_CASE("a file of cookies that cannot be used is an error before anything is asked") {
    test::temp_folder folder;
    scripted_server server(with_login());
    const auto missing = get(folder, {"--cookie", "none", server.url("/home")});
    CHECK(missing.status == 2);
    CHECK_THAT(missing.errors, Contains("none: No such file"));
    CHECK(server.requests().empty());
}

TEST_CASE("a jar that cannot be written is said, and the files are there") {
    test::temp_folder folder;
    scripted_server server(with_login());
    const auto result = get(folder, {"--cookie-jar", "no/such/jar", server.url("/login")});
    CHECK_THAT(result.errors, Contains("no/such/jar: No such file"));
    CHECK(result.status == 3);
    CHECK(test::files_below(folder.path()) == texts{"login"});
}
