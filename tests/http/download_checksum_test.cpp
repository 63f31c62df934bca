// Downloads that know what they have to come to.
#include <catch2/catch.hpp>

#include <atomic>

#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>

#include "hasher.hpp"
#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "http/segments.hpp"
#include "support/temp_folder.hpp"

using namespace tandem::http;
using tandem::task;
using test::content;
using test::failure_of;
using test::files_below;
using test::has_all;
using test::in_loop;
using test::read_file;
using test::scripted_server;
using test::served_file;
using test::serving;
using names = std::vector<std::string>;

namespace {

checksum sha256_of(const std::string& bytes) {
    detail::hasher work("SHA256");
    work.add(bytes);
    return checksum(hash_algorithm::sha256, work.hex());
}

download_options into(const test::temp_folder& folder) {
    return download_options()
        .folder(folder.path().string())
        .retry(tandem::http::retry_policy().pause(std::chrono::milliseconds(1)).no_budget());
}

} // namespace

TEST_CASE("a file that is what it should be gets its name") {
    test::temp_folder folder;
    const auto size = GENERATE(0, 100, 3'000'000);
    const served_file file{content(static_cast<std::size_t>(size))};
    scripted_server server(serving(file));
    in_loop([&]() -> task<> {
        client web;
        bool was_checked = false;
        const auto how = into(folder).checksum(sha256_of(file.body)).on_progress([&](const auto& so_far) {
            if (so_far.now == download_progress::state::checking) was_checked = true;
        });
        co_await download(web.get(server.url("/x")), how);
        CHECK(was_checked);
    });
    CHECK((read_file(folder / "x") == file.body));
    CHECK(files_below(folder.path()) == names{"x"});
}

TEST_CASE("a file that is not what it should be is none, and what was there stays") {
    test::temp_folder folder;
    folder.write("x", "old");
    const auto size = GENERATE(100, 3'000'000);
    const served_file file{content(static_cast<std::size_t>(size))};
    scripted_server server(serving(file));
    in_loop([&]() -> task<> {
        client web;
        const auto other = sha256_of("other");
        const auto how = into(folder).existing(if_exists::replace).checksum(other);
        const auto error = co_await failure_of<checksum_error>(download(web.get(server.url("/x")), how));
        CHECK(error.cause() ==
              "the sha256 is " + sha256_of(file.body).digest() + ", and should be " + other.digest());
    });
    CHECK(read_file(folder / "x") == "old");
    CHECK(files_below(folder.path()) == names{"x"});
}

TEST_CASE("a part that is gone on with is hashed again") {
    test::temp_folder folder;
    const served_file file{content(3'000'000)};
    scripted_server server(serving(file, {2'000'000}));
    const bool was_changed = GENERATE(false, true);
    in_loop([&]() -> task<> {
        client web;
        auto how = into(folder).checksum(sha256_of(file.body));
        co_await failure_of<truncated_error>(download(web.get(server.url("/x")), how.no_retry()));
        if (was_changed) {
            auto part = read_file(folder / "x.part");
            part[1'000] ^= 1;
            folder.write("x.part", part);
            co_await failure_of<checksum_error>(download(web.get(server.url("/x")), how));
            CHECK(files_below(folder.path()).empty());
        }
        const auto made = co_await download(web.get(server.url("/x")), how);
        CHECK(made.resumed == (was_changed ? 0 : 2'000'000));
    });
    CHECK((read_file(folder / "x") == file.body));
}

TEST_CASE("a hash follows a download through its retries, and begins anew where that does") {
    test::temp_folder folder;
    served_file file{content(5'000'000)};
    file.ignores_ranges = GENERATE(false, true);
    scripted_server server(serving(file, {1'000'000, 1'500'000}));
    in_loop([&]() -> task<> {
        client web;
        co_await download(web.get(server.url("/x")), into(folder).checksum(sha256_of(file.body)));
    });
    CHECK((read_file(folder / "x") == file.body));
}

TEST_CASE("bytes of two mirrors are joined where a checksum has the last word") {
    test::temp_folder folder;
    const served_file file{content(5'000)};
    scripted_server bad(serving(file, std::vector<std::optional<std::size_t>>{2'000, 0, 0, 0, 0, 0}));
    const bool is_same = GENERATE(true, false);
    scripted_server good(serving(served_file{content(5'000, is_same ? 1 : 2), "\"two\""}));
    in_loop([&]() -> task<> {
        client web;
        const auto how = into(folder).mirror(good.url("/y")).checksum(sha256_of(file.body));
        if (is_same) {
            const auto made = co_await download(web.get(bad.url("/x")), how);
            CHECK(made.received == 5'000);
        } else {
            co_await failure_of<checksum_error>(download(web.get(bad.url("/x")), how));
        }
    });
    CHECK(test::field_of(good.requests().at(0), "Range") == "bytes=2000-");
    CHECK(test::field_of(good.requests().at(0), "If-Range").empty());
    CHECK(files_below(folder.path()) == (is_same ? names{"x"} : names()));
}

TEST_CASE("a file in several parts is hashed as a whole, whichever of them comes last") {
    const bool is_right = GENERATE(true, false);
    test::temp_folder folder;
    folder.write("file", "old");
    const auto file = test::large_file();
    // The first part is the last to come: it waits until another has asked for the end.
    std::atomic<bool> has_end{false};
    scripted_server server([&](test::conversation& talk) {
        while (const auto request = talk.request()) {
            const auto answer = test::answer_to(*request, file);
            const auto range = test::field_of(*request, "Range");
            if (range.empty()) {
                talk.send(std::string_view(answer).substr(0, 100'000));
                has_end.wait(false);
                talk.send(std::string_view(answer).substr(100'000));
                continue;
            }
            talk.send(answer);
            if (test::range_in(range, file.body.size()).last == file.body.size() - 1) {
                has_end = true;
                has_end.notify_all();
            }
        }
    });
    const auto wanted = sha256_of(is_right ? file.body : "other");
    const auto how = test::in_parts(folder).existing(if_exists::replace).checksum(wanted);
    in_loop([&]() -> task<> {
        client web;
        if (is_right) {
            co_await download(web.get(server.url("/file")), how);
        } else {
            const auto error =
                co_await failure_of<checksum_error>(download(web.get(server.url("/file")), how));
            CHECK(error.cause() ==
                  "the sha256 is " + sha256_of(file.body).digest() + ", and should be " + wanted.digest());
        }
    });
    CHECK(server.connections() >= 4);
    CHECK((read_file(folder / "file") == (is_right ? file.body : "old")));
    CHECK(files_below(folder.path()) == names{"file"});
}

TEST_CASE("a part that was changed is found out when the gaps beside it are filled") {
    test::temp_folder folder;
    const auto file = test::large_file(8 * test::mib);
    // Every reply is cut off, until all is asked for anew.
    std::atomic<bool> is_patient{false};
    scripted_server server([&](test::conversation& talk) {
        while (const auto request = talk.request()) {
            const auto answer = test::answer_to(*request, file);
            if (is_patient) {
                talk.send(answer);
                continue;
            }
            talk.send(std::string_view(answer).substr(0, answer.find("\r\n\r\n") + 4 + 700'000));
            return talk.finish();
        }
    });
    const auto how = test::in_parts(folder).checksum(sha256_of(file.body));
    in_loop([&]() -> task<> {
        client web;
        co_await failure_of<truncated_error>(download(web.get(server.url("/file")), how));
        auto part = read_file(folder / "file.part");
        part[1'000] ^= 1;
        folder.write("file.part", part);
        is_patient = true;
        co_await failure_of<checksum_error>(download(web.get(server.url("/file")), how));
        CHECK(files_below(folder.path()).empty());
        const auto made = co_await download(web.get(server.url("/file")), how);
        CHECK(made.resumed == 0);
    });
    CHECK((read_file(folder / "file") == file.body));
}
