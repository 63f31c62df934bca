// tandem-get's options about who is asking, as servers see them.
#include "examples/get.hpp"
#include "support/realms.hpp"

using Catch::Matchers::Contains;
using test::answering_requests;
using test::body_of;
using test::digest_realm;
using test::field_of;
using test::get;
using test::scripted_server;
using test::showing_requests;
using test::texts;

namespace {

const std::string basic_of_me = "Basic bWU6c2VjcmV0"; // me:secret

/// The Authorization of a request that is made as `arguments` say.
std::string authorization_by(texts arguments, const test::temp_folder& folder, texts environment = {}) {
    scripted_server server(showing_requests());
    arguments.push_back(server.url("/a"));
    return field_of(body_of(folder, std::move(arguments), std::move(environment)), "Authorization");
}

} // namespace

TEST_CASE("a user, a token or what the URL says logs in without being asked") {
    test::temp_folder folder;
    CHECK(authorization_by({"--user", "me:secret"}, folder) == basic_of_me);
    CHECK(authorization_by({"--basic", "-u", "me:secret"}, folder) == basic_of_me);
    CHECK(authorization_by({"--oauth2-bearer", "t0ken"}, folder) == "Bearer t0ken");
    CHECK(authorization_by({}, folder).empty());
    scripted_server server(showing_requests());
    CHECK(field_of(body_of(folder, {server.url("/a", "me:secret@127.0.0.1")}), "Authorization") ==
          basic_of_me);
}

TEST_CASE("Digest answers a challenge, and no request has the password in it") {
    test::temp_folder folder;
    digest_realm realm;
    scripted_server server(answering_requests(
        [&](const std::string& request, const std::string& body) { return realm.answer(request, body); }));
    CHECK(body_of(folder, {"--digest", "-u", "Mufasa:Circle of Life", "-d", "x=1", server.url("/a?b")}) ==
          "in");
    CHECK(realm.let_in() == 1);
    CHECK(realm.wrong() == 0);
    const auto refused = get(folder, {"--digest", "-u", "Mufasa:wrong", server.url("/a")});
    CHECK(refused.status == 6);
    CHECK_THAT(refused.errors, Contains(server.url("/a") + ": 401") && !Contains("wrong"));
    for (const auto& each : server.requests())
        CHECK_THAT(each, !Contains("Basic"));
    CHECK(test::files_below(folder.path()).empty());
}

TEST_CASE("any way to log in is the strongest that the server offers") {
    test::temp_folder folder;
    digest_realm realm;
    const bool knows_digest = GENERATE(true, false);
    scripted_server server(answering_requests([&](const std::string& request, const std::string& body) {
        const auto basic = "WWW-Authenticate: Basic realm=\"plain\"\r\n";
        if (knows_digest) return realm.answer(request, body, basic);
        return test::let_in_with(request, basic_of_me, "Basic realm=\"plain\"");
    }));
    const auto who = knows_digest ? "Mufasa:Circle of Life" : "me:secret";
    CHECK(body_of(folder, {"--anyauth", "-u", who, server.url("/a")}) == "in");
    REQUIRE(server.requests().size() == 2);
    CHECK(field_of(server.requests()[0], "Authorization").empty());
    CHECK_THAT(field_of(server.requests()[1], "Authorization"),
               Catch::StartsWith(knows_digest ? "Digest " : "Basic "));
}

TEST_CASE("netrc is looked for at home, where $NETRC says, or where the option does") {
    test::temp_folder folder;
    const std::string entry = "machine 127.0.0.1 login me password secret\n";
    const auto home = "HOME=" + folder.path().string();
    SECTION("at home") {
        folder.write(".netrc", entry);
        CHECK(authorization_by({"--netrc"}, folder, {home, "NETRC="}) == basic_of_me);
        CHECK(authorization_by({"-n"}, folder, {home, "NETRC="}) == basic_of_me);
        CHECK(authorization_by({"--netrc-optional"}, folder, {home, "NETRC="}) == basic_of_me);
        CHECK(authorization_by({}, folder, {home, "NETRC="}).empty());
    }
    SECTION("in the file that is named") {
        const auto file = folder.write("logins", entry);
        CHECK(authorization_by({"--netrc"}, folder, {home, "NETRC=" + file}) == basic_of_me);
        CHECK(authorization_by({"--netrc-file", "logins"}, folder, {home}) == basic_of_me);
        CHECK(authorization_by({"--netrc-optional", "--netrc-file", file}, folder, {home}) == basic_of_me);
    }
    SECTION("for the user that is named") {
        folder.write("logins", "machine 127.0.0.1 login you password other\n" + entry);
        CHECK(authorization_by({"--netrc-file", "logins", "-u", "me"}, folder) == basic_of_me);
        CHECK(authorization_by({"--netrc-file", "logins", "-u", "me:secret"}, folder) == basic_of_me);
    }
    SECTION("for another host") {
        folder.write("logins", "machine other.example login me password secret\n");
        CHECK(authorization_by({"--netrc-file", "logins"}, folder).empty());
    }
}

TEST_CASE("a netrc that is not there is an error only where it has to be") {
    test::temp_folder folder;
    const texts nowhere = {"HOME=" + folder.path().string(), "NETRC="};
    scripted_server server(showing_requests());
    CHECK(authorization_by({"--netrc-optional"}, folder, nowhere).empty());
    const auto missing = get(folder, {"--netrc", server.url("/a")}, nowhere);
    CHECK(missing.status == 2);
    CHECK_THAT(missing.errors, Contains(".netrc: No such file"));
    const auto other = get(folder, {"--netrc-file", "none", server.url("/a")}, nowhere);
    CHECK(other.status == 2);
    CHECK_THAT(other.errors, Contains("none: No such file"));
    CHECK(server.requests().empty());
}

TEST_CASE("a login goes to another host only where that is trusted") {
    test::temp_folder folder;
    scripted_server other(showing_requests());
    const auto there = other.url("/there", "other.example");
    scripted_server server(test::answering(
        [&](const std::string&) { return test::reply("", "Location: " + there + "\r\n", "302 Found"); }));
    const texts how = {"-u",
                       "me:secret",
                       "--resolve",
                       "other.example:" + std::to_string(other.port()) + ":127.0.0.1",
                       "-H",
                       "X-Api-Key: k3y",
                       server.url("/a")};
    const auto careful = body_of(folder, how);
    CHECK_THAT(careful, Contains("GET /there ") && !Contains("Authorization") && !Contains("k3y"));
    auto trusting = how;
    trusting.insert(trusting.begin(), "--location-trusted");
    const auto seen = body_of(folder, trusting);
    CHECK(field_of(seen, "Authorization") == basic_of_me);
    CHECK(field_of(seen, "X-Api-Key") == "k3y");
}
