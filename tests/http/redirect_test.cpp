#include <catch2/catch.hpp>

#include <map>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/scripted_server.hpp"

using namespace tandem::http;
using tandem::task;
using test::answering;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

std::string redirect(std::string_view to, std::string_view status = "302 Found") {
    return reply("over there", "Location: " + std::string(to) + "\r\n", status);
}

/// Answers what the map has for a target, else the target itself.
scripted_server::script answering_from(std::map<std::string, std::string> answers) {
    return answering([answers = std::move(answers)](const std::string& target) {
        auto found = answers.find(target);
        return found == answers.end() ? reply(target) : found->second;
    });
}

std::string redirect_trouble(std::string_view location) {
    scripted_server server(answering_from({{"/a", redirect(location)}}));
    std::string cause;
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<redirect_error>(web.get(server.url("/a")).text());
        CHECK(error.url() == server.url("/a"));
        cause = error.cause();
    });
    return cause;
}

} // namespace

TEST_CASE("every kind of redirect is followed") {
    auto status = GENERATE("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect",
                           "308 Permanent Redirect");
    scripted_server server(answering_from({{"/a", redirect("/b", status)}}));
    in_loop([&]() -> task<> {
        client web;
        auto body = co_await web.get(server.url("/a")).text();
        CHECK(body == "/b");
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a redirect may be relative, and a chain of them keeps the connection") {
    scripted_server server(answering_from(
        {{"/x/a", redirect("b?1#part")}, {"/x/b?1", redirect("../y/")}, {"/y/", redirect("?q=%20 z")}}));
    in_loop([&]() -> task<> {
        client web;
        auto answer = co_await web.get(server.url("/x/a")).send();
        CHECK(answer.from() == url(server.url("/y/?q=%20%20z")));
        auto body = co_await answer.text();
        CHECK(body == "/y/?q=%20%20z");
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a loop of redirects ends at the limit") {
    scripted_server server(answering_from({{"/a", redirect("/b")}, {"/b", redirect("/a")}}));
    in_loop([&]() -> task<> {
        client web(client_options().max_redirects(5));
        auto error = co_await failure_of<redirect_error>(web.get(server.url("/a")).text());
        CHECK(error.url() == server.url("/a"));
        CHECK(error.cause() ==
              "more than 5 redirects, which lead in a circle (redirected to " + server.url("/b") + ")");
    });
    CHECK(server.requests().size() == 6);
}

TEST_CASE("as many redirects as the limit allows are followed") {
    scripted_server server(answering_from({{"/a", redirect("/b")}, {"/b", redirect("/c")}}));
    in_loop([&]() -> task<> {
        client web(client_options().max_redirects(2));
        auto body = co_await web.get(server.url("/a")).text();
        CHECK(body == "/c");
    });
}

TEST_CASE("with a limit of none the redirect itself is the reply") {
    scripted_server server(answering_from({{"/a", redirect("/b")}}));
    in_loop([&]() -> task<> {
        client web(client_options().max_redirects(0));
        auto answer = co_await web.get(server.url("/a")).send();
        CHECK(answer.status() == 302);
        CHECK(answer.headers()["location"] == "/b");
        auto error = co_await failure_of<status_error>(web.get(server.url("/a")).text());
        CHECK(error.status() == 302);
    });
}

TEST_CASE("a redirect that names no target is handed out as it is") {
    scripted_server server(answering_from({{"/a", reply("choose", "", "302 Found")}}));
    in_loop([&]() -> task<> {
        client web;
        auto answer = co_await web.get(server.url("/a")).send();
        CHECK(answer.status() == 302);
        auto body = co_await answer.text();
        CHECK(body == "choose");
    });
}

TEST_CASE("only http and https URLs are followed") {
    CHECK(
        redirect_trouble("file:///etc/passwd") ==
        "redirected to 'file:///etc/passwd', which is not a URL: it does not begin with http:// or https://");
    CHECK(has_all(redirect_trouble("ftp://127.0.0.1/x"), "ftp://127.0.0.1/x", "not a URL"));
    CHECK(has_all(redirect_trouble("http://"), "names no host"));
    CHECK(has_all(redirect_trouble("/a\tb"), "control character"));
}

TEST_CASE("an error behind a redirect names the URL that was asked for and the one that failed") {
    scripted_server server(answering_from({{"/a", redirect("/gone")}, {"/gone", reply("", "", "410 Gone")}}));
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<status_error>(web.get(server.url("/a")).text());
        CHECK(std::string(error.what()) ==
              server.url("/a") + ": 410 Gone (redirected to " + server.url("/gone") + ")");
    });
}

TEST_CASE("credentials do not follow a redirect to another origin, nor come back from there") {
    scripted_server* home_pointer = nullptr;
    scripted_server other(answering([&](const std::string&) { return redirect(home_pointer->url("/end")); }));
    scripted_server home(answering([&](const std::string& target) {
        if (target == "/start") return redirect("/second");
        if (target == "/second") return redirect(other.url("/elsewhere"));
        return reply("done");
    }));
    home_pointer = &home;
    in_loop([&]() -> task<> {
        client web;
        auto body = co_await web.get(home.url("/start"))
                        .header("Authorization", "Bearer secret")
                        .header("cookie", "id=secret")
                        .header("Proxy-Authorization", "Basic secret")
                        .header("X-Harmless", "kept")
                        .text();
        CHECK(body == "done");
    });
    auto at_home = home.requests();
    REQUIRE(at_home.size() == 3);
    CHECK(has_all(at_home[0], "Authorization: Bearer secret", "cookie: id=secret"));
    CHECK(has_all(at_home[1], "Authorization: Bearer secret", "cookie: id=secret"));
    CHECK(at_home[2].find("secret") == std::string::npos);
    auto elsewhere = other.requests().at(0);
    CHECK(elsewhere.find("secret") == std::string::npos);
    CHECK(has_all(elsewhere, "X-Harmless: kept", "Host: 127.0.0.1:" + std::to_string(other.port()) + "\r\n"));
}

TEST_CASE("user name and password in a redirect's target are not used") {
    scripted_server with_port(answering([&](const std::string& target) {
        return target == "/a"
                   ? redirect("http://evil:word@127.0.0.1:" + std::to_string(with_port.port()) + "/b")
                   : reply(target);
    }));
    in_loop([&]() -> task<> {
        client web;
        auto body = co_await web.get(with_port.url("/a")).text();
        CHECK(body == "/b");
    });
    CHECK(with_port.requests().at(1).find("Authorization") == std::string::npos);
}

TEST_CASE("a redirect with a long body costs its connection, not the time to read it") {
    scripted_server server([](test::conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request) == "/b") {
                talk.send(reply("there"));
                continue;
            }
            talk.send(
                "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 100000000\r\n\r\nnever complete");
            talk.wait_for_close();
            return;
        }
    });
    in_loop([&]() -> task<> {
        client web;
        auto body = co_await web.get(server.url("/a")).text();
        CHECK(body == "there");
    });
    CHECK(server.connections() == 2);
}
