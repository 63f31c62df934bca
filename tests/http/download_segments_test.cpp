// Large files that come in several parts at once.
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>

#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>
#include <tandem/sync/event.hpp>

#include <download/sidecar.hpp>

#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "http/pausing_time.hpp"
#include "support/cancel_at_each_moment.hpp"
#include "support/certificates.hpp"
#include "support/nginx.hpp"
#include "support/temp_folder.hpp"
#include "support/written_bytes.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using tandem::http::detail::byte_range;
using tandem::http::detail::sidecar;
using test::answer_to;
using test::content;
using test::conversation;
using test::failure_of;
using test::field_of;
using test::files_below;
using test::in_loop;
using test::range_in;
using test::read_file;
using test::reply;
using test::scripted_server;
using test::served_file;
using test::serving;
using names = std::vector<std::string>;
using retries = tandem::http::retry_policy;

namespace {

constexpr std::size_t mib = 1024 * 1024;

download_options into(const test::temp_folder& folder, int segments = 4) {
    return download_options().folder(folder.path().string()).segments(segments).no_retry();
}

served_file large(std::size_t size = 8 * mib + 5, unsigned seed = 1) {
    served_file file;
    file.body = content(size, seed);
    return file;
}

/// Downloads `/file` of the server.
downloaded brought(const scripted_server& server, const download_options& options) {
    std::optional<downloaded> made;
    in_loop([&]() -> task<> {
        client web;
        made = co_await download(web.get(server.url("/file")), options);
    });
    return *made;
}

/// Answers what `file` says, but cuts every reply off behind `cut` bytes of its body.
scripted_server::script cutting(const served_file& file, std::size_t cut) {
    return [file, cut](conversation& talk) {
        while (const auto request = talk.request()) {
            const auto answer = answer_to(*request, file);
            talk.send(std::string_view(answer).substr(0, answer.find("\r\n\r\n") + 4 + cut));
            talk.finish();
            return;
        }
    };
}

/// What the requests have asked for, in order of their first bytes; a request for all is not in it.
std::vector<byte_range> asked_of(const scripted_server& server, std::size_t size) {
    std::vector<byte_range> all;
    for (const auto& each : server.requests()) {
        const auto field = field_of(each, "Range");
        if (field.empty()) continue;
        const auto range = range_in(field, size);
        all.push_back({range.first, range.last + 1});
    }
    std::sort(all.begin(), all.end(), [](auto& one, auto& other) { return one.begin < other.begin; });
    return all;
}

/// The note beside the part of `/file`.
sidecar noted(const test::temp_folder& folder) {
    const auto found = sidecar::read(folder / "file.part.tandem");
    REQUIRE(found);
    return *found;
}

} // namespace

TEST_CASE("a large file comes in several parts at once, each of which has to be of the same file") {
    test::temp_folder folder;
    const auto file = large();
    scripted_server server(serving(file));
    const auto made = brought(server, into(folder));
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
    const auto asked = asked_of(server, file.body.size());
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
        const auto made = co_await download(web.get(link), into(folder, 5));
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
    const auto file = large();
    scripted_server server(serving(file));
    const auto before = test::written_so_far();
    brought(server, into(folder));
    CHECK(test::written_so_far() - before < file.body.size() / 4);
    CHECK((read_file(folder / "file") == file.body));
}
#endif

TEST_CASE("what does not pay, or cannot be had in parts, comes in one") {
    auto file = large();
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
    const auto made = brought(server, into(folder));
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
    CHECK(brought(server, into(folder)).attempts == 1);
    CHECK((read_file(folder / "file") == body));
}

TEST_CASE("what is there of an interrupted file is noted by its ranges, and the gaps are filled next time") {
    const int segments = GENERATE(4, 7, 1);
    const bool is_durable = GENERATE(false, true);
    constexpr std::size_t sent = 600'000;
    test::temp_folder folder;
    const auto file = large(8 * mib);
    std::atomic<bool> is_patient = false;
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            const auto answer = answer_to(*request, file);
            talk.send(is_patient ? answer
                                 : std::string_view(answer).substr(0, answer.find("\r\n\r\n") + 4 + sent));
            if (!is_patient) return talk.wait_for_close();
        }
    });
    auto options = into(folder).durable(is_durable);
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
    const auto made = brought(server, into(folder, segments).durable(is_durable));
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

TEST_CASE("a part that fails is asked for again from where it stopped") {
    test::temp_folder folder;
    const auto file = large();
    scripted_server server(cutting(file, 700'000));
    const auto made = brought(server, into(folder).retry(retries().pause(1ms).no_budget()));
    CHECK((read_file(folder / "file") == file.body));
    CHECK(made.received == file.body.size());
    // Nothing is asked for twice.
    auto asked = asked_of(server, file.body.size());
    std::vector<std::uint64_t> begins;
    for (const auto& each : asked)
        begins.push_back(each.begin);
    CHECK(std::adjacent_find(begins.begin(), begins.end()) == begins.end());
}

TEST_CASE("a part that fails for good is the file's failure, and what is there is kept") {
    test::temp_folder folder;
    const auto file = large();
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            const auto range = field_of(*request, "Range");
            const bool is_bad = !range.empty() && range_in(range, file.body.size()).first >= 6 * mib;
            if (is_bad) return talk.reset();
            talk.send(answer_to(*request, file));
        }
    });
    in_loop([&]() -> task<> {
        client web(client_options().idle_limit(0s)); // a connection that was idle would be given a second try
        const auto options = into(folder).retry(retries().attempts(3).pause(1ms).no_budget());
        co_await failure_of<connect_error>(download(web.get(server.url("/file")), options));
        CHECK(web.statistics().active == 0);
    });
    CHECK(files_below(folder.path()).front() == "file.part");
    // Another worker may have taken over half of it meanwhile, in vain, too.
    std::map<std::uint64_t, int> refused;
    for (const auto& each : asked_of(server, file.body.size()))
        if (each.begin >= 6 * mib) ++refused[each.begin];
    int most = 0;
    for (const auto& [begin, count] : refused)
        most = std::max(most, count);
    CHECK(most == 3);
}

TEST_CASE("a server that is busy for a part is asked again when it wants to be") {
    test::temp_folder folder;
    const auto file = large();
    std::atomic<int> refusals = 0;
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            if (field_of(*request, "Range").empty() || refusals.fetch_add(1) > 0)
                talk.send(answer_to(*request, file));
            else
                talk.send(reply("busy", "Retry-After: 7\r\n", "503 Busy"));
        }
    });
    const auto passed = test::in_pausing_time([&]() -> task<> {
        client web;
        co_await download(web.get(server.url("/file")), into(folder).retry(retries().pause(1ms).jitter(0)));
    });
    CHECK(passed >= 7s);
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a refusal that is final is the file's failure") {
    test::temp_folder folder;
    const auto file = large();
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request())
            talk.send(field_of(*request, "Range").empty() ? answer_to(*request, file)
                                                          : reply("no", "", "403 Forbidden"));
    });
    in_loop([&]() -> task<> {
        client web;
        const auto options = into(folder).retry(retries().pause(1ms).no_budget());
        const auto error = co_await failure_of<status_error>(download(web.get(server.url("/file")), options));
        CHECK(error.status() == 403);
    });
    CHECK_FALSE(std::filesystem::exists(folder / "file"));
}

TEST_CASE("a server that does not know ranges after all sends the file in one") {
    test::temp_folder folder;
    auto file = large();
    file.ignores_ranges = true;
    scripted_server server(serving(file));
    const auto made = brought(server, into(folder));
    CHECK(made.bytes == file.body.size());
    CHECK((read_file(folder / "file") == file.body));
    CHECK(field_of(server.requests().back(), "Range").empty());
}

TEST_CASE("a server that stops to know ranges in the middle does not spoil the file") {
    test::temp_folder folder;
    const auto file = large();
    std::atomic<int> ranges = 0;
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            auto now = file;
            now.ignores_ranges = !field_of(*request, "Range").empty() && ++ranges > 4;
            const auto answer = answer_to(*request, now);
            if (field_of(*request, "Range").empty() || now.ignores_ranges) {
                talk.send(answer);
                continue;
            }
            talk.send(std::string_view(answer).substr(0, answer.find("\r\n\r\n") + 4 + 600'000));
            return talk.finish();
        }
    });
    brought(server, into(folder).retry(retries().pause(1ms).no_budget()));
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a file that is replaced while its parts come is never a mixture of both") {
    const bool ignores_if_range = GENERATE(false, true);
    test::temp_folder folder;
    auto before = large();
    auto after = large(8 * mib + 5, 2);
    after.etag = "\"two\"";
    before.ignores_if_range = after.ignores_if_range = ignores_if_range;
    const int replaced_at = GENERATE(1, 2, 3);
    scripted_server server(serving([=](int number) { return number < replaced_at ? before : after; }));
    brought(server, into(folder).retry(retries().pause(1ms).no_budget()));
    CHECK((read_file(folder / "file") == after.body));
    CHECK(files_below(folder.path()) == names{"file"});
}

TEST_CASE("a part that is not the one that was asked for is not written") {
    test::temp_folder folder;
    const auto file = large();
    const std::string range = GENERATE("bytes 0-99/8388613", "bytes 9-99/*", "bytes 4194306-4194405/9000000",
                                       "", "bytes */8388613");
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            const bool is_part = !field_of(*request, "Range").empty();
            talk.send(is_part
                          ? reply(std::string(100, '!'), "ETag: \"one\"\r\nContent-Range: " + range + "\r\n",
                                  "206 Partial Content")
                          : answer_to(*request, file));
        }
    });
    brought(server, into(folder, 2));
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a reply with more than was asked for is not written") {
    test::temp_folder folder;
    const auto file = large();
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            auto changed = *request;
            // All up to the end, whatever was asked for.
            if (const auto dash = changed.find('-', changed.find("Range: bytes=")); dash != changed.npos)
                changed.erase(dash + 1, changed.find("\r\n", dash) - dash - 1);
            talk.send(answer_to(changed, file));
        }
    });
    brought(server, into(folder, 4));
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("who has nothing left to do takes over half of the slowest part") {
    test::temp_folder folder;
    const auto file = large(8 * mib);
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
    brought(server, into(folder, 2));
    CHECK((read_file(folder / "file") == file.body));
    const auto asked = asked_of(server, file.body.size());
    CHECK(asked.front().begin > mib);
    CHECK(asked.front().end == 4 * mib);
}

TEST_CASE("a single connection is enough for many parts") {
    test::temp_folder folder;
    const auto file = large();
    scripted_server server(serving(file));
    in_loop([&]() -> task<> {
        client web(client_options().per_host(1));
        co_await download(web.get(server.url("/file")), into(folder));
    });
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a download in parts can be cancelled at any moment, and goes on where it was") {
    const auto file = large(2 * mib + 3);
    test::cancel_at_each_moment([&](test::victim& target) -> task<> {
        scripted_server server(serving(file));
        test::temp_folder folder;
        client web;
        const auto bring = [&]() -> task<> {
            co_await download(web.get(server.url("/file")), into(folder, 2).existing(if_exists::replace));
        };
        co_await target.run(bring());
        co_await bring();
        CHECK((read_file(folder / "file") == file.body));
        CHECK(files_below(folder.path()) == names{"file"});
    });
}
