// tandem-get's options about connections, redirects and the target of a request.
#include "examples/get.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using test::body_of;
using test::get;
using test::reply;
using test::scripted_server;
using test::showing_requests;
using test::texts;

TEST_CASE("a host has the address, and the place, that it is given") {
    test::temp_folder folder;
    scripted_server server(showing_requests());
    const auto port = std::to_string(server.port());
    CHECK_THAT(body_of(folder, {"--resolve", "site.example:" + port + ":127.0.0.1",
                                server.url("/a", "site.example")}),
               Contains("\r\nHost: site.example:" + port + "\r\n"));
    CHECK_THAT(
        body_of(folder, {"--connect-to", "site.example:80:127.0.0.1:" + port, "http://site.example/a"}),
        Contains("\r\nHost: site.example\r\n"));
    CHECK_THAT(body_of(folder, {"--connect-to", "::127.0.0.1:" + port, "http://any.example/a"}),
               Contains("\r\nHost: any.example\r\n"));
}

TEST_CASE("a Unix socket serves any host") {
    test::temp_folder folder;
    test::server_setup setup;
    setup.unix_path = folder / "socket";
    scripted_server server(showing_requests(), setup);
    CHECK_THAT(body_of(folder, {"--unix-socket", "socket", "http://site.example/a"}),
               StartsWith("GET /a HTTP/1.1\r\n") && Contains("\r\nHost: site.example\r\n"));
}

TEST_CASE("a connection comes from the interface that is named") {
    test::temp_folder folder;
    scripted_server server([](test::conversation& talk) {
        while (talk.request())
            talk.send(reply(talk.peer()));
    });
    CHECK(body_of(folder, {"--interface", "127.0.0.2", server.url()}) == "127.0.0.2");
    CHECK(body_of(folder, {"--interface", "host!127.0.0.3", server.url()}) == "127.0.0.3");
    CHECK(body_of(folder, {"--interface", "if!lo", server.url()}) == "127.0.0.1");
}

TEST_CASE("dots in a path are taken out, unless it is to stay as it is") {
    test::temp_folder folder;
    scripted_server server(showing_requests());
    CHECK_THAT(body_of(folder, {server.url("/a/../b/./c")}), StartsWith("GET /b/c HTTP/1.1\r\n"));
    CHECK_THAT(body_of(folder, {"--path-as-is", server.url("/a/../b/./c")}),
               StartsWith("GET /a/../b/./c HTTP/1.1\r\n"));
    // The name of its file is none of them.
    CHECK(get(folder, {"--path-as-is", server.url("/a/..")}).status == 0);
    CHECK(test::files_below(folder.path()).size() == 1);
}

TEST_CASE("redirects are followed as often as is allowed") {
    test::temp_folder folder;
    scripted_server server(test::answering([](const std::string& target) {
        const auto left = target.back() - '0';
        if (left == 0) return reply("there");
        return reply("", "Location: /" + std::to_string(left - 1) + "\r\n", "302 Found");
    }));
    CHECK(body_of(folder, {server.url("/5")}) == "there");
    CHECK(body_of(folder, {"--max-redirs", "3", server.url("/3")}) == "there");
    CHECK(body_of(folder, {"--max-redirs", "-1", "-L", server.url("/9")}) == "there");
    const auto before = server.requests().size();
    const auto refused = get(folder, {"--max-redirs", "2", server.url("/3")});
    CHECK(refused.status == 7);
    CHECK_THAT(refused.errors, StartsWith(server.url("/3") + ": ") && Contains("2 redirects"));
    CHECK(server.requests().size() == before + 3);
    CHECK(get(folder, {"--no-location", server.url("/1")}).status != 0);
    CHECK(server.requests().size() == before + 4);
    CHECK(test::files_below(folder.path()).empty());
}

TEST_CASE("a method that was chosen stays the same behind a redirect") {
    test::temp_folder folder;
    scripted_server server([](test::conversation& talk) {
        while (const auto request = talk.request()) {
            const auto body = talk.body(*request);
            talk.send(test::target_of(*request) == "/a" ? reply("", "Location: /b\r\n", "302 Found")
                                                        : reply(*request + body));
        }
    });
    CHECK_THAT(body_of(folder, {"-d", "x", server.url("/a")}), StartsWith("GET /b HTTP/1.1\r\n"));
    CHECK_THAT(body_of(folder, {"-X", "PUT", "-d", "x", server.url("/a")}),
               StartsWith("PUT /b HTTP/1.1\r\n") && Catch::EndsWith("\r\n\r\nx"));
}
