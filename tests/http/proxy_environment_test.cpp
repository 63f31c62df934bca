#include <catch2/catch.hpp>

#include <cstdlib>
#include <optional>
#include <stdexcept>

#include <tandem/http/client.hpp>

#include <proxy/proxy_environment.hpp>

#include "http/in_loop.hpp"
#include "support/proxies.hpp"

using namespace tandem::http;
using tandem::task;
using test::failure_of;
using test::has_all;
using test::http_proxy;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// The variables that name proxies, with these values only while it lives: "name=value" each.
class environment {
  public:
    environment(std::initializer_list<std::string> values) {
        for (const char* name : names_) {
            const char* before = std::getenv(name);
            before_.push_back(before ? std::optional<std::string>(before) : std::nullopt);
            ::unsetenv(name);
        }
        for (const auto& each : values)
            ::setenv(each.substr(0, each.find('=')).c_str(), each.substr(each.find('=') + 1).c_str(), 1);
    }
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;
    ~environment() {
        for (std::size_t i = 0; i < before_.size(); ++i) {
            ::unsetenv(names_[i]);
            if (before_[i]) ::setenv(names_[i], before_[i]->c_str(), 1);
        }
    }

  private:
    static constexpr const char* names_[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                             "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY"};
    std::vector<std::optional<std::string>> before_;
};

/// The proxy that the environment names for `target`, "" for none.
std::string proxy_for(const char* target) {
    const tandem::http::detail::proxy_environment around;
    const auto& found = around.proxy_for(url(target));
    return found ? found->name() : "";
}

} // namespace

TEST_CASE("without variables there is no proxy") {
    const environment none({});
    CHECK(proxy_for("http://site.example/").empty());
    CHECK(proxy_for("https://site.example/").empty());
}

TEST_CASE("each scheme has its variable, and all_proxy stands in for both") {
    const environment some({"http_proxy=one:81", "https_proxy=https://two"});
    CHECK(proxy_for("http://site.example/") == "http://one:81");
    CHECK(proxy_for("https://site.example/") == "https://two:443");
    const environment all({"all_proxy=socks5h://three", "https_proxy=four"});
    CHECK(proxy_for("http://site.example/") == "socks5h://three:1080");
    CHECK(proxy_for("https://site.example/") == "http://four:80");
}

TEST_CASE("lower case goes before upper case, and an empty variable is none") {
    const environment both({"https_proxy=lower", "HTTPS_PROXY=upper", "ALL_PROXY=all"});
    CHECK(proxy_for("https://site.example/") == "http://lower:80");
    const environment upper({"https_proxy=", "HTTPS_PROXY=upper", "ALL_PROXY=all"});
    CHECK(proxy_for("https://site.example/") == "http://upper:80");
    CHECK(proxy_for("http://site.example/") == "http://all:80");
}

TEST_CASE("HTTP_PROXY in upper case is not looked at") {
    const environment httpoxy({"HTTP_PROXY=evil.example"});
    CHECK(proxy_for("http://site.example/").empty());
}

TEST_CASE("no_proxy names the hosts to be reached directly") {
    const environment lower({"all_proxy=p", "no_proxy=site.example, 10.0.0.0/8", "NO_PROXY=*"});
    CHECK(proxy_for("http://www.site.example/").empty());
    CHECK(proxy_for("https://10.1.2.3/").empty());
    CHECK(proxy_for("http://other.example/") == "http://p:80");
    const environment upper({"all_proxy=p", "NO_PROXY=*"});
    CHECK(proxy_for("http://other.example/").empty());
    const environment with_port({"all_proxy=p", "no_proxy=site.example:443"});
    CHECK(proxy_for("https://site.example/").empty());
    CHECK(proxy_for("http://site.example/") == "http://p:80");
}

TEST_CASE("this machine is reached directly, whatever the environment says") {
    const environment all({"all_proxy=p"});
    for (const char* here : {"http://localhost/", "http://app.localhost./", "http://127.0.0.1:8080/",
                             "https://127.9.9.9/", "http://[::1]/"})
        CHECK(proxy_for(here).empty());
    CHECK(proxy_for("http://notlocalhost/") == "http://p:80");
}

TEST_CASE("a variable that names no proxy is an error of each request it is for, not of the others") {
    const environment bad({"http_proxy=ftp://me:secret@p", "no_proxy=direct.example"});
    CHECK_THROWS_WITH(proxy_for("http://site.example/"),
                      Catch::Contains("the environment's http_proxy is unusable: the proxy 'ftp://p'"));
    CHECK(proxy_for("http://direct.example/").empty());
    CHECK(proxy_for("https://site.example/").empty());
    in_loop([]() -> task<> {
        client web;
        auto failure = co_await failure_of<tandem::http::error>(web.get("http://site.example/").text());
        CHECK(has_all(failure.cause(), "the environment's http_proxy is unusable"));
    });
}

TEST_CASE("a client goes by the environment that it was made in") {
    scripted_server proxy(http_proxy());
    std::optional<client> web;
    {
        const environment set({"http_proxy=http://me:pw@127.0.0.1:" + std::to_string(proxy.port())});
        web.emplace();
    }
    in_loop([&]() -> task<> {
        auto body = co_await web->get("http://site.example/a").text();
        CHECK(body == "http://site.example/a");
    });
    CHECK(has_all(proxy.requests().at(0), "Proxy-Authorization: Basic bWU6cHc=\r\n"));
}

TEST_CASE("a client can be told to take no notice of the environment") {
    scripted_server proxy(http_proxy());
    const environment set({"http_proxy=127.0.0.1:" + std::to_string(proxy.port())});
    in_loop([]() -> task<> {
        client web(client_options().no_environment());
        co_await failure_of<connect_error>(web.get("http://no-such-name.invalid/").text());
    });
    CHECK(proxy.connections() == 0);
    in_loop([]() -> task<> {
        client web(client_options().no_environment());
        co_await web.get("http://no-such-name.invalid/").proxy_from_environment().text();
        client other;
        co_await failure_of<connect_error>(other.get("http://no-such-name.invalid/").no_environment().text());
    });
    CHECK(proxy.connections() == 1);
}

TEST_CASE("a proxy that was set takes the place of the environment's, its no_proxy included") {
    scripted_server set(http_proxy([](const std::string&) { return reply("set"); }));
    scripted_server around(http_proxy([](const std::string&) { return reply("around"); }));
    const environment variables(
        {"http_proxy=127.0.0.1:" + std::to_string(around.port()), "no_proxy=site.example"});
    in_loop([&]() -> task<> {
        client web(client_options().proxy("127.0.0.1:" + std::to_string(set.port())));
        auto body = co_await web.get("http://site.example/").text();
        CHECK(body == "set");
        body = co_await web.get("http://other.example/").proxy_from_environment().text();
        CHECK(body == "around");
    });
}

TEST_CASE("no_proxy of a client adds to what the environment says") {
    scripted_server around(http_proxy());
    const environment variables(
        {"http_proxy=127.0.0.1:" + std::to_string(around.port()), "no_proxy=one.invalid"});
    in_loop([]() -> task<> {
        client web(client_options().no_proxy("two.invalid"));
        co_await failure_of<connect_error>(web.get("http://one.invalid/").text());
        co_await failure_of<connect_error>(web.get("http://two.invalid/").text());
        co_await web.get("http://three.invalid/").text();
    });
    CHECK(around.connections() == 1);
}
