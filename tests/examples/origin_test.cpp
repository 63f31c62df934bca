#include "common/sha256.hpp"
#include "examples/origin.hpp"

#include <csignal>
#include <tandem/coro/for_each.hpp>
#include <tandem/http/client.hpp>
#include <tandem/threads/block_on.hpp>

namespace http = tandem::http;
using tandem::task;

namespace {

/// The number after `name` in what the origin has counted.
long counted(const std::string& stats, const std::string& name) {
    auto at = stats.find(name + ' ');
    return at == std::string::npos ? -1 : std::stol(stats.substr(at + name.size() + 1));
}

} // namespace

TEST_CASE("the origin serves what its digests say, over HTTP and HTTPS") {
    test::origin server;
    auto check = [&](std::string base) -> task<> {
        http::client_options options;
        options.ca_file(server.authority_file());
        http::client web(options);
        std::istringstream sums(co_await web.get(base + "/SHA256SUMS").text());
        int files = 0;
        for (std::string digest, name; sums >> digest >> name; ++files) {
            auto photo = co_await web.get(base + '/' + name).text();
            CHECK(sha256(photo) == digest);
            auto chunked = co_await web.get(base + "/chunked/" + name).text();
            CHECK(chunked == photo);
            auto redirected = co_await web.get(base + "/redirect/" + name).text();
            CHECK(redirected == photo);
        }
        CHECK(files == 6);
    };
    tandem::block_on(check(server.http));
    tandem::block_on(check(server.https));
}

TEST_CASE("the origin counts its connections and keeps them alive") {
    test::origin server({"--latency", "20"});
    auto visit = [&]() -> task<> {
        http::client web;
        std::vector<std::string> links;
        for (int i = 0; i < 6; ++i)
            links.push_back(server.http + "/photo-00" + std::to_string(i) + ".jpg");
        auto get = [&](std::string& link) -> task<> { co_await web.get(link).text(); };
        co_await tandem::for_each(links, tandem::at_most(3), get);

        auto stats = co_await web.get(server.http + "/stats").text();
        CHECK(counted(stats, "requests") == 7);
        CHECK(counted(stats, "connections") == 3);
        CHECK(counted(stats, "photo_connections") == 3);
    };
    tandem::block_on(visit());
}

TEST_CASE("the origin ends with the one who holds its input, and on SIGTERM") {
    test::origin orphan;
    orphan.process().close_input();
    CHECK(orphan.process().wait() == 0);

    test::origin stopped;
    stopped.process().signal(SIGTERM);
    CHECK(stopped.process().wait() != 0);
}
