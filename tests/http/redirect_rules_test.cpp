#include <catch2/catch.hpp>

#include <map>

#include <tandem/coro/as_result.hpp>
#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "redirect.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/tls_pair.hpp"

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
    return reply("", "Location: " + std::string(to) + "\r\n", status);
}

/// Reads each request with its body and answers as answering_from does.
scripted_server::script taking_bodies(std::map<std::string, std::string> answers,
                                      std::vector<std::string>& bodies) {
    return [answers = std::move(answers), &bodies](test::conversation& talk) {
        while (auto request = talk.request()) {
            bodies.push_back(talk.body(*request));
            const auto found = answers.find(test::target_of(*request));
            talk.send(found == answers.end() ? reply("end") : found->second);
        }
    };
}

/// How the request after a redirect of a `method` request with `status` begins, and with which body.
std::string after_redirect(const std::string& method, const std::string& status) {
    std::vector<std::string> bodies;
    scripted_server server(taking_bodies({{"/a", redirect("/b", status)}}, bodies));
    in_loop([&]() -> task<> {
        client web;
        auto request = web.request(method, server.url("/a")).header("Content-Language", "en");
        if (method != "GET" && method != "HEAD") request.body("form");
        auto answer = co_await request.send();
        CHECK(answer.status() == 200);
    });
    const auto second = server.requests().at(1);
    std::string summary = second.substr(0, second.find(' ')) + " " + bodies.at(1);
    if (second.find("Content-Language") == std::string::npos) summary += " bare";
    return summary;
}

/// The headers of a request as they arrive at `to`, where a redirect by `from` has led it.
std::string seen_by_target(const scripted_server& to) {
    return to.requests().at(0);
}

} // namespace

TEST_CASE("301 and 302 make a GET of a POST, without its body and what described it") {
    for (const char* status : {"301 Moved Permanently", "302 Found"}) {
        CHECK(after_redirect("POST", status) == "GET  bare");
        CHECK(after_redirect("PUT", status) == "PUT form");
        CHECK(after_redirect("DELETE", status) == "DELETE form");
    }
}

TEST_CASE("303 makes a GET of everything but HEAD") {
    for (const char* method : {"POST", "PUT", "DELETE"})
        CHECK(after_redirect(method, "303 See Other") == "GET  bare");
}

TEST_CASE("307 and 308 keep method and body") {
    for (const char* status : {"307 Temporary Redirect", "308 Permanent Redirect"}) {
        CHECK(after_redirect("POST", status) == "POST form");
        CHECK(after_redirect("PUT", status) == "PUT form");
    }
}

TEST_CASE("HEAD stays HEAD") {
    for (const char* status :
         {"301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"}) {
        scripted_server server([status](test::conversation& talk) {
            while (auto request = talk.request())
                talk.send("HTTP/1.1 " + std::string(test::target_of(*request) == "/a" ? status : "200 OK") +
                          "\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
        });
        in_loop([&]() -> task<> {
            client web;
            auto answer = co_await web.head(server.url("/a")).send();
            CHECK(answer.status() == 200);
        });
        CHECK(server.requests().at(1).starts_with("HEAD /b "));
    }
}

TEST_CASE("every duplicate of a credential is dropped on the way to another origin") {
    scripted_server other(answering([](const std::string&) { return reply("there"); }));
    scripted_server home(answering([&](const std::string&) { return redirect(other.url("/")); }));
    in_loop([&]() -> task<> {
        client web;
        auto request = web.get(home.url());
        for (const char* name : {"AUTHORIZATION", "cookie", "Proxy-authorization"})
            request.header(name, "secret");
        co_await request.text();
    });
    CHECK(home.requests().at(0).find("secret") != std::string::npos);
    CHECK(seen_by_target(other).find("secret") == std::string::npos);

    detail::request_parts parts("GET", url("http://h/"));
    for (const char* name : {"Authorization", "X-Kept", "authorization", "Cookie", "cookie", "COOKIE"})
        parts.fields.add(name, "secret");
    detail::follow_redirect(parts, 302, url("http://h/"), url("http://h:81/"));
    CHECK(parts.fields.size() == 1);
    CHECK(parts.fields.contains("X-Kept"));
}

TEST_CASE("a header that the caller calls secret reaches no other origin") {
    scripted_server other(answering([](const std::string&) { return reply("there"); }));
    scripted_server home(answering([&](const std::string& target) {
        if (target == "/a") return redirect("/b");
        return redirect(target == "/b" ? other.url("/c") : other.url("/"));
    }));
    in_loop([&]() -> task<> {
        client web;
        auto request = web.get(home.url("/a"))
                           .header("X-Kept", "public")
                           .secret_header("X-Api-Key", "secret")
                           .secret_header("X-Token", "secret as well")
                           .header("x-token", "still secret");
        co_await request.text();
    });
    CHECK(has_all(home.requests().at(0), "X-Api-Key: secret\r\n", "x-token: still secret\r\n"));
    CHECK(has_all(home.requests().at(1), "X-Api-Key: secret\r\n", "x-token: still secret\r\n"));
    CHECK(has_all(seen_by_target(other), "X-Kept: public\r\n"));
    CHECK(seen_by_target(other).find("secret") == std::string::npos);

    client web;
    CHECK_THROWS_AS(web.get(home.url()).secret_header("X-Key", "a\r\nb"), bad_request);
}

TEST_CASE("another port is another origin") {
    scripted_server other(answering([](const std::string&) { return reply("there"); }));
    scripted_server home(answering([&](const std::string&) { return redirect(other.url("/")); }));
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(home.url()).header("Authorization", "Bearer secret").text();
    });
    CHECK(seen_by_target(other).find("secret") == std::string::npos);
}

TEST_CASE("another name of the same machine is another origin") {
    scripted_server server(answering([&](const std::string& target) {
        return target == "/a" ? redirect("http://localhost:" + std::to_string(server.port()) + "/b")
                              : reply("there");
    }));
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(server.url("/a")).header("Cookie", "id=secret").text();
    });
    CHECK(server.requests().at(1).find("secret") == std::string::npos);
}

TEST_CASE("from https to http credentials are dropped, and a Referer that was seen over https") {
    scripted_server plain(answering([](const std::string&) { return reply("there"); }));
    scripted_server secure(
        answering([&](const std::string&) { return redirect(plain.url("/", "localhost")); }),
        test::test_identity());
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(test::test_authority().file()));
        auto body = co_await web.get(secure.url("/", "localhost"))
                        .header("Authorization", "Bearer secret")
                        .header("Referer", "https://localhost/secret")
                        .text();
        CHECK(body == "there");
    });
    CHECK(seen_by_target(plain).find("secret") == std::string::npos);
}

TEST_CASE("a redirect from https to http can be forbidden, for a client and for a request") {
    scripted_server plain(answering([](const std::string&) { return reply("there"); }));
    scripted_server secure(answering([&](const std::string&) { return redirect(plain.url("/x")); }),
                           test::test_identity());
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(test::test_authority().file()).follow_downgrades(false));
        auto work = web.get(secure.url("/", "localhost")).text();
        auto error = co_await failure_of<redirect_error>(std::move(work));
        CHECK(error.cause() ==
              "redirected from https to " + plain.url("/x") + ", which this request forbids");
        client lax(client_options().ca_file(test::test_authority().file()));
        auto strict = lax.get(secure.url("/", "localhost")).follow_downgrades(false).text();
        co_await failure_of<redirect_error>(std::move(strict));
    });
    CHECK(plain.connections() == 0);
}

TEST_CASE("a user name and password of the URL reach no other origin") {
    scripted_server other(answering([](const std::string&) { return reply("there"); }));
    scripted_server home(answering([&](const std::string&) { return redirect(other.url("/")); }));
    in_loop([&]() -> task<> {
        client web;
        auto link = "http://user:secret@127.0.0.1:" + std::to_string(home.port()) + "/";
        co_await web.get(link).text();
    });
    CHECK(has_all(home.requests().at(0), "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
    CHECK(seen_by_target(other).find("Authorization") == std::string::npos);
}

TEST_CASE("a user name and password of the URL go along within the origin") {
    scripted_server home(answering(
        [](const std::string& target) { return target == "/a" ? redirect("/b") : reply("there"); }));
    in_loop([&]() -> task<> {
        client web;
        co_await web.get("http://user:secret@127.0.0.1:" + std::to_string(home.port()) + "/a").text();
    });
    CHECK(has_all(home.requests().at(1), "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
}

TEST_CASE("a Referer shows another origin no user name, and is dropped where it is no URL") {
    scripted_server other(answering([](const std::string&) { return reply("there"); }));
    scripted_server home(answering([&](const std::string&) { return redirect(other.url("/")); }));
    in_loop([&]() -> task<> {
        client web(client_options().idle_limit(std::chrono::seconds(0)));
        co_await web.get(home.url()).header("Referer", "http://user:secret@page.example/x#y").text();
        co_await web.get(home.url()).header("Referer", "user:secret@page").text();
    });
    const auto seen = other.requests();
    CHECK(has_all(seen.at(0), "Referer: http://page.example/x\r\n"));
    CHECK(seen.at(0).find("secret") == std::string::npos);
    CHECK(seen.at(1).find("Referer") == std::string::npos);
}

TEST_CASE(
    "a Referer follows the redirects where the caller wants that, and tells others no more than origins") {
    scripted_server other(answering([&](const std::string& target) {
        return target == "/c" ? redirect("/d?e") : target == "/d?e" ? redirect("/f") : reply("there");
    }));
    scripted_server home(answering([&](const std::string& target) {
        return redirect(target.starts_with("/a") ? "/b?secret" : other.url("/c"));
    }));
    in_loop([&]() -> task<> {
        client web(client_options().auto_referer());
        const auto first = "http://user:secret@127.0.0.1:" + std::to_string(home.port()) + "/a?x#y";
        co_await web.get(first).header("Referer", "http://page.example/").text();
        co_await web.get(home.url("/a")).text();
    });
    CHECK(has_all(home.requests().at(0), "Referer: http://page.example/\r\n"));
    CHECK(has_all(home.requests().at(1), "Referer: " + home.url("/a?x") + "\r\n"));
    CHECK(has_all(other.requests().at(0), "Referer: " + home.url("/") + "\r\n"));
    CHECK(has_all(other.requests().at(1), "Referer: " + other.url("/c") + "\r\n"));
    CHECK(has_all(other.requests().at(2), "Referer: " + other.url("/d?e") + "\r\n"));
    CHECK(home.requests().at(2).find("Referer") == std::string::npos);
    CHECK(has_all(home.requests().at(3), "Referer: " + home.url("/a") + "\r\n"));
}

TEST_CASE("a Referer that follows redirects tells http nothing of https") {
    scripted_server plain(answering([](const std::string&) { return reply("there"); }));
    scripted_server secure(answering([&](const std::string&) { return redirect(plain.url("/")); }),
                           test::test_identity());
    in_loop([&]() -> task<> {
        client web(client_options().auto_referer().ca_file(test::test_authority().file()));
        co_await web.get(secure.url("/", "localhost")).header("Referer", "http://page.example/").text();
    });
    CHECK(plain.requests().at(0).find("Referer") == std::string::npos);
}

TEST_CASE("a fragment is inherited, unless the redirect brings one of its own") {
    scripted_server server(answering([](const std::string& target) {
        if (target == "/a") return redirect("/b");
        if (target == "/b") return redirect("/c#own");
        return reply("there");
    }));
    in_loop([&]() -> task<> {
        client web;
        auto once = co_await web.get(server.url("/a#given")).max_redirects(0).send();
        CHECK(once.from().fragment() == "given");
        auto answer = co_await web.get(server.url("/a#given")).send();
        CHECK(answer.from().fragment() == "own");
        CHECK(answer.redirects().at(1).from.fragment() == "given");
    });
    for (const auto& request : server.requests())
        CHECK(request.find('#') == std::string::npos);
}

TEST_CASE("the chain of redirects can be seen at the reply") {
    scripted_server server(answering([](const std::string& target) {
        if (target == "/a") return redirect("/b", "301 Moved Permanently");
        if (target == "/b") return redirect("/c", "307 Temporary Redirect");
        return reply("there");
    }));
    in_loop([&]() -> task<> {
        client web;
        auto answer = co_await web.get(server.url("/a")).send();
        REQUIRE(answer.redirects().size() == 2);
        CHECK(answer.redirects()[0].from == url(server.url("/a")));
        CHECK(answer.redirects()[0].status == 301);
        CHECK(answer.redirects()[1].from == url(server.url("/b")));
        CHECK(answer.redirects()[1].status == 307);
        auto straight = co_await web.get(server.url("/c")).send();
        CHECK(straight.redirects().empty());
    });
}

TEST_CASE("a reply that redirects to two places is an error") {
    scripted_server server(answering([](const std::string& target) {
        return target == "/a" ? reply("", "Location: /b\r\nLocation: /c\r\n", "302 Found") : reply(target);
    }));
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<redirect_error>(web.get(server.url("/a")).text());
        CHECK(error.cause() == "redirected to two places at once: '/b' and '/c'");
    });
    CHECK(server.requests().size() == 1);
}

TEST_CASE("relative redirects of every form are followed") {
    std::map<std::string, std::string> answers;
    scripted_server server(answering([&](const std::string& target) {
        const auto found = answers.find(target);
        return found == answers.end() ? reply(target) : redirect(found->second);
    }));
    answers = {{"/d/1", "2"},
               {"/d/2", "./3"},
               {"/d/3", "../e/4"},
               {"/e/4", "?five"},
               {"/e/4?five", "//127.0.0.1:" + std::to_string(server.port()) + "/six"},
               {"/six", "/seven eight"}};
    in_loop([&]() -> task<> {
        client web;
        auto body = co_await web.get(server.url("/d/1")).text();
        CHECK(body == "/seven%20eight");
    });
}

TEST_CASE("a Location with a line end or a zero in it is not followed") {
    for (const std::string& bad : {std::string("/b\rX: y"), std::string("/b\0c", 4)}) {
        scripted_server server(answering(
            [bad](const std::string& target) { return target == "/a" ? redirect(bad) : reply(target); }));
        in_loop([&]() -> task<> {
            client web;
            auto outcome = co_await tandem::as_result(web.get(server.url("/a")).text());
            CHECK_THROWS_AS(outcome.value(), protocol_error);
        });
        CHECK(server.requests().size() == 1);
    }
}

TEST_CASE("a redirect keeps method and body where the caller wants that, whatever its status") {
    for (const char* status : {"301 Moved Permanently", "302 Found", "303 See Other"}) {
        std::vector<std::string> bodies;
        scripted_server server(taking_bodies({{"/a", redirect("/b", status)}}, bodies));
        in_loop([&]() -> task<> {
            client web;
            co_await web.post(server.url("/a")).body("form").keep_method().text();
        });
        CHECK(server.requests().at(1).starts_with("POST /b "));
        CHECK(bodies.at(1) == "form");
    }
}

TEST_CASE("what speaks for the caller reaches another origin where he trusts redirects") {
    scripted_server other(answering([](const std::string&) { return reply("there"); }));
    scripted_server home(answering([&](const std::string&) { return redirect(other.url("/")); }));
    in_loop([&]() -> task<> {
        client web(client_options().idle_limit(std::chrono::seconds(0)).trust_redirects());
        co_await web.get(home.url()).header("Cookie", "id=1").secret_header("X-Key", "2").text();
        co_await web.get(home.url()).basic_auth("user", "secret").text();
        co_await web.get("http://user:secret@127.0.0.1:" + std::to_string(home.port()) + "/").text();
    });
    const auto seen = other.requests();
    CHECK(has_all(seen.at(0), "Cookie: id=1\r\n", "X-Key: 2\r\n"));
    CHECK(has_all(seen.at(1), "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
    CHECK(has_all(seen.at(2), "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
}
