// Large files that come in several parts at once.
#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>

#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>
#include <tandem/sync/event.hpp>

#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "http/segments.hpp"
#include "support/cancel_at_each_moment.hpp"
#include "support/certificates.hpp"
#include "support/nginx.hpp"
#include "support/temp_folder.hpp"
#include "support/written_bytes.hpp"

using namespace tandem::http;
using tandem::task;
using tandem::http::detail::byte_range;
using test::answer_to;
using test::brought;
using test::content;
using test::conversation;
using test::field_of;
using test::files_below;
using test::in_loop;
using test::in_parts;
using test::large_file;
using test::mib;
using test::noted;
using test::range_in;
using test::ranges_asked_of;
using test::read_file;
using test::scripted_server;
using test::serving;
using names = std::vector<std::string>;

TEST_CASE("a large file comes in several parts at once, each of which has to be of the same file") {
    test::temp_folder folder;
    const auto file = large_file();
    scripted_server server(serving(file));
    const auto made = brought(server, in_parts(folder));
    CHECK((read_file(folder / "file") == file.body));
    CHECK(files_below(folder.path()) == names{"file"});
    CHECK(made.bytes == file.body.size());
    CHECK(made.received == file.body.size());
    CHECK(made.resumed == 0);
    CHECK(made.attempts >= 4);
    CHECK(server.connections() >= 4);
    const auto requests = server.requests();
    CHECK(static_cast<std::size_t>(made.attempts) == requests.size());
    CHECK(field_of(requests.at(0), "Range").empty());
    for (std::size_t i = 1; i < requests.size(); ++i) {
        CHECK_FALSE(field_of(requests[i], "Range").empty());
        CHECK(field_of(requests[i], "If-Range") == file.etag);
    }
    // The first request brings what comes before the first of these.
    const auto asked = ranges_asked_of(server, file.body.size());
    CHECK(asked.front().begin >= 2 * mib);
    CHECK(asked.back().end == file.body.size());
}

TEST_CASE("nginx sends a large file in parts, over TCP and over TLS") {
    const bool is_secure = GENERATE(false, true);
    test::certificate_authority authority;
    const test::nginx server(test::nginx_setup{"", authority.issue("DNS:localhost")});
    const auto body = content(12 * mib + 7);
    server.serve("file", body);
    test::temp_folder folder;
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        const auto link = is_secure ? server.https_url("/file") : server.url("/file");
        const auto made = co_await download(web.get(link), in_parts(folder, 5));
        CHECK(made.bytes == body.size());
        CHECK(made.received == body.size());
        CHECK(web.statistics().connections_opened >= 5);
        CHECK(web.statistics().active == 0);
    });
    CHECK((read_file(folder / "file") == body));
}

#ifndef __SANITIZE_ADDRESS__
TEST_CASE("the parts of a file are moved inside the kernel as whole files are") {
    test::temp_folder folder;
    const auto file = large_file();
    scripted_server server(serving(file));
    const auto before = test::written_so_far();
    brought(server, in_parts(folder));
    CHECK(test::written_so_far() - before < file.body.size() / 4);
    CHECK((read_file(folder / "file") == file.body));
}
#endif

TEST_CASE("what does not pay, or cannot be had in parts, comes in one") {
    auto file = large_file();
    SECTION("a small file") {
        file.body.resize(2 * mib - 1);
    }
    SECTION("a server that says that it has no ranges") {
        file.more = "Accept-Ranges: none\r\n";
    }
    SECTION("a weak ETag") {
        file.etag = "W/\"one\"";
    }
    SECTION("no validator at all") {
        file.etag.clear();
    }
    test::temp_folder folder;
    scripted_server server(serving(file));
    const auto made = brought(server, in_parts(folder));
    CHECK(made.attempts == 1);
    CHECK(server.requests().size() == 1);
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a body without a length comes in one part") {
    test::temp_folder folder;
    const auto body = content(3 * mib);
    scripted_server server([&](conversation& talk) {
        while (talk.request()) {
            talk.send("HTTP/1.1 200 OK\r\nETag: \"one\"\r\nConnection: close\r\n\r\n" + body);
            talk.finish();
            return;
        }
    });
    CHECK(brought(server, in_parts(folder)).attempts == 1);
    CHECK((read_file(folder / "file") == body));
}

TEST_CASE("what is there of an interrupted file is noted by its ranges, and the gaps are filled next time") {
    const int segments = GENERATE(4, 7, 1);
    const bool is_durable = GENERATE(false, true);
    constexpr std::size_t sent = 600'000;
    test::temp_folder folder;
    const auto file = large_file(8 * mib);
    std::atomic<bool> is_patient = false;
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            const auto answer = answer_to(*request, file);
            talk.send(is_patient ? answer
                                 : std::string_view(answer).substr(0, answer.find("\r\n\r\n") + 4 + sent));
            if (!is_patient) return talk.wait_for_close();
        }
    });
    auto options = in_parts(folder).durable(is_durable);
    in_loop([&]() -> task<> {
        client web;
        tandem::event all_stand_still;
        options.on_progress([&](const download_progress& so_far) {
            if (so_far.done == 4 * sent) all_stand_still.set();
        });
        const auto bring = [&]() -> task<> { co_await download(web.get(server.url("/file")), options); };
        const auto work = [&](tandem::task_group& group) -> task<> {
            group.spawn(bring());
            co_await all_stand_still.wait();
            // It is noted before it is interrupted, as it might be killed; where the disk is waited for,
            // soon.
            if (!is_durable) CHECK(std::filesystem::exists(folder / "file.part.tandem"));
            group.cancel();
        };
        co_await tandem::with_group(work);
    });
    const auto held = noted(folder);
    CHECK(held.ranges ==
          std::vector<byte_range>{
              {0, sent}, {2 * mib, 2 * mib + sent}, {4 * mib, 4 * mib + sent}, {6 * mib, 6 * mib + sent}});
    is_patient = true;
    const auto before = server.requests().size();
    const auto made = brought(server, in_parts(folder, segments).durable(is_durable));
    CHECK((read_file(folder / "file") == file.body));
    CHECK(made.resumed == 4 * sent);
    CHECK(made.received == file.body.size() - 4 * sent);
    CHECK(files_below(folder.path()) == names{"file"});
    const auto requests = server.requests();
    CHECK(requests.size() >= before + 4);
    for (std::size_t i = before; i < requests.size(); ++i) {
        const auto asked = range_in(field_of(requests[i], "Range"), file.body.size());
        for (const auto& known : held.ranges)
            CHECK((asked.last < known.begin || asked.first >= known.end));
    }
}

TEST_CASE("who has nothing left to do takes over half of the slowest part") {
    test::temp_folder folder;
    const auto file = large_file(8 * mib);
    std::atomic<bool> is_taken_over = false;
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            const auto answer = answer_to(*request, file);
            const auto range = field_of(*request, "Range");
            if (!range.empty()) {
                const auto first = range_in(range, file.body.size()).first;
                talk.send(answer);
                if (first < 4 * mib) {
                    is_taken_over = true;
                    is_taken_over.notify_all();
                }
                continue;
            }
            // The first reply stands still until somebody else has brought a part of what it was to bring.
            talk.send(std::string_view(answer).substr(0, mib));
            is_taken_over.wait(false);
            talk.send(std::string_view(answer).substr(mib));
        }
    });
    brought(server, in_parts(folder, 2));
    CHECK((read_file(folder / "file") == file.body));
    const auto asked = ranges_asked_of(server, file.body.size());
    CHECK(asked.front().begin > mib);
    CHECK(asked.front().end == 4 * mib);
}

TEST_CASE("a single connection is enough for many parts") {
    test::temp_folder folder;
    const auto file = large_file();
    scripted_server server(serving(file));
    in_loop([&]() -> task<> {
        client web(client_options().per_host(1));
        co_await download(web.get(server.url("/file")), in_parts(folder));
    });
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a download in parts can be cancelled at any moment, and goes on where it was") {
    const auto file = large_file(2 * mib + 3);
    test::cancel_at_each_moment([&](test::victim& target) -> task<> {
        scripted_server server(serving(file));
        test::temp_folder folder;
        client web;
        const auto bring = [&]() -> task<> {
            co_await download(web.get(server.url("/file")), in_parts(folder, 2).existing(if_exists::replace));
        };
        co_await target.run(bring());
        co_await bring();
        CHECK((read_file(folder / "file") == file.body));
        CHECK(files_below(folder.path()) == names{"file"});
    });
}
