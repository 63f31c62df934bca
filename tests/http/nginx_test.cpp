// What the client does with a server of the real world.
#include <catch2/catch.hpp>

#include <fstream>
#include <set>

#include <tandem/coro/for_each.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/nginx.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::stream;
using tandem::task;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::nginx;
using test::nginx_setup;

namespace {

/// Gets `link` `count` times, `at_once` at the same time, and returns over how many connections that went.
task<std::size_t> connections_for(client& web, std::string link, int count, std::size_t at_once) {
    std::set<std::string> connections;
    std::vector<int> all(static_cast<std::size_t>(count));
    auto fetch = [&](int&) -> task<> {
        auto reply = co_await web.get(link).raise_for_status().send();
        const std::string place(reply.headers()["X-Connection"]);
        connections.insert(place.substr(0, place.find('/')));
        auto text = co_await reply.text();
        CHECK(text == "hello");
    };
    co_await tandem::for_each(all, tandem::at_most(at_once), fetch);
    co_return connections.size();
}

} // namespace

TEST_CASE("a thousand requests to nginx go over one connection, or as many as there are at once") {
    const nginx server(nginx_setup{"keepalive_requests 10000;"});
    server.serve("a.txt", "hello");
    in_loop([&]() -> task<> {
        client web;
        auto connections = co_await connections_for(web, server.url("/a.txt"), 1000, 1);
        CHECK(connections == 1);
        client busy;
        connections = co_await connections_for(busy, server.url("/a.txt"), 1000, 16);
        CHECK(connections <= 16);
        CHECK(busy.statistics().connections_opened == connections);
        CHECK(busy.statistics().retries == 0);
        CHECK(busy.statistics().active == 0);
    });
}

TEST_CASE("nginx's limit of requests for a connection costs a new connection and no error") {
    const nginx server(nginx_setup{"keepalive_requests 10;"});
    server.serve("a.txt", "hello");
    in_loop([&]() -> task<> {
        client web;
        auto connections = co_await connections_for(web, server.url("/a.txt"), 35, 1);
        CHECK(connections == 4);
        connections = co_await connections_for(web, server.url("/a.txt"), 200, 8);
        CHECK(connections >= 20);
        CHECK(web.statistics().retries == 0);
        CHECK(web.statistics().closed_stale == 0);
    });
}

TEST_CASE("where nginx keeps no connection none is used twice") {
    const nginx server(nginx_setup{"keepalive_timeout 0;"});
    server.serve("a.txt", "hello");
    in_loop([&]() -> task<> {
        client web;
        auto connections = co_await connections_for(web, server.url("/a.txt"), 3, 1);
        CHECK(connections == 3);
        CHECK(web.statistics().connections_reused == 0);
        CHECK(web.statistics().idle == 0);
    });
}

TEST_CASE("idle connections that nginx has closed for a new configuration are replaced") {
    nginx server;
    server.serve("a.txt", "hello");
    in_loop([&]() -> task<> {
        client web;
        co_await connections_for(web, server.url("/a.txt"), 8, 4);
        const auto idle = web.statistics().idle;
        CHECK(idle > 0);
        server.reload();
        co_await connections_for(web, server.url("/a.txt"), 8, 4);
        CHECK(web.statistics().closed_stale == idle);
        CHECK(web.statistics().retries == 0);
    });
}

TEST_CASE("requests go on without an error while nginx changes its configuration") {
    nginx server;
    server.serve("a.txt", "hello");
    in_loop([&]() -> task<> {
        constexpr std::uint64_t at_once = 8;
        client web;
        std::uint64_t done = 0;
        bool is_over = false;
        auto ask = [&]() -> task<> {
            for (; !is_over; ++done)
                co_await web.get(server.url("/a.txt")).text();
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            for (std::uint64_t i = 0; i < at_once; ++i)
                group.spawn(ask());
            for (int i = 0; i < 3; ++i) {
                const auto before = done;
                while (done < before + 100)
                    co_await tandem::yield();
                server.begin_reload();
            }
            // However long it takes until those that served so far are told to go.
            while (web.statistics().connections_opened <= at_once)
                co_await tandem::yield();
            is_over = true;
        };
        co_await tandem::with_group(body);
        CHECK(web.statistics().requests == done + web.statistics().retries);
    });
}

TEST_CASE("files of nginx come whole, of 1 MiB as text and of 64 MiB to the disk") {
    const nginx server;
    std::string numbers;
    for (int i = 0; numbers.size() < (1u << 20); ++i)
        numbers += std::to_string(i) + '\n';
    server.serve("numbers", numbers);
    server.serve_sparse("nothing", 64u << 20);
    test::temp_folder folder;
    in_loop([&]() -> task<> {
        client web;
        auto text = co_await web.get(server.url("/numbers")).text();
        CHECK((text == numbers));
        auto saved = co_await web.get(server.url("/nothing")).save_to(folder.path().string());
        CHECK(saved.bytes == 64u << 20);
        auto reply = co_await web.get(server.url("/nothing")).send();
        std::uint64_t size = 0;
        bool is_nothing = true;
        while (auto piece = co_await reply.body().next()) {
            size += piece->size();
            is_nothing = is_nothing && *piece == std::string(piece->size(), '\0');
        }
        CHECK(size == 64u << 20);
        CHECK(is_nothing);
        CHECK(web.statistics().connections_opened == 1);
    });
    std::string stored(64u << 20, 'x');
    std::ifstream(folder / "nothing").read(stored.data(), 64 << 20);
    CHECK((stored == std::string(64u << 20, '\0')));
}

TEST_CASE("what nginx compresses on the fly is decoded, and only where it was asked for") {
    const nginx server(nginx_setup{"gzip on; gzip_types text/plain; gzip_min_length 1;"});
    std::string numbers;
    for (int i = 0; i < 50'000; ++i)
        numbers += std::to_string(i) + '\n';
    server.serve("numbers.txt", numbers);
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.get(server.url("/numbers.txt")).send();
        CHECK(reply.headers()["Transfer-Encoding"] == "chunked");
        CHECK(reply.headers()["Content-Encoding"] == "gzip");
        auto text = co_await reply.text();
        CHECK((text == numbers));
        auto plain = co_await web.get(server.url("/numbers.txt")).decode(false).send();
        CHECK(plain.headers()["Content-Length"] == std::to_string(numbers.size()));
        text = co_await plain.text();
        CHECK((text == numbers));
        CHECK(web.statistics().connections_opened == 1);
    });
}

TEST_CASE("a page that nginx puts together comes in chunks, with a trailer behind it") {
    const nginx server(nginx_setup{"ssi on; add_trailer X-Sum $bytes_sent;"});
    server.serve("page.html", "<!--#include virtual=\"/part.html\" -->, world");
    server.serve("part.html", "hello");
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 2; ++i) {
            auto reply = co_await web.get(server.url("/page.html")).send();
            CHECK(reply.headers()["Transfer-Encoding"] == "chunked");
            auto text = co_await reply.body().text();
            CHECK(text == "hello, world");
            CHECK_FALSE(reply.body().trailers()["X-Sum"].empty());
        }
        CHECK(web.statistics().connections_opened == 1);
    });
}

TEST_CASE("nginx sends the ranges that it is asked for") {
    const nginx server;
    server.serve("a.txt", "0123456789");
    in_loop([&]() -> task<> {
        client web;
        const auto link = server.url("/a.txt");
        auto reply = co_await web.get(link).header("Range", "bytes=2-5").send();
        CHECK(reply.status() == 206);
        CHECK(reply.headers()["Content-Range"] == "bytes 2-5/10");
        const std::string tag(reply.headers()["ETag"]);
        auto text = co_await reply.text();
        CHECK(text == "2345");
        text = co_await web.get(link).header("Range", "bytes=-3").text();
        CHECK(text == "789");
        text = co_await web.get(link).header("Range", "bytes=2-5").header("If-Range", tag).text();
        CHECK(text == "2345");
        text = co_await web.get(link).header("Range", "bytes=2-5").header("If-Range", "\"old\"").text();
        CHECK(text == "0123456789");
        auto beyond = co_await web.get(link).header("Range", "bytes=10-").send();
        CHECK(beyond.status() == 416);
        CHECK(beyond.headers()["Content-Range"] == "bytes */10");
        co_await beyond.body().discard();
        CHECK(web.statistics().connections_opened == 1);
    });
}

TEST_CASE("HEAD and 304 have no body, and leave the connection to the next") {
    const nginx server;
    server.serve("a.txt", "hello");
    in_loop([&]() -> task<> {
        client web;
        const auto link = server.url("/a.txt");
        auto head = co_await web.head(link).send();
        CHECK(head.headers()["Content-Length"] == "5");
        const std::string tag(head.headers()["ETag"]), date(head.headers()["Last-Modified"]);
        auto nothing = co_await head.text();
        CHECK(nothing.empty());
        auto same = co_await web.get(link).header("If-None-Match", tag).send();
        CHECK(same.status() == 304);
        same = co_await web.get(link).header("If-Modified-Since", date).send();
        CHECK(same.status() == 304);
        nothing = co_await same.text();
        CHECK(nothing.empty());
        auto error = co_await failure_of<status_error>(web.get(server.url("/missing")).text());
        CHECK(error.status() == 404);
        auto text = co_await web.get(link).text();
        CHECK(text == "hello");
        CHECK(web.statistics().connections_opened == 1);
    });
}

TEST_CASE("nginx's redirects are followed, its own to a folder's name and those that are configured") {
    const nginx server(nginx_setup{"location = /old { return 301 /folder; }\n"
                                   "location = /moved { return 308 /put/; }\n"
                                   "location = /round { return 302 /round; }\n"
                                   "location /put/ { return 200 $request_method; }\n"});
    server.serve("folder/index.html", "hello");
    in_loop([&]() -> task<> {
        client web;
        auto reply = co_await web.get(server.url("/old")).send();
        CHECK(reply.from() == url(server.url("/folder/")));
        CHECK(reply.redirects().size() == 2);
        auto text = co_await reply.text();
        CHECK(text == "hello");
        text = co_await web.put(server.url("/moved")).body("x").text();
        CHECK(text == "PUT");
        auto error = co_await failure_of<redirect_error>(web.get(server.url("/round")).text());
        CHECK(has_all(error.cause(), "more than 20 redirects, which lead in a circle"));
        CHECK(web.statistics().connections_opened <= 2);
    });
}

TEST_CASE("an nginx that closes without a word is an error, after a second try where there was a first") {
    const nginx server(nginx_setup{"location = /close { return 444; }"});
    server.serve("a.txt", "hello");
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<connect_error>(web.get(server.url("/close")).text());
        CHECK(error.cause() == "the server closed the connection without a reply");
        CHECK(web.statistics().requests == 1);
        co_await web.get(server.url("/a.txt")).text();
        co_await failure_of<connect_error>(web.get(server.url("/close")).text());
        CHECK(web.statistics().requests == 4);
        CHECK(web.statistics().retries == 1);
    });
}

TEST_CASE("nginx is talked to over its Unix socket") {
    const nginx server;
    server.serve("a.txt", "hello");
    in_loop([&]() -> task<> {
        client web(client_options().unix_socket(server.unix_path()));
        auto connections = co_await connections_for(web, "http://daemon.example/a.txt", 5, 1);
        CHECK(connections == 1);
    });
}
