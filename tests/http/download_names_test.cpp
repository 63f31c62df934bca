// Which name a download gives its file, and what it does where that is taken.
#include <catch2/catch.hpp>

#include <cerrno>
#include <filesystem>

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
