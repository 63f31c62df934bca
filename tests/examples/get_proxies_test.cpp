// tandem-get's options about proxies, as the proxies and the servers behind them see them.
#include "examples/get.hpp"
#include "support/proxies.hpp"
#include "support/realms.hpp"

using Catch::Matchers::Contains;
using test::body_of;
using test::field_of;
using test::get;
using test::http_proxy;
using test::proxy_at;
using test::scripted_server;
using test::showing_requests;
using test::texts;

TEST_CASE("a proxy is handed the whole URL") {
    test::temp_folder folder;
    scripted_server proxy(http_proxy());
    const auto link = "http://site.example/a?b";
    CHECK(body_of(folder, {"--proxy", proxy_at(proxy), link}) == link);
    CHECK(body_of(folder, {"-x", "127.0.0.1:" + std::to_string(proxy.port()), link}) == link);
    CHECK(body_of(folder, {link}, {"http_proxy=" + proxy_at(proxy)}) == link);
    CHECK(proxy.requests().size() == 3);
}

TEST_CASE("an empty proxy is none, whatever the environment says") {
    test::temp_folder folder;
    scripted_server proxy(http_proxy());
    scripted_server server(test::echo_target());
    const auto port = std::to_string(server.port());
    CHECK(body_of(folder,
                  {"--proxy", "", "--resolve", "site.example:" + port + ":127.0.0.1",
                   server.url("/a", "site.example")},
                  {"http_proxy=" + proxy_at(proxy)}) == "/a");
    CHECK(proxy.connections() == 0);
}

TEST_CASE("a proxy is told who asks, and the server behind it is not") {
    test::temp_folder folder;
    scripted_server server(showing_requests());
    scripted_server proxy(http_proxy());
    const auto basic = "Basic bWU6c2VjcmV0";
    SECTION("in a request that is handed to it") {
        body_of(folder, {"-x", proxy_at(proxy), "--proxy-user", "me:secret", "--proxy-header", "X-Side: near",
                         "http://site.example/"});
        CHECK(field_of(proxy.requests().at(0), "X-Side") == "near");
    }
    SECTION("where it makes a tunnel") {
        const auto seen =
            body_of(folder, {"-x", proxy_at(proxy), "-U", "me:secret", "--proxy-header", "X-Side: near",
                             "--proxytunnel", "-H", "X-Side: far", server.url("/a", "site.example")});
        CHECK_THAT(seen, Contains("GET /a HTTP/1.1\r\n") && Contains("X-Side: far\r\n") &&
                             !Contains("Proxy-") && !Contains("near"));
        CHECK_THAT(proxy.requests().at(0),
                   Contains("CONNECT site.example:" + std::to_string(server.port()) + " HTTP/1.1\r\n") &&
                       Contains("X-Side: near\r\n") && !Contains("far"));
    }
    CHECK(field_of(proxy.requests().at(0), "Proxy-Authorization") == basic);
}

TEST_CASE("a proxy that wants Digest gets that, and no password") {
    test::temp_folder folder;
    test::digest_realm realm;
    realm.is_proxy = true;
    scripted_server proxy(http_proxy([&](const std::string& request) { return realm.answer(request); }));
    CHECK(body_of(folder, {"-x", proxy_at(proxy), "--proxy-digest", "--proxy-user", "Mufasa:Circle of Life",
                           "http://site.example/"}) == "in");
    CHECK(realm.asked() == 1);
    CHECK(realm.let_in() == 1);
    const auto refused = get(folder, {"-x", proxy_at(proxy), "--proxy-digest", "-U", "Mufasa:wrong", "-o",
                                      "-", "http://site.example/"});
    CHECK(refused.status == 6);
    CHECK_THAT(refused.errors, Contains("http://site.example/: 407"));
}

TEST_CASE("the hosts that are named are reached without the proxy") {
    test::temp_folder folder;
    scripted_server server(test::echo_target());
    scripted_server proxy(http_proxy());
    const auto port = std::to_string(server.port());
    const auto asks = [&](const std::string& host, const std::string& without) {
        return body_of(folder, {"-x", proxy_at(proxy), "--noproxy", without, "--resolve",
                                "*:" + port + ":127.0.0.1", server.url("/a", host)});
    };
    CHECK(asks("near.example", "near.example,127.0.0.1") == "/a");
    CHECK(asks("www.near.example", "near.example") == "/a");
    CHECK(asks("far.example", "*") == "/a");
    CHECK(proxy.connections() == 0);
    CHECK(asks("far.example", "near.example") == server.url("/a", "far.example"));
    CHECK(proxy.connections() == 1);
}

TEST_CASE("SOCKS proxies get a name to resolve or an address, as the option says") {
    test::temp_folder folder;
    test::socks_server socks;
    scripted_server server(test::echo_target());
    const auto port = std::to_string(server.port());
    const auto at = "127.0.0.1:" + std::to_string(socks.port());
    const auto asked = [&](const std::string& option, const std::string& value) {
        CHECK(body_of(folder, {option, value, "--resolve", "site.example:" + port + ":127.0.0.1",
                               server.url("/a", "site.example")}) == "/a");
        return socks.asked().back();
    };
    CHECK(asked("--socks4", at) == "4 address 127.0.0.1:" + port);
    CHECK(asked("--socks4a", at) == "4 name site.example:" + port);
    CHECK(asked("--socks5", at) == "5 address 127.0.0.1:" + port);
    CHECK(asked("--socks5-hostname", at) == "5 name site.example:" + port);
    CHECK(asked("--proxy", "socks5h://" + at) == "5 name site.example:" + port);
}

TEST_CASE("a SOCKS proxy is logged in to as an HTTP proxy is, and by what its URL says") {
    test::temp_folder folder;
    test::socks_rules rules;
    rules.login = "me:s@c:ret/";
    test::socks_server socks(rules);
    scripted_server server(test::echo_target());
    const auto at = "127.0.0.1:" + std::to_string(socks.port());
    for (const auto& how : {texts{"--socks5-hostname", at, "--proxy-user", rules.login},
                            texts{"--proxy", "socks5h://you:other@" + at, "-U", rules.login},
                            texts{"--proxy", "socks5h://me:s%40c%3aret%2F@" + at}}) {
        auto arguments = how;
        arguments.push_back(server.url("/a"));
        CHECK(body_of(folder, std::move(arguments)) == "/a");
        CHECK_THAT(socks.asked().back(), Catch::EndsWith(" " + rules.login));
    }
    CHECK(socks.asked().size() == 3);
    const auto refused =
        get(folder, {"--retry", "0", "--socks5", at, "-U", "me:hidden", "-v", server.url("/a")});
    CHECK(refused.status == 4);
    CHECK_THAT(refused.errors, Contains("it refuses the user name and password") && !Contains("hidden"));
}

TEST_CASE("a SOCKS proxy leads to the HTTP proxy") {
    test::temp_folder folder;
    test::socks_server socks;
    scripted_server proxy(http_proxy());
    CHECK(body_of(folder, {"--preproxy", socks.url("socks5h"), "--proxy", proxy_at(proxy),
                           "http://site.example/a"}) == "http://site.example/a");
    REQUIRE(socks.asked().size() == 1);
    CHECK_THAT(socks.asked()[0], Contains("127.0.0.1:" + std::to_string(proxy.port())));
}

TEST_CASE("a proxy that is not there, or refuses, is a failure of the network that names it") {
    test::temp_folder folder;
    const auto fails_by = [&](texts how, const std::string& cause) {
        how.insert(how.end(), {"--retry", "0", "http://site.example/a"});
        const auto result = get(folder, std::move(how));
        CHECK(result.status == 4);
        CHECK_THAT(result.errors, Catch::StartsWith("http://site.example/a: ") && Contains(cause));
    };
    fails_by({"-x", "http://127.0.0.1:1"}, "127.0.0.1:1");
    test::socks_rules refusal;
    refusal.refusal = 5;
    test::socks_server refusing(refusal);
    fails_by({"--socks5-hostname", "127.0.0.1:" + std::to_string(refusing.port())},
             "127.0.0.1:" + std::to_string(refusing.port()));
    CHECK(test::files_below(folder.path()).empty());
}
