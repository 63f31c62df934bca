// What a download makes of its file, and what it does with what is in the way.
#include <catch2/catch.hpp>

#include <atomic>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>

#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "support/temp_folder.hpp"

using namespace tandem::http;
using tandem::task;
using test::answering;
using test::content;
using test::echo_target;
using test::failure_of;
using test::files_below;
using test::in_loop;
using test::read_file;
using test::reply;
using test::scripted_server;
using test::served_file;
using test::serving;
using names = std::vector<std::string>;

namespace {

download_options into(const test::temp_folder& folder) {
    return download_options().folder(folder.path().string()).no_retry();
}

} // namespace

TEST_CASE("http::download brings a file, and says what has come of it") {
    test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto made = co_await download(web.get(server.url("/a/photo%20one.jpg?size=2")),
                                            into(folder).folder(folder / "images/new"));
        CHECK(made.path.string() == folder / "images/new/photo one.jpg");
        CHECK(made.source.to_string() == server.url("/a/photo%20one.jpg?size=2"));
        CHECK(made.bytes == 25);
        CHECK(made.received == 25);
        CHECK(made.resumed == 0);
        CHECK(made.attempts == 1);
        CHECK(made.status == 200);
        CHECK_FALSE(made.was_kept);
    });
    CHECK(files_below(folder.path()) == names{"images/new/photo one.jpg"});
}

TEST_CASE("a download's path is below its folder, unless it is a whole one") {
    test::temp_folder folder, other;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        co_await download(web.get(server.url("/x")), into(folder).file("deep/er/b.txt"));
        co_await download(web.get(server.url("/x")), into(folder).file(other / "c.txt"));
    });
    CHECK(files_below(folder.path()) == names{"deep/er/b.txt"});
    CHECK(files_below(other.path()) == names{"c.txt"});
}

TEST_CASE("folders are made only where that is wanted") {
    test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto error = co_await failure_of<file_error>(
            download(web.get(server.url("/x")), into(folder).file("deep/x").create_folders(false)));
        CHECK(error.code() == ENOENT);
        CHECK(error.path() == folder / "deep/x.part");
    });
    CHECK(server.requests().empty());
    CHECK_FALSE(std::filesystem::exists(folder / "deep"));
}

TEST_CASE("a part that another process has locked is not touched") {
    test::temp_folder folder;
    folder.write("x.part", "theirs");
    const int theirs = ::open((folder / "x.part").c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(::flock(theirs, LOCK_EX) == 0);
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto error = co_await failure_of<file_error>(download(web.get(server.url("/x")), into(folder)));
        CHECK(error.path() == folder / "x.part");
        CHECK(server.requests().empty());
        CHECK(read_file(folder / "x.part") == "theirs");
        ::close(theirs);
        co_await download(web.get(server.url("/x")), into(folder));
    });
    CHECK(files_below(folder.path()) == names{"x"});
}

TEST_CASE("an empty part that was left is made anew, and one that is held is not touched") {
    test::temp_folder folder;
    folder.write("x.part", "");
    const int held = ::open((folder / "x.part").c_str(), O_RDWR | O_CLOEXEC);
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        REQUIRE(::flock(held, LOCK_EX) == 0);
        co_await failure_of<file_error>(download(web.get(server.url("/x")), into(folder)));
        REQUIRE(::flock(held, LOCK_UN) == 0);
        co_await download(web.get(server.url("/x")), into(folder));
    });
    // Whoever had opened the old one has no hold of the file.
    struct stat old {};
    REQUIRE(::fstat(held, &old) == 0);
    CHECK(old.st_size == 0);
    CHECK(old.st_nlink == 0);
    ::close(held);
    CHECK(files_below(folder.path()) == names{"x"});
    CHECK(read_file(folder / "x") == "/x");
}

TEST_CASE("what is no file is no part") {
    test::temp_folder folder;
    const auto victim = folder.write("victim", "mine");
    std::filesystem::create_symlink(victim, folder / "x.part");
    std::filesystem::create_directory(folder / "y.part");
    REQUIRE(::mkfifo((folder / "z.part").c_str(), 0600) == 0);
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        for (const std::string name : {"/x", "/y", "/z"})
            co_await failure_of<file_error>(download(web.get(server.url(name)), into(folder)));
    });
    CHECK(server.requests().empty());
    CHECK(read_file(victim) == "mine");
}

TEST_CASE("a file that is as it was is kept") {
    test::temp_folder folder;
    folder.write("x", "mine");
    scripted_server server(answering([](const std::string&) { return "HTTP/1.1 304 Not Modified\r\n\r\n"; }));
    in_loop([&]() -> task<> {
        client web;
        const auto made = co_await download(web.get(server.url("/x")).header("If-None-Match", "\"one\""),
                                            into(folder).existing(if_exists::replace));
        CHECK(made.was_kept);
        CHECK(made.status == 304);
        CHECK(made.bytes == 4);
        CHECK(made.path.string() == folder / "x");
    });
    CHECK(files_below(folder.path()) == names{"x"});
    CHECK(read_file(folder / "x") == "mine");
}

TEST_CASE("an error's body is stored only where that is wanted, and beside what is there of the file") {
    test::temp_folder folder;
    served_file file;
    file.body = content(5'000);
    std::atomic<int> count{0};
    scripted_server server([&](test::conversation& talk) {
        while (const auto request = talk.request()) {
            const auto whole = test::answer_to(*request, file);
            switch (count++) {
            case 0:
                talk.send(std::string_view(whole).substr(0, whole.find("\r\n\r\n") + 4 + 2'000));
                return talk.finish();
            case 1:
            case 2:
                talk.send(reply("no such page", "", "404 Not Found"));
                break;
            default:
                talk.send(whole);
            }
        }
    });
    in_loop([&]() -> task<> {
        client web;
        const auto how = into(folder).existing(if_exists::replace);
        co_await failure_of<truncated_error>(download(web.get(server.url("/x")), how));
        auto error = co_await failure_of<status_error>(download(web.get(server.url("/x")), how));
        CHECK(error.status() == 404);
        CHECK(files_below(folder.path()) == names{"x.part", "x.part.tandem"});
        const auto keeping = into(folder).existing(if_exists::replace).keep_error_body();
        error = co_await failure_of<status_error>(download(web.get(server.url("/x")), keeping));
        CHECK(error.status() == 404);
        CHECK(read_file(folder / "x") == "no such page");
        CHECK(files_below(folder.path()) == names{"x", "x.part", "x.part.tandem"});
        const auto made = co_await download(web.get(server.url("/x")), how);
        CHECK(made.resumed == 2'000);
    });
    CHECK((read_file(folder / "x") == file.body));
    CHECK(files_below(folder.path()) == names{"x"});
}

TEST_CASE("an error leaves nothing where there was nothing") {
    test::temp_folder folder;
    scripted_server server(answering([](const std::string&) { return reply("", "", "404 Not Found"); }));
    in_loop([&]() -> task<> {
        client web;
        co_await failure_of<status_error>(download(web.get(server.url("/x")), into(folder)));
    });
    CHECK(files_below(folder.path()).empty());
}

TEST_CASE("who asks for a part of his own gets it as a file") {
    test::temp_folder folder;
    served_file file;
    file.body = content(5'000);
    scripted_server server(serving(file));
    in_loop([&]() -> task<> {
        client web;
        const auto made =
            co_await download(web.get(server.url("/x")).header("Range", "bytes=4000-"), into(folder));
        CHECK(made.status == 206);
        CHECK(made.bytes == 1'000);
    });
    CHECK(read_file(folder / "x") == file.body.substr(4'000));
    CHECK(files_below(folder.path()) == names{"x"});
}

TEST_CASE("a file may get the time and the origin that it has on its server") {
    test::temp_folder folder;
    served_file file;
    file.body = content(5'000);
    file.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT";
    scripted_server server(serving(file, {2'000, std::nullopt}));
    in_loop([&]() -> task<> {
        client web;
        auto link = server.url("/x?token=1#part");
        link.insert(link.find("127"), "me:secret@");
        const auto how = into(folder).file("x").remote_time().record_origin();
        co_await failure_of<truncated_error>(download(web.get(link), how));
        co_await download(web.get(link), how);
        co_await download(web.get(link), into(folder).file("plain"));
    });
    struct stat seen {};
    REQUIRE(::stat((folder / "x").c_str(), &seen) == 0);
    CHECK(seen.st_mtime == 784111777);
    char value[200] = "";
    const auto size = ::getxattr((folder / "x").c_str(), "user.xdg.origin.url", value, sizeof value);
    if (size < 0)
        WARN("this file system has no extended attributes for users");
    else
        CHECK(std::string(value, static_cast<std::size_t>(size)) == server.url("/x?token=1"));
    CHECK(::getxattr((folder / "plain").c_str(), "user.xdg.origin.url", value, sizeof value) < 0);
}

TEST_CASE("an observer is told how far a download is") {
    test::temp_folder folder;
    scripted_server server(serving(served_file{content(3'000'000)}));
    using state = download_progress::state;
    std::vector<state> states;
    std::uint64_t last = 0;
    in_loop([&]() -> task<> {
        client web;
        auto how = into(folder).on_progress([&](const download_progress& so_far) {
            if (states.empty() || states.back() != so_far.now) states.push_back(so_far.now);
            CHECK(so_far.path == folder / "x");
            CHECK(so_far.attempts == 1);
            CHECK(so_far.done >= last);
            last = so_far.done;
            if (so_far.now == state::receiving) CHECK(so_far.total == 3'000'000u);
        });
        co_await download(web.get(server.url("/x")), how);
    });
    CHECK(states == std::vector{state::asking, state::receiving, state::done});
    CHECK(last == 3'000'000);
}

TEST_CASE("the largest file that is taken is counted in what is stored") {
    test::temp_folder folder;
    const bool says_length = GENERATE(true, false);
    std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n" + content(10'000) + "\r\n0\r\n\r\n";
    scripted_server server(
        answering([&](const std::string&) { return says_length ? reply(content(10'000)) : chunked; }));
    in_loop([&]() -> task<> {
        client web;
        const auto error = co_await failure_of<body_too_large>(
            download(web.get(server.url("/x")), into(folder).max_size(9'999)));
        CHECK(error.cause() == "the body is larger than 9999 bytes");
        co_await failure_of<body_too_large>(
            download(web.get(server.url("/x")).max_body(9'999), into(folder)));
        std::filesystem::remove(folder / "x.part");
        const auto made = co_await download(web.get(server.url("/x")), into(folder).max_size(10'000));
        CHECK(made.bytes == 10'000);
    });
    CHECK(files_below(folder.path()) == names{"x"});
}
