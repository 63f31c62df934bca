#include <catch2/catch.hpp>

#include <tandem/coro/gather.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/login.hpp>

#include "http/in_loop.hpp"
#include "support/realms.hpp"
#include "support/temp_folder.hpp"
#include "support/told_time.hpp"

using namespace tandem::http;
using tandem::task;
using test::answering_requests;
using test::digest_realm;
using test::failure_of;
using test::field_of;
using test::has_all;
using test::in_loop;
using test::scripted_server;

namespace {

scripted_server::script guarded_by(digest_realm& realm, std::string more = "") {
    return answering_requests([&realm, more](const std::string& request, const std::string& body) {
        return realm.answer(request, body, more);
    });
}

client_options as(const digest_realm& realm, const scripted_server& server) {
    return client_options().credentials(server.url(""), login(realm.user, realm.password).digest());
}

/// The number of each request's Digest answer; "" for one without.
std::vector<std::string> counts_at(const scripted_server& server) {
    std::vector<std::string> all;
    for (const auto& each : server.requests()) {
        const auto sent = field_of(each, "Authorization");
        const auto at = sent.find("nc=");
        all.push_back(at == sent.npos ? "" : sent.substr(at + 3, 8));
    }
    return all;
}

using list = std::vector<std::string>;

tandem::stream<std::string> pieces() {
    co_yield "made while ";
    co_yield "it is sent";
}

} // namespace

TEST_CASE("a Digest login is let in by each algorithm, after one challenge, on the same connection") {
    digest_realm realm;
    realm.algorithm = GENERATE("", "MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256");
    realm.hashes_user = GENERATE(false, true);
    scripted_server server(guarded_by(realm));
    in_loop([&]() -> task<> {
        client web(as(realm, server));
        for (const char* target : {"/one", "/two?x=\"y\"", "/three"}) {
            auto body = co_await web.get(server.url(target)).text();
            CHECK(body == "in");
        }
    });
    CHECK(realm.let_in() == 3);
    CHECK(counts_at(server) == list{"", "00000001", "00000002", "00000003"});
    CHECK(server.connections() == 1);
}

TEST_CASE("a Digest server of the old kind, without qop, is answered") {
    digest_realm realm;
    realm.algorithm = "";
    realm.qop = "";
    scripted_server server(guarded_by(realm));
    in_loop([&]() -> task<> {
        client web(as(realm, server));
        auto body = co_await web.get(server.url()).text();
        CHECK(body == "in");
    });
}

TEST_CASE("a request's own Digest login is used for all sendings of its builder") {
    digest_realm realm;
    scripted_server server(guarded_by(realm));
    in_loop([&]() -> task<> {
        client web;
        auto request = web.get(server.url()).digest_auth(realm.user, realm.password);
        co_await request.text();
        co_await request.text();
    });
    CHECK(counts_at(server) == list{"", "00000001", "00000002"});
}

TEST_CASE("a wrong password is tried once, and never sent itself") {
    digest_realm realm;
    scripted_server server(guarded_by(realm, "WWW-Authenticate: Basic realm=\"b\"\r\n"));
    in_loop([&]() -> task<> {
        client web(client_options().credentials(server.url(""), login(realm.user, "guess")));
        for (int i = 0; i < 2; ++i) {
            auto reply = co_await web.get(server.url()).send();
            CHECK(reply.status() == 401);
            auto body = co_await reply.text();
            CHECK(body == "who are you?");
        }
    });
    CHECK(realm.let_in() == 0);
    for (const auto& each : server.requests())
        CHECK_FALSE(field_of(each, "Authorization").starts_with("Basic"));
    // A nonce from before may have run out: the second request is answered once more.
    CHECK(counts_at(server) == list{"", "00000001", "00000002", "00000001"});
}

TEST_CASE("a nonce that is stale is replaced by the next one") {
    digest_realm realm;
    realm.uses_of_nonce = 2;
    scripted_server server(guarded_by(realm));
    in_loop([&]() -> task<> {
        client web(as(realm, server));
        for (int i = 0; i < 5; ++i) {
            auto body = co_await web.get(server.url()).text();
            CHECK(body == "in");
        }
    });
    CHECK(counts_at(server) ==
          list{"", "00000001", "00000002", "00000003", "00000001", "00000002", "00000003", "00000001"});
    CHECK(server.connections() == 1);
}

TEST_CASE("a server that calls every nonce stale is left alone after a few") {
    digest_realm realm;
    scripted_server server(answering_requests([&](auto&, auto&) {
        return test::reply("no", "WWW-Authenticate: " + realm.challenge(true) + "\r\n", "401 Unauthorized");
    }));
    in_loop([&]() -> task<> {
        client web(as(realm, server));
        auto reply = co_await web.get(server.url()).send();
        CHECK(reply.status() == 401);
    });
    CHECK(server.requests().size() == 5);
}

TEST_CASE("the nonce that a reply names is used next") {
    digest_realm realm;
    realm.names_next = true;
    realm.uses_of_nonce = 1;
    scripted_server server(guarded_by(realm));
    in_loop([&]() -> task<> {
        client web(as(realm, server));
        for (int i = 0; i < 3; ++i)
            co_await web.get(server.url()).text();
    });
    CHECK(counts_at(server) == list{"", "00000001", "00000001", "00000001"});
}

TEST_CASE("requests at the same time never use a count twice") {
    digest_realm realm;
    scripted_server server(guarded_by(realm));
    in_loop([&]() -> task<> {
        client web(as(realm, server));
        co_await web.get(server.url()).text();
        auto fetch = [&]() -> task<> { co_await web.get(server.url()).text(); };
        auto work = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 8; ++i)
                group.spawn(fetch());
            co_return;
        };
        co_await tandem::with_group(work);
    });
    CHECK(realm.let_in() >= 9);
}

TEST_CASE("of several challenges the strongest is answered, in one field or in many") {
    digest_realm realm;
    const auto separator = GENERATE(", ", "\r\nWWW-Authenticate: ");
    scripted_server server(answering_requests([&](const std::string& request, const std::string& body) {
        if (!field_of(request, "Authorization").empty()) return realm.answer(request, body);
        return test::reply("",
                           "WWW-Authenticate: Basic realm=\"weak\"" + std::string(separator) +
                               "Digest realm=\"md5\", nonce=\"x\", algorithm=MD5, qop=\"auth\"" + separator +
                               realm.challenge() + separator + "Negotiate\r\n",
                           "401 Unauthorized");
    }));
    in_loop([&]() -> task<> {
        client web(client_options().credentials(server.url(""), login(realm.user, realm.password)));
        auto body = co_await web.get(server.url()).text();
        CHECK(body == "in");
    });
    CHECK(realm.let_in() == 1);
}

TEST_CASE("a server that asks for it gets the hash of the body, wherever that comes from") {
    const test::temp_folder folder;
    const auto file = folder.write("body.txt", "from a file");
    digest_realm realm;
    realm.qop = "auth-int";
    scripted_server server(guarded_by(realm));
    in_loop([&]() -> task<> {
        client web(as(realm, server));
        for (const auto& request :
             {web.get(server.url()), web.post(server.url()).body("a text"),
              web.put(server.url()).body_file(file), web.put(server.url()).body_stream(pieces)}) {
            auto body = co_await request.text();
            CHECK(body == "in");
        }
    });
    CHECK(realm.let_in() == 4);
}

TEST_CASE("a body that can be read only once is not hashed, and the error says so") {
    digest_realm realm;
    realm.qop = "auth-int";
    scripted_server server(guarded_by(realm));
    in_loop([&]() -> task<> {
        client web(as(realm, server));
        co_await web.get(server.url()).text();
        auto error = co_await failure_of<bad_request>(web.put(server.url()).body_stream(pieces()).text());
        CHECK(has_all(error.cause(), "auth-int", "read only once"));
    });
}

TEST_CASE("a body that can be sent only once waits for the challenge") {
    digest_realm realm;
    std::vector<std::string> bodies;
    scripted_server server([&](test::conversation& talk) {
        while (auto request = talk.request()) {
            if (field_of(*request, "Authorization").empty()) {
                talk.send(realm.answer(*request));
                talk.finish();
                return;
            }
            talk.send("HTTP/1.1 100 Continue\r\n\r\n");
            bodies.push_back(talk.body(*request));
            talk.send(realm.answer(*request, bodies.back()));
        }
    });
    test::told_time time; // it does not wait for ever
    test::in_told_time(time, [&]() -> task<> {
        client web(as(realm, server));
        auto body = co_await web.put(server.url()).body_stream(pieces()).text();
        CHECK(body == "in");
    });
    CHECK(bodies == list{"made while it is sent"});
    CHECK(field_of(server.requests().at(0), "Expect") == "100-continue");
}

TEST_CASE("a body that was sent, and can be only once, is not sent to answer a challenge") {
    digest_realm realm;
    scripted_server server([&](test::conversation& talk) {
        while (auto request = talk.request()) {
            talk.send("HTTP/1.1 100 Continue\r\n\r\n");
            const auto body = talk.body(*request);
            talk.send(realm.answer(*request, body));
        }
    });
    in_loop([&]() -> task<> {
        client web(as(realm, server));
        auto reply = co_await web.put(server.url()).body_stream(pieces()).send();
        CHECK(reply.status() == 401);
        // The challenge is known now.
        auto body = co_await web.put(server.url()).body_stream(pieces()).text();
        CHECK(body == "in");
    });
    CHECK(counts_at(server) == list{"", "00000001"});
}
