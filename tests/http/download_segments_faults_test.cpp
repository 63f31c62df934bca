// Large files in several parts, of servers and networks that fail, refuse or lie.
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>

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
using test::answer_to;
using test::brought;
using test::conversation;
using test::failure_of;
using test::field_of;
using test::files_below;
using test::in_loop;
using test::in_parts;
using test::large_file;
using test::mib;
using test::range_in;
using test::ranges_asked_of;
using test::read_file;
using test::reply;
using test::scripted_server;
using test::served_file;
using test::serving;
using names = std::vector<std::string>;
using retries = tandem::http::retry_policy;

namespace {

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

} // namespace

TEST_CASE("a part that fails is asked for again from where it stopped") {
    test::temp_folder folder;
    const auto file = large_file();
    scripted_server server(cutting(file, 700'000));
    const auto made = brought(server, in_parts(folder).retry(retries().pause(1ms).no_budget()));
    CHECK((read_file(folder / "file") == file.body));
    CHECK(made.received == file.body.size());
    // Nothing is asked for twice.
    auto asked = ranges_asked_of(server, file.body.size());
    std::vector<std::uint64_t> begins;
    for (const auto& each : asked)
        begins.push_back(each.begin);
    CHECK(std::adjacent_find(begins.begin(), begins.end()) == begins.end());
}

TEST_CASE("a part that fails for good is the file's failure, and what is there is kept") {
    test::temp_folder folder;
    const auto file = large_file();
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
        const auto options = in_parts(folder).retry(retries().attempts(3).pause(1ms).no_budget());
        co_await failure_of<connect_error>(download(web.get(server.url("/file")), options));
        CHECK(web.statistics().active == 0);
    });
    CHECK(files_below(folder.path()).front() == "file.part");
    // Another worker may have taken over half of it meanwhile, in vain, too.
    std::map<std::uint64_t, int> refused;
    for (const auto& each : ranges_asked_of(server, file.body.size()))
        if (each.begin >= 6 * mib) ++refused[each.begin];
    int most = 0;
    for (const auto& [begin, count] : refused)
        most = std::max(most, count);
    CHECK(most == 3);
}

TEST_CASE("a server that is busy for a part is asked again when it wants to be") {
    test::temp_folder folder;
    const auto file = large_file();
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
        co_await download(web.get(server.url("/file")),
                          in_parts(folder).retry(retries().pause(1ms).jitter(0)));
    });
    CHECK(passed >= 7s);
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a refusal that is final is the file's failure") {
    test::temp_folder folder;
    const auto file = large_file();
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request())
            talk.send(field_of(*request, "Range").empty() ? answer_to(*request, file)
                                                          : reply("no", "", "403 Forbidden"));
    });
    in_loop([&]() -> task<> {
        client web;
        const auto options = in_parts(folder).retry(retries().pause(1ms).no_budget());
        const auto error = co_await failure_of<status_error>(download(web.get(server.url("/file")), options));
        CHECK(error.status() == 403);
    });
    CHECK_FALSE(std::filesystem::exists(folder / "file"));
}

TEST_CASE("a server that does not know ranges after all sends the file in one") {
    test::temp_folder folder;
    auto file = large_file();
    file.ignores_ranges = true;
    scripted_server server(serving(file));
    const auto made = brought(server, in_parts(folder));
    CHECK(made.bytes == file.body.size());
    CHECK((read_file(folder / "file") == file.body));
    const auto all = server.requests();
    const auto asks_for_all = [](const std::string& one) { return field_of(one, "Range").empty(); };
    CHECK(std::any_of(all.begin(), all.end(), asks_for_all));
}

TEST_CASE("a server that stops to know ranges in the middle does not spoil the file") {
    test::temp_folder folder;
    const auto file = large_file();
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
    brought(server, in_parts(folder).retry(retries().pause(1ms).no_budget()));
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a file that is replaced while its parts come is never a mixture of both") {
    const bool ignores_if_range = GENERATE(false, true);
    test::temp_folder folder;
    auto before = large_file();
    auto after = large_file(8 * mib + 5, 2);
    after.etag = "\"two\"";
    before.ignores_if_range = after.ignores_if_range = ignores_if_range;
    const int replaced_at = GENERATE(1, 2, 3);
    scripted_server server(serving([=](int number) { return number < replaced_at ? before : after; }));
    brought(server, in_parts(folder).retry(retries().pause(1ms).no_budget()));
    CHECK((read_file(folder / "file") == after.body));
    CHECK(files_below(folder.path()) == names{"file"});
}

TEST_CASE("a part that is not the one that was asked for is not written") {
    test::temp_folder folder;
    const auto file = large_file();
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
    brought(server, in_parts(folder, 2));
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a reply with more than was asked for is not written") {
    test::temp_folder folder;
    const auto file = large_file();
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            auto changed = *request;
            // All up to the end, whatever was asked for.
            if (const auto dash = changed.find('-', changed.find("Range: bytes=")); dash != changed.npos)
                changed.erase(dash + 1, changed.find("\r\n", dash) - dash - 1);
            talk.send(answer_to(changed, file));
        }
    });
    brought(server, in_parts(folder, 4));
    CHECK((read_file(folder / "file") == file.body));
}
