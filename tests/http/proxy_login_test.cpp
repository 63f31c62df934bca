#include <catch2/catch.hpp>

#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/login.hpp>

#include "http/in_loop.hpp"
#include "support/certificates.hpp"
#include "support/proxies.hpp"
#include "support/realms.hpp"

using namespace tandem::http;
using tandem::task;
using test::conversation;
using test::digest_realm;
using test::echo_target;
using test::failure_of;
using test::field_of;
using test::has_all;
using test::http_proxy;
using test::in_loop;
using test::proxy_at;
using test::reply;
using test::scripted_server;
using list = std::vector<std::string>;

namespace {

/// The realm of a proxy.
struct guarded : digest_realm {
    guarded() {
        realm = "the proxy";
        is_proxy = true;
    }
    login who() const { return login(user, password); }
};

/// A proxy that does its work for those whom `realm` lets in, and answers 407 to the others.
scripted_server::script proxy_of(digest_realm& realm, std::string more = "") {
    return http_proxy([&realm, more](const std::string& request) {
        auto answer = realm.answer(request, "", more);
        const bool makes_tunnel = request.starts_with("CONNECT ") && answer.starts_with("HTTP/1.1 200");
        return makes_tunnel ? std::string() : answer;
    });
}

/// An https origin called site.example, and a client that gets to it through a proxy.
struct secure_site {
    test::certificate_authority authority;
    scripted_server origin{echo_target(), authority.issue("DNS:site.example")};

    client_options options(const scripted_server& proxy) const {
        return client_options().ca_file(authority.file()).proxy(proxy_at(proxy));
    }
    std::string url(std::string_view target = "/a") const { return origin.url(target, "site.example"); }
    std::string authority_part() const { return "site.example:" + std::to_string(origin.port()); }
};

/// What each request said to the proxy of who asks: the scheme, and the count of a Digest answer.
list said_to(const scripted_server& proxy) {
    list all;
    for (const auto& each : proxy.requests()) {
        const auto sent = field_of(each, "Proxy-Authorization");
        const auto count = sent.find("nc=");
        all.push_back(count == sent.npos ? sent : "Digest " + sent.substr(count + 10, 1));
    }
    return all;
}

/// A script that refuses the first CONNECT of each connection that does not say who asks, as `refuse` does
/// it, and makes a tunnel to `origin` for all others.
scripted_server::script refusing(digest_realm& realm, std::uint16_t origin,
                                 std::function<bool(conversation&, std::string challenge)> refuse) {
    return [&realm, origin, refuse = std::move(refuse)](conversation& guest) {
        while (auto request = guest.request()) {
            if (!realm.answer(*request).starts_with("HTTP/1.1 200")) {
                if (!refuse(guest, "Proxy-Authenticate: " + realm.challenge() + "\r\n")) return;
                continue;
            }
            guest.send("HTTP/1.1 200 Connection established\r\n\r\n");
            guest.relay_to(origin);
            return;
        }
    };
}

} // namespace

TEST_CASE("a proxy that is handed requests gets a Digest login for each, after one challenge") {
    guarded realm;
    realm.algorithm = GENERATE("", "MD5", "SHA-256", "SHA-256-sess");
    realm.hashes_user = GENERATE(false, true);
    scripted_server proxy(proxy_of(realm));
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy_at(proxy)).proxy_login(realm.who().digest()));
        for (const char* target : {"/one", "/two?x=y", "/three"}) {
            auto body = co_await web.get("http://site.example" + std::string(target)).text();
            CHECK(body == "in");
        }
    });
    CHECK(said_to(proxy) == list{"", "Digest 1", "Digest 2", "Digest 3"});
    CHECK(has_all(field_of(proxy.requests().at(2), "Proxy-Authorization"),
                  "uri=\"http://site.example/two?x=y\""));
    CHECK(proxy.connections() == 1);
}

TEST_CASE("a proxy that makes tunnels gets a Digest login, on the connection where it has asked for one") {
    guarded realm;
    realm.algorithm = GENERATE("", "MD5", "SHA-256");
    secure_site one;
    scripted_server two(echo_target(), one.authority.issue("DNS:site.example"));
    scripted_server proxy(proxy_of(realm));
    in_loop([&]() -> task<> {
        client web(one.options(proxy).proxy_login(realm.who().digest()));
        auto body = co_await web.get(one.url("/a")).text();
        CHECK(body == "/a");
        body = co_await web.get(one.url("/b")).text();
        CHECK(body == "/b");
        body = co_await web.get(two.url("/c", "site.example")).text();
        CHECK(body == "/c");
    });
    CHECK(said_to(proxy) == list{"", "Digest 1", "Digest 2"});
    CHECK(has_all(field_of(proxy.requests().at(1), "Proxy-Authorization"),
                  "uri=\"" + one.authority_part() + "\""));
    CHECK(proxy.connections() == 2);
    CHECK(realm.wrong() == 0);
}

TEST_CASE("a login for the proxy reaches no target, and a target's no proxy") {
    guarded realm;
    secure_site site;
    scripted_server proxy(proxy_of(realm));
    in_loop([&]() -> task<> {
        client web(site.options(proxy).proxy_login(realm.who().digest()));
        co_await web.get(site.url()).basic_auth("me", "origins").text();
    });
    for (const auto& each : proxy.requests())
        CHECK_FALSE(has_all(each, "\r\nAuthorization"));
    const auto request = site.origin.requests().at(0);
    CHECK(has_all(request, "\r\nAuthorization: Basic bWU6b3JpZ2lucw==\r\n"));
    CHECK_FALSE(has_all(request, "Proxy-Authorization"));
}

TEST_CASE("proxy and target may both ask who is there, of one request") {
    guarded at_proxy;
    digest_realm at_origin;
    at_origin.password = "another";
    // A proxy that is handed requests plays the target, too.
    scripted_server proxy(http_proxy([&](const std::string& request) {
        const auto refusal = at_proxy.answer(request);
        if (!refusal.starts_with("HTTP/1.1 200")) return refusal;
        // The target sees its own part of the URL in the request line.
        auto passed_on = request;
        const std::string host = "http://site.example";
        passed_on.erase(passed_on.find(host), host.size());
        return at_origin.answer(passed_on);
    }));
    in_loop([&]() -> task<> {
        client web(client_options()
                       .proxy(proxy_at(proxy))
                       .proxy_login(at_proxy.who())
                       .credentials("http://site.example", login(at_origin.user, at_origin.password)));
        for (int i = 0; i < 2; ++i) {
            auto body = co_await web.get("http://site.example/a").text();
            CHECK(body == "in");
        }
    });
    CHECK(said_to(proxy) == list{"", "Digest 1", "Digest 2", "Digest 3"});
    CHECK(at_origin.let_in() == 2);
    CHECK(at_origin.asked() == 1);
}

TEST_CASE("a 407 is the proxy's word only: a target that says it learns nothing") {
    guarded realm;
    secure_site site;
    scripted_server liar(
        [&](conversation& guest) {
            while (auto request = guest.request())
                guest.send(realm.answer(*request));
        },
        site.authority.issue("DNS:site.example"));
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(site.options(proxy).proxy_login(realm.who()));
        auto answer = co_await web.get(liar.url("/", "site.example")).send();
        CHECK(answer.status() == 407);
        client direct(client_options().proxy("").ca_file(site.authority.file()).proxy_login(realm.who()));
        answer =
            co_await direct.get(liar.url("/", "site.example")).resolve("site.example", "127.0.0.1").send();
        CHECK(answer.status() == 407);
    });
    CHECK(liar.requests().size() == 2);
    CHECK(realm.let_in() == 0);
    for (const auto& each : liar.requests())
        CHECK_FALSE(has_all(each, "uthorization"));
}

TEST_CASE("a redirect takes the login to the proxy of its target, and to no target") {
    guarded realm;
    secure_site site;
    scripted_server origin(test::answering([](const std::string&) { return reply("direct"); }));
    scripted_server proxy(http_proxy([&](const std::string& request) -> std::string {
        auto answer = realm.answer(request);
        if (!answer.starts_with("HTTP/1.1 200")) return answer;
        if (has_all(request, "/to-tunnel")) return reply("", "Location: " + site.url() + "\r\n", "302 Found");
        if (has_all(request, "/away"))
            return reply("", "Location: " + origin.url("/x") + "\r\n", "302 Found");
        return request.starts_with("CONNECT ") ? "" : answer;
    }));
    in_loop([&]() -> task<> {
        client web(site.options(proxy).proxy_login(realm.who()).no_proxy("127.0.0.1"));
        auto body = co_await web.get("http://one.example/to-tunnel").text();
        CHECK(body == "/a");
        body = co_await web.get("http://two.example/away").text();
        CHECK(body == "direct");
    });
    CHECK(said_to(proxy) == list{"", "Digest 1", "Digest 2", "Digest 3"});
    CHECK_FALSE(has_all(site.origin.requests().at(0), "uthorization"));
    CHECK_FALSE(has_all(origin.requests().at(0), "uthorization"));
}

TEST_CASE("a nonce that is stale at a proxy is replaced by the next one") {
    guarded realm;
    realm.uses_of_nonce = 1;
    secure_site site;
    scripted_server other(echo_target(), site.authority.issue("DNS:site.example"));
    scripted_server proxy(proxy_of(realm));
    in_loop([&]() -> task<> {
        client web(site.options(proxy).proxy_login(realm.who().digest()));
        auto body = co_await web.get("http://plain.example/").text();
        CHECK(body == "in");
        body = co_await web.get("http://plain.example/").text();
        CHECK(body == "in");
        body = co_await web.get(site.url()).text();
        CHECK(body == "/a");
        body = co_await web.get(other.url("/b", "site.example")).text();
        CHECK(body == "/b");
    });
    CHECK(said_to(proxy) ==
          list{"", "Digest 1", "Digest 2", "Digest 1", "Digest 2", "Digest 1", "Digest 2", "Digest 1"});
    CHECK(realm.wrong() == 0);
}

TEST_CASE("the nonce that a proxy's reply names is used next") {
    guarded realm;
    realm.names_next = true;
    realm.uses_of_nonce = 1;
    scripted_server proxy(proxy_of(realm));
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy_at(proxy)).proxy_login(realm.who()));
        for (int i = 0; i < 3; ++i)
            co_await web.get("http://site.example/").text();
    });
    CHECK(said_to(proxy) == list{"", "Digest 1", "Digest 1", "Digest 1"});
}

TEST_CASE("the nonce that an answer to CONNECT names is used for the next tunnel") {
    guarded realm;
    secure_site site;
    scripted_server other(echo_target(), site.authority.issue("DNS:site.example"));
    scripted_server proxy([&](conversation& guest) {
        while (auto request = guest.request()) {
            const auto answer = realm.answer(*request);
            if (!answer.starts_with("HTTP/1.1 200")) {
                guest.send(answer);
                continue;
            }
            guest.send("HTTP/1.1 200 OK\r\nProxy-Authentication-Info: nextnonce=\"another\"\r\n\r\n");
            const auto target = test::target_of(*request);
            guest.relay_to(static_cast<std::uint16_t>(std::stoi(target.substr(target.rfind(':') + 1))));
            return;
        }
    });
    in_loop([&]() -> task<> {
        client web(site.options(proxy).proxy_login(realm.who()));
        co_await web.get(site.url()).text();
        co_await web.get(other.url("/b", "site.example")).text();
    });
    CHECK(
        has_all(field_of(proxy.requests().at(2), "Proxy-Authorization"), "nonce=\"another\"", "nc=00000001"));
}

TEST_CASE("of a proxy's challenges the strongest is answered, and Basic only where there is no other") {
    const bool has_digest = GENERATE(true, false);
    guarded realm;
    secure_site site;
    scripted_server proxy(http_proxy([&](const std::string& request) -> std::string {
        const auto sent = field_of(request, "Proxy-Authorization");
        if (sent == "Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl") return "";
        if (!sent.empty()) {
            const auto answer = realm.answer(request);
            return answer.starts_with("HTTP/1.1 200") ? "" : answer;
        }
        std::string asks = "Proxy-Authenticate: Basic realm=\"weak\"\r\n";
        if (has_digest)
            asks += "Proxy-Authenticate: Digest realm=\"md5\", nonce=\"x\", algorithm=MD5, qop=\"auth\", " +
                    realm.challenge() + "\r\n";
        return reply("", asks, "407 Log in");
    }));
    in_loop([&]() -> task<> {
        client web(site.options(proxy).proxy_login(realm.who()));
        auto body = co_await web.get(site.url()).text();
        CHECK(body == "/a");
        body = co_await web.get("http://plain.example/").text();
        CHECK(body == "http://plain.example/");
    });
    CHECK(realm.let_in() == (has_digest ? 2 : 0));
    CHECK(proxy.requests().size() == 3);
}

TEST_CASE("a Basic login goes to the proxy at once, in place of what its URL says") {
    secure_site site;
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(client_options()
                       .ca_file(site.authority.file())
                       .proxy(proxy_at(proxy, "urls:own"))
                       .proxy_login(login("me", "pw").basic()));
        co_await web.get(site.url()).text();
        co_await web.get("http://plain.example/").text();
    });
    CHECK(said_to(proxy) == list{"Basic bWU6cHc=", "Basic bWU6cHc="});
}

TEST_CASE("a Proxy-Authorization that the caller gives goes before the login") {
    guarded realm;
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy_at(proxy)).proxy_login(login("me", "pw").basic()));
        co_await web.get("http://site.example/").header("Proxy-Authorization", "Custom 1").text();
        co_await web.get("http://site.example/").proxy_header("Proxy-Authorization", "Custom 2").text();
    });
    CHECK(said_to(proxy) == list{"Custom 1", "Custom 2"});
}

TEST_CASE("a wrong password is tried once at a proxy, and never sent itself") {
    guarded realm;
    secure_site site;
    scripted_server proxy(proxy_of(realm, "Proxy-Authenticate: Basic realm=\"b\"\r\n"));
    in_loop([&]() -> task<> {
        client web(site.options(proxy).proxy_login(login(realm.user, "guess")));
        auto error = co_await failure_of<proxy_error>(web.get(site.url()).text());
        CHECK(error.code() == 407);
        CHECK(error.cause() == "the proxy " + proxy_at(proxy) + ": it refused to connect to " +
                                   site.authority_part() + ": 407 Proxy Authentication Required");
        auto answer = co_await web.get("http://plain.example/").send();
        CHECK(answer.status() == 407);
    });
    CHECK(said_to(proxy) == list{"", "Digest 1", "Digest 2", "Digest 1"});
    CHECK(site.origin.connections() == 0);
}

TEST_CASE("a proxy that calls every nonce stale is left alone after a few") {
    guarded realm;
    secure_site site;
    scripted_server proxy(http_proxy([&](const std::string&) {
        return reply("no", "Proxy-Authenticate: " + realm.challenge(true) + "\r\n", "407 Log in");
    }));
    in_loop([&]() -> task<> {
        client web(site.options(proxy).proxy_login(realm.who()));
        auto error = co_await failure_of<proxy_error>(web.get(site.url()).text());
        CHECK(error.code() == 407);
    });
    CHECK(proxy.requests().size() == 5);
    CHECK(proxy.connections() == 1);
}

TEST_CASE("a proxy that closes behind its challenge is asked again over another connection") {
    guarded realm;
    secure_site site;
    const std::string how = GENERATE(
        "Connection: close\r\nContent-Length: 2\r\n\r\nno", "\r\nuntil it closes",
        "Transfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", "Content-Length: 9999999\r\n\r\nno",
        // It says that the connection stands, and closes it all the same.
        "Content-Length: 2\r\n\r\nno");
    scripted_server proxy(
        refusing(realm, site.origin.port(), [&](conversation& guest, const std::string& challenge) {
            guest.send("HTTP/1.1 407 Log in\r\n" + challenge + how);
            guest.finish();
            return false;
        }));
    in_loop([&]() -> task<> {
        client web(site.options(proxy).proxy_login(realm.who()));
        auto body = co_await web.get(site.url()).text();
        CHECK(body == "/a");
    });
    CHECK(proxy.connections() == 2);
    CHECK(realm.let_in() == 1);
}

TEST_CASE("a refusal in pieces, with a body, leaves its connection for the answer") {
    guarded realm;
    secure_site site;
    const std::string body(60'000, 'x');
    scripted_server proxy(
        refusing(realm, site.origin.port(), [&](conversation& guest, const std::string& challenge) {
            guest.send_in_pieces(reply(body, challenge, "407 Log in"), 7'000);
            return true;
        }));
    in_loop([&]() -> task<> {
        client web(site.options(proxy).proxy_login(realm.who()));
        auto answer = co_await web.get(site.url()).text();
        CHECK(answer == "/a");
    });
    CHECK(proxy.connections() == 1);
}

TEST_CASE("a proxy that closes on its first question is an error, with a login too") {
    guarded realm;
    scripted_server proxy([](conversation& guest) {
        guest.request();
        guest.finish();
    });
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy_at(proxy)).proxy_login(realm.who().digest()));
        auto error = co_await failure_of<proxy_error>(web.get("https://site.example/").text());
        CHECK(has_all(error.cause(), "closed the connection without a reply"));
    });
    CHECK(proxy.connections() == 1);
}

TEST_CASE("tunnels that are opened at the same time never use a count twice") {
    guarded realm;
    secure_site site;
    scripted_server proxy(proxy_of(realm));
    in_loop([&]() -> task<> {
        client web(site.options(proxy).proxy_login(realm.who()));
        int done = 0;
        auto fetch = [&]() -> task<> {
            auto body = co_await web.get(site.url()).text();
            done += body == "/a";
        };
        auto work = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 6; ++i)
                group.spawn(fetch());
            co_return;
        };
        co_await tandem::with_group(work);
        CHECK(done == 6);
    });
    CHECK(realm.wrong() == 0);
}

TEST_CASE("connections of one login at a proxy serve no other") {
    scripted_server proxy(http_proxy());
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy_at(proxy)));
        const auto ask = [&](const login& who) {
            return web.get("http://site.example/").proxy_login(who).text();
        };
        co_await ask(login("me", "one"));
        co_await ask(login("me", "two"));
        co_await ask(login("me", "one").digest());
        co_await ask(login("me", "one").basic());
        co_await web.get("http://site.example/").text();
        CHECK(web.statistics().connections_reused == 0);
        co_await ask(login("me", "one"));
        CHECK(web.statistics().connections_reused == 1);
    });
    CHECK(proxy.connections() == 5);
}

TEST_CASE("a SOCKS proxy is told nothing of the login for HTTP proxies") {
    test::socks_server proxy;
    scripted_server origin(echo_target());
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy.url("socks5h")).proxy_login(login("me", "pw").basic()));
        auto body = co_await web.get(origin.url("/a", "site.example")).text();
        CHECK(body == "/a");
    });
    CHECK_FALSE(has_all(origin.requests().at(0), "uthorization"));
}
