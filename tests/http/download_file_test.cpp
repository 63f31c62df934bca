// Which file a download becomes, and what it does with those that are there.
#include <catch2/catch.hpp>

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <tandem/coro/task_group.hpp>
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
using test::has_all;
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

TEST_CASE("a name that is taken is an error before anything is asked, as it stands") {
    test::temp_folder folder;
    folder.write("x", "mine");
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto error =
            co_await failure_of<file_exists>(download(web.get(server.url("/x")), into(folder)));
        CHECK(error.path() == folder / "x");
    });
    CHECK(server.requests().empty());
    CHECK(files_below(folder.path()) == names{"x"});
    CHECK(read_file(folder / "x") == "mine");
}

TEST_CASE("a name that is taken while the body comes is an error, and the part stays") {
    test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        auto how = into(folder).on_progress([&](const download_progress& so_far) {
            if (so_far.now == download_progress::state::receiving) folder.write("x", "mine");
        });
        co_await failure_of<file_exists>(download(web.get(server.url("/x")), how));
    });
    CHECK(read_file(folder / "x") == "mine");
    CHECK(read_file(folder / "x.part") == "/x");
}

TEST_CASE("a file may be replaced, and shows what was there until then") {
    test::temp_folder folder;
    folder.write("x", "old");
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        auto how =
            into(folder).existing(if_exists::replace).on_progress([&](const download_progress& so_far) {
                CHECK(read_file(folder / "x") ==
                      (so_far.now == download_progress::state::done ? "/x" : "old"));
            });
        co_await download(web.get(server.url("/x")), how);
    });
    CHECK(read_file(folder / "x") == "/x");
    CHECK(files_below(folder.path()) == names{"x"});
}

TEST_CASE("a file may be kept, and nothing is asked then") {
    test::temp_folder folder;
    folder.write("x", "mine");
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto made =
            co_await download(web.get(server.url("/x")), into(folder).existing(if_exists::keep));
        CHECK(made.was_kept);
        CHECK(made.bytes == 4);
        CHECK(made.status == 0);
        CHECK(made.attempts == 0);
        CHECK(made.path.string() == folder / "x");
    });
    CHECK(server.requests().empty());
    CHECK(read_file(folder / "x") == "mine");
}

TEST_CASE("a file that appears while another is brought is kept, too") {
    test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        auto how = into(folder).existing(if_exists::keep).on_progress([&](const download_progress& so_far) {
            if (so_far.now == download_progress::state::receiving) folder.write("x", "mine");
        });
        const auto made = co_await download(web.get(server.url("/x")), how);
        CHECK(made.was_kept);
    });
    CHECK(read_file(folder / "x") == "mine");
    CHECK(files_below(folder.path()) == names{"x"});
}

TEST_CASE("names may be numbered, in front of their endings") {
    test::temp_folder folder;
    for (const std::string name : {"x", "y.jpg", "y-1.jpg", "z.tar.gz"})
        folder.write(name, "mine");
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto how = into(folder).existing(if_exists::number);
        for (const std::string name : {"x", "x", "y.jpg", "z.tar.gz"})
            co_await download(web.get(server.url("/" + name)), how);
        auto late =
            into(folder).existing(if_exists::number).on_progress([&](const download_progress& so_far) {
                if (so_far.now == download_progress::state::receiving) folder.write("late", "mine");
            });
        const auto made = co_await download(web.get(server.url("/late")), late);
        CHECK(made.path.string() == folder / "late-1");
    });
    CHECK(files_below(folder.path()) == names{"late", "late-1", "x", "x-1", "x-2", "y-1.jpg", "y-2.jpg",
                                              "y.jpg", "z-1.tar.gz", "z.tar.gz"});
    CHECK(read_file(folder / "late") == "mine");
    CHECK(read_file(folder / "late-1") == "/late");
}

TEST_CASE("different URLs with one name at the same time get numbered names, or an error") {
    test::temp_folder folder;
    scripted_server server(
        answering([](const std::string& target) { return reply(std::string(200'000, target[1])); }));
    const bool numbers = GENERATE(true, false);
    int failures = 0;
    in_loop([&]() -> task<> {
        client web;
        auto one = [&](std::string link) -> task<> {
            const auto how = into(folder).existing(numbers ? if_exists::number : if_exists::replace);
            try {
                co_await download(web.get(link), how);
            } catch (const file_error& busy) {
                CHECK(has_all(busy.what(), folder / "x.part: another download is writing it"));
                CHECK(busy.code() == EWOULDBLOCK);
                ++failures;
            }
        };
        auto all = [&](tandem::task_group& group) -> task<> {
            for (const std::string name : {"/a/x", "/b/x", "/c/x"})
                group.spawn(one(server.url(name)));
            co_return;
        };
        co_await tandem::with_group(all);
    });
    CHECK(failures == (numbers ? 0 : 2));
    CHECK(files_below(folder.path()) == (numbers ? names{"x", "x-1", "x-2"} : names{"x"}));
    for (const auto& name : files_below(folder.path())) {
        const auto whole = read_file(folder / name);
        CHECK((whole == std::string(200'000, whole.at(0))));
    }
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

TEST_CASE("a folder in the place of the file is an error before anything is asked") {
    test::temp_folder folder;
    std::filesystem::create_directory(folder / "x");
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        for (const auto what : {if_exists::replace, if_exists::keep}) {
            const auto error = co_await failure_of<file_error>(
                download(web.get(server.url("/x")), into(folder).existing(what)));
            CHECK(error.cause() == folder / "x" + ": Is a directory");
        }
    });
    CHECK(server.requests().empty());
    CHECK(files_below(folder.path()).empty());
}

TEST_CASE("the name that a server suggests is taken where that is wanted") {
    test::temp_folder folder;
    scripted_server server(answering([](const std::string& target) {
        if (target == "/plain") return reply("plain");
        return reply("body", "Content-Disposition: attachment; filename=\"../../r e.pdf\"\r\n");
    }));
    in_loop([&]() -> task<> {
        client web;
        auto made = co_await download(web.get(server.url("/get?id=1")), into(folder).suggested_name());
        CHECK(made.path.string() == folder / "r e.pdf");
        made = co_await download(web.get(server.url("/get?id=2")), into(folder));
        CHECK(made.path.string() == folder / "get");
        made = co_await download(web.get(server.url("/plain")), into(folder).suggested_name());
        CHECK(made.path.string() == folder / "plain");
        made =
            co_await download(web.get(server.url("/get?id=1")), into(folder).suggested_name().file("mine"));
        CHECK(made.path.string() == folder / "mine");
        co_await failure_of<file_exists>(
            download(web.get(server.url("/get?id=3")), into(folder).suggested_name()));
        const auto keeping = into(folder).suggested_name().existing(if_exists::keep);
        made = co_await download(web.get(server.url("/get?id=3")), keeping);
        CHECK(made.was_kept);
        CHECK(made.path.string() == folder / "r e.pdf");
    });
    CHECK(files_below(folder.path()) == names{"get", "mine", "plain", "r e.pdf"});
}

TEST_CASE("a part with a suggested name is gone on with once the name is known") {
    test::temp_folder folder;
    served_file file;
    file.body = content(5'000);
    file.more = "Content-Disposition: attachment; filename=named\r\n";
    scripted_server server(serving(file, {2'000}));
    in_loop([&]() -> task<> {
        client web;
        const auto how = into(folder).suggested_name();
        co_await failure_of<truncated_error>(download(web.get(server.url("/get")), how));
        CHECK(files_below(folder.path()) == names{"named.part", "named.part.tandem"});
        const auto made = co_await download(web.get(server.url("/get")), how);
        CHECK(made.resumed == 2'000);
        CHECK(made.attempts == 2);
    });
    CHECK((read_file(folder / "named") == file.body));
    CHECK(files_below(folder.path()) == names{"named"});
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

TEST_CASE("a name as long as names may be has a part, too") {
    test::temp_folder folder;
    scripted_server server(serving(served_file{content(5'000)}, {2'000}));
    const std::string name(255, 'n');
    in_loop([&]() -> task<> {
        client web;
        const auto how = into(folder).file(name);
        co_await failure_of<truncated_error>(download(web.get(server.url("/x")), how));
        const auto made = co_await download(web.get(server.url("/x")), how);
        CHECK(made.resumed == 2'000);
    });
    CHECK(files_below(folder.path()) == names{name});
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
