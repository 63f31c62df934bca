// What a download that was cut off leaves, and what that is worth to the next one.
#include <catch2/catch.hpp>

#include <filesystem>

#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>

#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "http/resumed.hpp"
#include "support/temp_folder.hpp"

using namespace tandem::http;
using tandem::task;
using test::content;
using test::failure_of;
using test::field_of;
using test::files_below;
using test::in_loop;
using test::into;
using test::plain_file;
using test::read_file;
using test::scripted_server;
using test::serving;
using names = std::vector<std::string>;

TEST_CASE("what a download leaves where it is cut off says in words what it is") {
    test::temp_folder folder;
    scripted_server server(serving(plain_file(), {2'000}));
    in_loop([&]() -> task<> {
        client web;
        auto link = server.url("/file?a=b#c");
        link.insert(link.find("127"), "me:secret@");
        auto options = into(folder).file("file");
        co_await failure_of<truncated_error>(download(web.get(link), options));
    });
    CHECK(files_below(folder.path()) == names{"file.part", "file.part.tandem"});
    CHECK(read_file(folder / "file.part") == content(5'000).substr(0, 2'000));
    CHECK(read_file(folder / "file.part.tandem") == "tandem part 1\n"
                                                    "url " +
                                                        server.url("/file?a=b") +
                                                        "\n"
                                                        "etag \"one\"\n"
                                                        "date Fri, 02 Jan 2026 10:00:00 GMT\n"
                                                        "total 5000\n"
                                                        "ranges 0-1999\n"
                                                        "end\n");
}

TEST_CASE("a part of another URL is thrown away") {
    test::temp_folder folder;
    const auto file = plain_file();
    scripted_server server(serving(file, {2'000}));
    in_loop([&]() -> task<> {
        client web;
        const auto options = into(folder).file("file");
        co_await failure_of<truncated_error>(download(web.get(server.url("/one")), options));
        const auto made = co_await download(web.get(server.url("/two")), options);
        CHECK(made.resumed == 0);
    });
    CHECK(field_of(server.requests().at(1), "Range").empty());
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a part without a sidecar, or with one that makes no sense, is of no use") {
    const auto note = GENERATE(as<std::string>{}, "", "nonsense", "tandem part 2\nurl x\nranges 0-9\nend\n",
                               "tandem part 1\nurl x\nranges 0-9\n");
    test::temp_folder folder;
    folder.write("file.part", std::string(3'000, 'x'));
    if (!note.empty()) folder.write("file.part.tandem", note);
    const auto file = plain_file();
    scripted_server server(serving(file));
    in_loop([&]() -> task<> {
        client web;
        const auto made = co_await download(web.get(server.url("/file")), into(folder));
        CHECK(made.resumed == 0);
    });
    CHECK(field_of(server.requests().at(0), "Range").empty());
    CHECK((read_file(folder / "file") == file.body));
    CHECK(files_below(folder.path()) == names{"file"});
}

TEST_CASE("a sidecar that claims more than there is counts for nothing") {
    test::temp_folder folder;
    const auto file = plain_file();
    scripted_server server(serving(file, {2'000}));
    in_loop([&]() -> task<> {
        client web;
        co_await failure_of<truncated_error>(download(web.get(server.url("/file")), into(folder)));
        std::filesystem::resize_file(folder / "file.part", 1'999);
        const auto made = co_await download(web.get(server.url("/file")), into(folder));
        CHECK(made.resumed == 0);
    });
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("what is in a part beyond what the sidecar claims is written anew") {
    test::temp_folder folder;
    const auto file = plain_file();
    scripted_server server(serving(file, {2'000}));
    in_loop([&]() -> task<> {
        client web;
        co_await failure_of<truncated_error>(download(web.get(server.url("/file")), into(folder)));
        folder.write("file.part", file.body.substr(0, 2'000) + std::string(4'000, '?'));
        const auto made = co_await download(web.get(server.url("/file")), into(folder));
        CHECK(made.resumed == 2'000);
    });
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a sidecar that lost its part never claims what another download writes") {
    test::temp_folder folder;
    scripted_server server(serving(plain_file(), {2'000, 1'000}));
    in_loop([&]() -> task<> {
        client web;
        co_await failure_of<truncated_error>(download(web.get(server.url("/file")), into(folder)));
        std::filesystem::remove(folder / "file.part");
        std::filesystem::rename(folder / "file.part.tandem", folder / "kept");
        auto how = into(folder).on_progress([&](const download_progress& so_far) {
            if (so_far.now == download_progress::state::asking)
                std::filesystem::copy_file(folder / "kept", folder / "file.part.tandem");
            if (so_far.now == download_progress::state::receiving)
                CHECK_FALSE(std::filesystem::exists(folder / "file.part.tandem"));
        });
        co_await failure_of<truncated_error>(download(web.get(server.url("/file")), how));
    });
}

TEST_CASE("a part that is complete already is asked for its last byte") {
    test::temp_folder folder;
    const auto file = plain_file();
    scripted_server server(serving(file));
    in_loop([&]() -> task<> {
        client web;
        // The name is taken while the body comes: the part stays, whole.
        auto how = into(folder).on_progress([&](const download_progress& so_far) {
            if (so_far.now == download_progress::state::receiving) folder.write("file", "in the way");
        });
        co_await failure_of<file_exists>(download(web.get(server.url("/file")), how));
        CHECK(read_file(folder / "file") == "in the way");
        CHECK(files_below(folder.path()) == names{"file", "file.part", "file.part.tandem"});
        const auto made =
            co_await download(web.get(server.url("/file")), into(folder).existing(if_exists::replace));
        CHECK(made.resumed == 4'999);
        CHECK(made.received == 1);
    });
    CHECK(field_of(server.requests().at(1), "Range") == "bytes=4999-");
    CHECK((read_file(folder / "file") == file.body));
    CHECK(files_below(folder.path()) == names{"file"});
}

TEST_CASE("what has come of a large file is noted while it comes, and not that of a small one") {
    test::temp_folder folder;
    auto file = plain_file(40'000'000);
    scripted_server server(serving(file));
    in_loop([&]() -> task<> {
        client web;
        std::uint64_t noted = 0;
        int notes = 0;
        auto watch = [&](const download_progress& so_far) {
            if (so_far.now != download_progress::state::receiving) return;
            const auto note = read_file(folder / "file.part.tandem");
            if (so_far.done < 1'000'000) CHECK(note.empty());
            if (note.empty()) return;
            const auto at = note.find("ranges 0-");
            REQUIRE(at != std::string::npos);
            const auto end = std::stoull(note.substr(at + 9)) + 1;
            CHECK(end <= so_far.done);
            if (end != noted) ++notes;
            noted = end;
        };
        co_await download(web.get(server.url("/file")), into(folder).on_progress(watch));
        CHECK(notes == 3);
    });
    CHECK((read_file(folder / "file") == file.body));
    CHECK(files_below(folder.path()) == names{"file"});
}
