#include <catch2/catch.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include <sys/resource.h>
#include <sys/stat.h>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::answering;
using test::conversation;
using test::echo_target;
using test::failure_of;
using test::files_below;
using test::has_all;
using test::in_loop;
using test::read_file;
using test::reply;
using test::scripted_server;
using names = std::vector<std::string>;

namespace {

/// Sends the beginning of a long body and then nothing.
void begin_and_stop(conversation& talk) {
    talk.request();
    talk.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(100'000, 'x'));
    talk.wait_for_close();
}

} // namespace

TEST_CASE("a download is named after its URL, in a folder made for it") {
    test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        auto saved = co_await web.get(server.url("/a/photo%20one.jpg?size=2")).save_to(folder / "images/new");
        CHECK(saved.path.string() == folder / "images/new/photo one.jpg");
        CHECK(saved.bytes == 25);
        auto index = co_await web.get(server.url("/")).save_to(folder.path());
        CHECK(index.path.string() == folder / "index.html");
    });
    CHECK(files_below(folder.path()) == names{"images/new/photo one.jpg", "index.html"});
    CHECK(read_file(folder / "images/new/photo one.jpg") == "/a/photo%20one.jpg?size=2");
}

TEST_CASE("a download can be given its name") {
    test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        auto saved = co_await web.get(server.url("/a")).save_as(folder / "deep/er/b.txt");
        CHECK(saved.path.string() == folder / "deep/er/b.txt");
    });
    CHECK(read_file(folder / "deep/er/b.txt") == "/a");
}

TEST_CASE("a redirect does not change a download's name") {
    test::temp_folder folder;
    scripted_server server(answering([](const std::string& target) {
        return target == "/wanted.png" ? reply("", "Location: /cdn/123abc\r\n", "302 Found") : reply(target);
    }));
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(server.url("/wanted.png")).save_to(folder.path());
    });
    CHECK(files_below(folder.path()) == names{"wanted.png"});
    CHECK(read_file(folder / "wanted.png") == "/cdn/123abc");
}

TEST_CASE("no URL escapes its folder") {
    test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(server.url("/..%2F..%2Fescaped")).save_to(folder / "in");
        co_await web.get(server.url("/%2e%2e")).save_to(folder / "in");
    });
    CHECK(files_below(folder.path()) == names{"in/escaped", "in/index.html"});
}

TEST_CASE("a large body is stored whole, of known length and in chunks") {
    test::temp_folder folder;
    std::string bytes(9 * 1024 * 1024 + 321, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(i * 31 >> 7);
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request) == "/fixed") {
                talk.send(reply(bytes));
                continue;
            }
            // Chunks far smaller than a write should be, then one that is larger.
            talk.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            std::string crumbs;
            for (std::size_t i = 0; i < 200'000; i += 100)
                crumbs += "64\r\n" + bytes.substr(i, 100) + "\r\n";
            talk.send_in_pieces(crumbs, 1500);
            char line[20];
            std::snprintf(line, sizeof line, "%zx\r\n", bytes.size() - 200'000);
            talk.send(line + bytes.substr(200'000) + "\r\n0\r\n\r\n");
        }
    });
    in_loop([&]() -> task<> {
        client web;
        auto fixed = co_await web.get(server.url("/fixed")).save_to(folder.path());
        CHECK(fixed.bytes == bytes.size());
        auto chunked = co_await web.get(server.url("/chunked")).save_to(folder.path());
        CHECK(chunked.bytes == bytes.size());
    });
    CHECK((read_file(folder / "fixed") == bytes));
    CHECK((read_file(folder / "chunked") == bytes));
    CHECK(files_below(folder.path()) == names{"chunked", "fixed"});
}

TEST_CASE("an empty body makes an empty file") {
    test::temp_folder folder;
    scripted_server server(answering([](const std::string&) { return reply(""); }));
    in_loop([&]() -> task<> {
        client web;
        auto saved = co_await web.get(server.url("/nothing")).save_to(folder.path());
        CHECK(saved.bytes == 0);
    });
    CHECK(files_below(folder.path()) == names{"nothing"});
}

TEST_CASE("while a download runs, the file's name shows what was there before") {
    test::temp_folder folder;
    folder.write("page", "the old page");
    std::atomic<bool> go_on{false};
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nthe new ");
        go_on.wait(false);
        talk.send("page");
    });
    in_loop([&]() -> task<> {
        client web;
        auto watch = [&]() -> task<> {
            while (files_below(folder.path()).size() < 2)
                co_await tandem::sleep(1ms);
            auto files = files_below(folder.path());
            CHECK(files.at(0).starts_with(".page.part-"));
            CHECK(files.at(1) == "page");
            CHECK(read_file(folder / "page") == "the old page");
            go_on = true;
            go_on.notify_all();
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(watch());
            co_await web.get(server.url("/page")).save_to(folder.path());
        };
        co_await tandem::with_group(body);
    });
    CHECK(files_below(folder.path()) == names{"page"});
    CHECK(read_file(folder / "page") == "the new page");
}

TEST_CASE("a failed download leaves no file, and what was there stays") {
    test::temp_folder folder;
    folder.write("short", "old");
    scripted_server server([](conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request) == "/missing") {
                talk.send(reply("no such page", "", "404 Not Found"));
                continue;
            }
            talk.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(50'000, 'x'));
            talk.finish();
            return;
        }
    });
    in_loop([&]() -> task<> {
        client web;
        auto missing =
            co_await failure_of<status_error>(web.get(server.url("/missing")).save_to(folder.path()));
        CHECK(missing.status() == 404);
        auto error =
            co_await failure_of<truncated_error>(web.get(server.url("/short")).save_to(folder.path()));
        CHECK(error.cause() ==
              "the body is too short: the connection was closed after 50000 of 100000 bytes");
    });
    CHECK(files_below(folder.path()) == names{"short"});
    CHECK(read_file(folder / "short") == "old");
}

TEST_CASE("a download cancelled in mid-body leaves no file") {
    test::temp_folder folder;
    scripted_server server(begin_and_stop);
    in_loop([&]() -> task<> {
        client web;
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn([](client& from, std::string link, std::string to) -> task<> {
                co_await from.get(link).save_to(to);
            }(web, server.url("/file"), folder.path()));
            while (files_below(folder.path()).empty())
                co_await tandem::sleep(1ms);
            CHECK(files_below(folder.path()).at(0).starts_with(".file.part-"));
            group.cancel();
        };
        co_await tandem::with_group(body);
        CHECK(web.statistics().active == 0);
        CHECK(web.statistics().idle == 0);
    });
    CHECK(files_below(folder.path()).empty());
}

TEST_CASE("a download that runs into a time-out leaves no file") {
    test::temp_folder folder;
    scripted_server server(begin_and_stop);
    in_loop([&]() -> task<> {
        client web(client_options().read_timeout(50ms));
        co_await failure_of<timeout_error>(web.get(server.url("/file")).save_to(folder.path()));
    });
    CHECK(files_below(folder.path()).empty());
}

TEST_CASE("a folder that cannot be written is an error that names URL, path and cause") {
    test::temp_folder folder;
    auto file = folder.write("file", "in the way");
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        auto below = co_await failure_of<file_error>(web.get(server.url("/x")).save_to(file));
        CHECK(std::string(below.what()) == server.url("/x") + ": " + file + "/x: Not a directory");
        CHECK(below.path() == file + "/x");
        CHECK(below.code() == ENOTDIR);
        auto none = co_await failure_of<file_error>(web.get(server.url("/x")).save_to("/proc/tandem-test"));
        CHECK(has_all(none.what(), server.url("/x") + ": /proc/tandem-test", "No such file or directory"));
    });
    CHECK(files_below(folder.path()) == names{"file"});
}

TEST_CASE("a folder in the place of the file is an error, and nothing is left beside it") {
    test::temp_folder folder;
    std::filesystem::create_directory(folder / "taken");
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<file_error>(web.get(server.url("/taken")).save_to(folder.path()));
        CHECK(error.cause() == folder / "taken" + ": Is a directory");
    });
    CHECK(files_below(folder.path()).empty());
}

TEST_CASE("a disk that fills up is an error that names the file, and nothing is left") {
    test::temp_folder folder;
    scripted_server server(answering([](const std::string&) { return reply(std::string(100'000, 'x')); }));
    // The limit makes write(2) fail as a full disk does, with another errno.
    auto before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old_limit{};
    getrlimit(RLIMIT_FSIZE, &old_limit);
    rlimit small{50'000, old_limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<file_error>(web.get(server.url("/x")).save_to(folder.path()));
        CHECK(error.code() == EFBIG);
        CHECK(error.cause() == folder / "x" + ": File too large");
    });
    setrlimit(RLIMIT_FSIZE, &old_limit);
    std::signal(SIGXFSZ, before);
    CHECK(files_below(folder.path()).empty());
}

TEST_CASE("the umask decides who may read a download") {
    test::temp_folder folder;
    scripted_server server(echo_target());
    auto before = ::umask(027);
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(server.url("/x")).save_to(folder.path());
    });
    ::umask(before);
    struct stat seen {};
    REQUIRE(::stat((folder / "x").c_str(), &seen) == 0);
    CHECK((seen.st_mode & 0777) == 0640);
}

TEST_CASE("downloads of one name at the same time leave one whole file") {
    test::temp_folder folder;
    scripted_server server(
        answering([](const std::string& target) { return reply(std::string(200'000, target.back())); }));
    in_loop([&]() -> task<> {
        client web;
        auto fetch = [&](std::string target) -> task<> {
            co_await web.get(server.url(target)).save_as(folder / "x");
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 8; ++i)
                group.spawn(fetch("/" + std::to_string(i)));
            co_return;
        };
        co_await tandem::with_group(body);
    });
    CHECK(files_below(folder.path()) == names{"x"});
    auto content = read_file(folder / "x");
    CHECK((content == std::string(200'000, content.at(0))));
}
