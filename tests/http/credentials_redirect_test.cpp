// A login is kept apart for each origin.
#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <tandem/http/bearer.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/login.hpp>

#include "http/in_loop.hpp"
#include "support/realms.hpp"
#include "support/temp_folder.hpp"

using namespace tandem::http;
using tandem::task;
using test::answering_requests;
using test::field_of;
using test::in_loop;
using test::scripted_server;

namespace {

constexpr const char* user_secret = "Basic dXNlcjpzZWNyZXQ=";
using list = std::vector<std::string>;

/// Two origins: the first challenges and, once it has let somebody in, redirects to the second, which
/// challenges for whatever it can and then redirects back.
class pair_of_origins {
  public:
    explicit pair_of_origins(std::string scheme)
        : challenge_("WWW-Authenticate: " + std::move(scheme) + "\r\n")
        , other_(answering_requests([this](const std::string& request, const std::string&) {
            if (test::target_of(request) == "/back") return redirect_to(home_->url("/end"));
            if (field_of(request, "Authorization").empty() && was_asked_++ == 0)
                return test::reply("", challenge_, "401 Unauthorized");
            return test::reply("elsewhere");
        }))
        , home_(std::in_place, answering_requests([this](const std::string& request, const std::string&) {
                    const auto target = test::target_of(request);
                    if (target == "/end") return test::reply("end");
                    if (field_of(request, "Authorization").empty())
                        return test::reply("", challenge_, "401 Unauthorized");
                    return redirect_to(other_.url(target == "/round" ? "/back" : "/"));
                })) {}

    std::string start(std::string_view target = "/") const { return home_->url(target); }
    std::string home() const { return home_->url(""); }
    std::string other() const { return other_.url(""); }
    list seen_at_home() const { return seen_at(*home_); }
    list seen_elsewhere() const { return seen_at(other_); }

  private:
    static std::string redirect_to(const std::string& where) {
        return test::reply("", "Location: " + where + "\r\n", "307 Temporary Redirect");
    }
    static list seen_at(const scripted_server& server) {
        list all;
        for (const auto& each : server.requests())
            all.push_back(field_of(each, "Authorization"));
        return all;
    }

    const std::string challenge_;
    std::atomic<int> was_asked_{0};
    scripted_server other_;
    std::optional<scripted_server> home_;
};

/// What the origins see where the request is sent by a client with these options.
task<int> status_of(client_options options, std::string link) {
    client web(options);
    auto reply = co_await web.get(link).send();
    co_return reply.status();
}

} // namespace

TEST_CASE("credentials for an origin do not reach the one that a redirect leads to, by any scheme") {
    const std::string scheme = GENERATE("Basic realm=x", "Digest realm=x, nonce=n, qop=auth", "Bearer");
    pair_of_origins origins(scheme);
    in_loop([&]() -> task<> {
        client_options options;
        if (scheme == "Bearer")
            options.credentials(origins.home(), bearer("secret"));
        else
            options.credentials(origins.home(), login("user", "secret"));
        const int status = co_await status_of(options, origins.start());
        CHECK(status == 401);
    });
    CHECK(origins.seen_at_home().back().substr(0, 5) == scheme.substr(0, 5));
    CHECK(origins.seen_elsewhere() == list{""});
}

TEST_CASE("a request's own credentials do not reach the origin that a redirect leads to, nor come back") {
    const auto method = GENERATE(0, 1, 2);
    pair_of_origins origins(method == 1 ? "Digest realm=x, nonce=n, qop=auth" : "Basic realm=x");
    in_loop([&]() -> task<> {
        client web;
        auto request = web.get(origins.start("/round"));
        if (method == 0) request.basic_auth("user", "secret");
        if (method == 1) request.digest_auth("user", "secret");
        if (method == 2) request.bearer("secret");
        auto body = co_await request.text();
        CHECK(body == "end");
    });
    CHECK(origins.seen_elsewhere() == list{""});
    CHECK(origins.seen_at_home().back().empty());
    CHECK_FALSE(origins.seen_at_home().at(origins.seen_at_home().size() - 2).empty());
}

TEST_CASE("each origin of a chain of redirects gets the credentials that are for it") {
    pair_of_origins origins("Basic realm=x");
    in_loop([&]() -> task<> {
        const int status = co_await status_of(client_options()
                                                  .credentials(origins.home(), login("user", "secret"))
                                                  .credentials(origins.other(), login("other", "secret")),
                                              origins.start());
        CHECK(status == 200);
    });
    CHECK(origins.seen_at_home() == list{"", user_secret});
    CHECK(origins.seen_elsewhere() == list{"", "Basic b3RoZXI6c2VjcmV0"});
}

TEST_CASE("a login of a netrc file is sent to the host of the request's URL, and no further") {
    const test::temp_folder folder;
    const auto file = folder.write("netrc", "machine 127.0.0.1 login user password secret\n"
                                            "default login anybody password x\n");
    ::chmod(file.c_str(), 0600);
    pair_of_origins origins("Basic realm=x");
    in_loop([&]() -> task<> {
        const int status = co_await status_of(client_options().netrc_file(file), origins.start());
        CHECK(status == 401);
        const int end = co_await status_of(client_options().netrc_file(file), origins.start("/round"));
        CHECK(end == 200);
    });
    CHECK(origins.seen_at_home() == list{user_secret, user_secret, ""});
    CHECK(origins.seen_elsewhere() == list{"", ""});
}

TEST_CASE("a netrc file's login comes last, and its password is found for a user in the URL") {
    const test::temp_folder folder;
    const auto file = folder.write("netrc", "machine 127.0.0.1 login first password one\n"
                                            "machine 127.0.0.1 login user password secret\n");
    ::chmod(file.c_str(), 0600);
    scripted_server server(answering_requests([](auto&, auto&) { return test::reply("ok"); }));
    in_loop([&]() -> task<> {
        client web(client_options().netrc_file(file));
        const auto with_user = [&](const char* user) {
            return server.url().insert(7, std::string(user) + "@");
        };
        for (const auto& request :
             {web.get(server.url()), web.get(with_user("user")), web.get(with_user("user:other")),
              web.get(server.url()).header("Authorization", "mine"), web.get(server.url()).bearer("token")})
            co_await request.text();
        client named(client_options().netrc_file(file).credentials(server.url(""), bearer("client")));
        co_await named.get(server.url()).text();
    });
    list seen;
    for (const auto& each : server.requests())
        seen.push_back(field_of(each, "Authorization"));
    CHECK(seen == list{"Basic Zmlyc3Q6b25l", user_secret, "Basic dXNlcjpvdGhlcg==", "mine", "Bearer token",
                       "Bearer client"});
}
