// Downloads that take no more bytes a second than they are allowed.
#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>

#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "http/pausing_time.hpp"
#include "http/segments.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::content;
using test::large_file;
using test::read_file;
using test::reply;
using test::scripted_server;
using test::serving;

TEST_CASE("a limited rate holds for what the kernel moves and for what is read, in the loop's own time") {
    const bool is_moved = GENERATE(true, false);
    test::temp_folder folder;
    const auto body = content(500'000);
    std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < body.size(); at += 10'000)
        chunks += "2710\r\n" + body.substr(at, 10'000) + "\r\n";
    chunks += "0\r\n\r\n";
    scripted_server server(
        test::answering([&](const std::string&) { return is_moved ? reply(body) : chunks; }));
    const auto passed = test::in_paying_time([&](const test::paying_time&) -> task<> {
        client web;
        std::uint64_t last = 0;
        auto how =
            test::in_parts(folder, 1).limit_rate(100'000).on_progress([&](const download_progress& so_far) {
                CHECK(so_far.done - last <= 10'000);
                last = so_far.done;
            });
        co_await download(web.get(server.url("/x")), how);
    });
    CHECK(passed >= 4800ms);
    CHECK(passed <= 5100ms);
    CHECK((read_file(folder / "x") == body));
}

TEST_CASE("a limited rate holds for all parts of a file together") {
    const int segments = GENERATE(2, 7);
    constexpr std::uint64_t rate = 1'000'000;
    test::temp_folder folder;
    const auto file = large_file();
    scripted_server server(serving(file));
    int reports = 0;
    const auto passed = test::in_paying_time([&](const test::paying_time& time) -> task<> {
        client web;
        const auto watch = [&](const download_progress& so_far) {
            // Each part may be one read, of a tenth of a second's worth, ahead of what is paid for.
            const double paid = std::chrono::duration<double>(time.passed()).count() * rate;
            const double ahead = 0.1 * rate * (segments + 1);
            CHECK(static_cast<double>(so_far.done) <= paid + ahead + 1);
            ++reports;
        };
        const auto how = test::in_parts(folder, segments).limit_rate(rate).on_progress(watch);
        co_await download(web.get(server.url("/file")), how);
    });
    const auto whole = 1000ms * file.body.size() / rate;
    CHECK(passed >= whole - 100ms * (segments + 1));
    CHECK(passed <= whole + 100ms);
    CHECK(reports >= 80);
    CHECK(server.connections() >= segments);
    CHECK((read_file(folder / "file") == file.body));
}
