// Which downloads of a set are the same, and which have the same name.
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <set>

#include <tandem/http/client.hpp>
#include <tandem/http/download_set.hpp>

#include "http/in_loop.hpp"
#include "http/sets.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

using namespace tandem::http;
using tandem::task;
using test::all_of;
using test::answering;
using test::echo_target;
using test::files_below;
using test::has_all;
using test::in_folder;
using test::in_loop;
using test::item_list;
using test::numbered;
using test::outcomes;
using test::quick;
using test::read_file;
using test::reply;
using test::scripted_server;
using test::temp_folder;
using names = std::vector<std::string>;

TEST_CASE("equal URLs are fetched once") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    const auto list = [&](const client& web) {
        item_list all;
        for (const auto* target : {"/a", "/b", "/a", "/./a", "/a#part", "/b"})
            all.emplace_back(web.get(server.url(target)), in_folder(folder).existing(if_exists::replace));
        all.emplace_back(web.get(server.url("/a")), in_folder(folder).file("other"));
        return all;
    };
    in_loop([&]() -> task<> {
        client web;
        const auto all = list(web);
        download_set set(all, download_set_options().jobs(1));
        const auto got = co_await all_of(set);
        CHECK(got.files == std::set<std::string>{"/a", "/b"});
        CHECK(set.statistics().saved == 3);
        CHECK(set.statistics().repeated == 4);
        CHECK(set.statistics().taken == 7);
    });
    CHECK(server.requests().size() == 3);
    CHECK(files_below(folder.path()) == names{"a", "b", "other"});
}

TEST_CASE("equal URLs are fetched again where that is wanted, if their name may be taken again") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        item_list list;
        for (int i = 0; i < 3; ++i)
            list.emplace_back(web.get(server.url("/a")), in_folder(folder).existing(if_exists::number));
        download_set set(list, download_set_options().repeat_equal());
        co_await all_of(set);
        CHECK(set.statistics().saved == 3);
    });
    CHECK(files_below(folder.path()) == names{"a", "a-1", "a-2"});
}

TEST_CASE("of different URLs with one name the later fails, with an error that names both") {
    const auto what = GENERATE(if_exists::fail, if_exists::replace, if_exists::keep);
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        item_list list;
        list.emplace_back(web.get(server.url("/one/x")), in_folder(folder).existing(what));
        list.emplace_back(web.get(server.url("/two/x")), in_folder(folder).existing(what));
        list.emplace_back(web.get(server.url("/three")), in_folder(folder).existing(what).file("x"));
        download_set set(list);
        const auto all = co_await all_of(set);
        CHECK(all.files == std::set<std::string>{"/one/x"});
        CHECK(all.errors.at("/two/x") == server.url("/two/x") + ": " + folder / "x" + ": is the name of " +
                                             server.url("/one/x") + ", too");
        CHECK(has_all(all.errors.at("/three"), server.url("/one/x")));
        CHECK(set.statistics().failed_by(failure_kind::file) == 2);
    });
    CHECK(read_file(folder / "x") == "/one/x");
}

TEST_CASE("different URLs with one name are numbered where that is wanted") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        item_list list;
        for (const auto* target : {"/1/x.txt", "/2/x.txt", "/3/x.txt", "/4/x.txt"})
            list.emplace_back(web.get(server.url(target)), in_folder(folder).existing(if_exists::number));
        download_set set(list);
        const auto all = co_await all_of(set);
        CHECK(all.files.size() == 4);
    });
    CHECK(files_below(folder.path()) == names{"x-1.txt", "x-2.txt", "x-3.txt", "x.txt"});
}

TEST_CASE("names that servers suggest are kept apart like those of URLs") {
    const auto what = GENERATE(if_exists::fail, if_exists::replace, if_exists::keep, if_exists::number);
    const std::size_t jobs = GENERATE(1, 3);
    const test::temp_folder folder;
    scripted_server server(answering([](const std::string& target) {
        return reply(target, "Content-Disposition: attachment; filename=\"x.txt\"\r\n");
    }));
    in_loop([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 3, in_folder(folder).suggested_name().existing(what));
        download_set set(list, download_set_options().jobs(jobs));
        const auto all = co_await all_of(set);
        if (what == if_exists::number) {
            CHECK(all.files.size() == 3);
            co_return;
        }
        REQUIRE(all.files.size() == 1);
        const auto first = server.url(*all.files.begin());
        CHECK(all.errors.size() == 2);
        for (const auto& [target, error] : all.errors)
            CHECK(error ==
                  server.url(target) + ": " + folder / "x.txt" + ": is the name of " + first + ", too");
        CHECK(read_file(folder / "x.txt") == *all.files.begin());
    });
    const auto files = files_below(folder.path());
    CHECK(files == (what == if_exists::number ? names{"x-1.txt", "x-2.txt", "x.txt"} : names{"x.txt"}));
}

TEST_CASE("numbers of names have no gaps, whichever downloads fail or are refused for a while") {
    const test::temp_folder folder;
    folder.write("x-2", "was there");
    std::atomic<int> count = 0;
    scripted_server server(answering([&](const std::string& target) {
        const int number = ++count;
        if (number % 7 == 3) return reply("", "", "503 Busy");
        return target.ends_with("3/x") ? reply("", "", "404 Not Found") : reply(target);
    }));
    in_loop([&]() -> task<> {
        client web;
        item_list list;
        for (int i = 0; i < 60; ++i)
            list.emplace_back(web.get(server.url("/" + std::to_string(i) + "/x")),
                              in_folder(folder).existing(if_exists::number).retry(quick().attempts(100)));
        download_set set(list, download_set_options().jobs(1));
        const auto all = co_await all_of(set);
        CHECK(all.files.size() == 54);
    });
    names expected = {"x"};
    for (int i = 1; i < 55; ++i)
        expected.push_back("x-" + std::to_string(i));
    std::sort(expected.begin(), expected.end());
    CHECK(files_below(folder.path()) == expected);
    CHECK(read_file(folder / "x-2") == "was there");
}

TEST_CASE("a name is free again when the download that had it has failed") {
    const test::temp_folder folder;
    scripted_server server(answering([](const std::string& target) {
        return target == "/gone/x" ? reply("", "", "404 Not Found") : reply(target);
    }));
    in_loop([&]() -> task<> {
        client web;
        item_list list;
        list.emplace_back(web.get(server.url("/gone/x")), in_folder(folder));
        list.emplace_back(web.get(server.url("/other/x")), in_folder(folder));
        download_set set(list, download_set_options().jobs(1));
        const auto all = co_await all_of(set);
        CHECK(all.files == std::set<std::string>{"/other/x"});
    });
    CHECK(read_file(folder / "x") == "/other/x");
}

namespace {

/// The folder of a set's files, with somebody who writes there, too, when the set has begun.
struct shared_folder {
    temp_folder folder;
    std::function<void()> other;
    std::string body = "x";
    scripted_server server{answering([this](const std::string& target) {
        if (target == "/0") other();
        return reply(target == "/0" ? "" : body);
    })};

    /// What comes of these URLs, after two others.
    task<outcomes> bring(names targets, if_exists what) {
        client web;
        auto list = numbered(web, server, 1, in_folder(folder));
        list.insert(list.begin(), download_item(web.get(server.url("/before")), in_folder(folder)));
        for (const auto& target : targets)
            list.emplace_back(web.get(server.url(target)), in_folder(folder).existing(what));
        download_set set(list, download_set_options().jobs(1));
        auto all = co_await all_of(set);
        kept = set.statistics().kept;
        co_return all;
    }
    std::uint64_t kept = 0;
    names files() const { return files_below(folder.path()); }
};

} // namespace

TEST_CASE("what somebody else puts there while a set runs is not written over") {
    const auto [what, files] = GENERATE(table<if_exists, names>({
        {if_exists::fail, {"0", "before", "x", "x.part", "x.part.tandem"}}, // nothing is lost
        {if_exists::keep, {"0", "before", "x"}},
        {if_exists::number, {"0", "before", "x", "x-1"}},
    }));
    shared_folder at;
    at.other = [&] { at.folder.write("x", "of another"); };
    in_loop([&]() -> task<> {
        const auto all = co_await at.bring(names(1, "/x"), what);
        if (what == if_exists::fail)
            CHECK(all.errors.at("/x") == at.server.url("/x") + ": " + at.folder / "x" + ": File exists");
        else
            CHECK(all.errors.empty());
        CHECK(at.kept == (what == if_exists::keep ? 1 : 0));
    });
    CHECK(read_file(at.folder / "x") == "of another");
    CHECK(at.files() == files);
}

TEST_CASE("somebody else's files cost a set no more than the first of them") {
    const auto what = GENERATE(if_exists::fail, if_exists::keep);
    shared_folder at;
    at.other = [&] {
        for (const char* name : {"a", "b", "c"})
            at.folder.write(name, "of another");
    };
    const names targets = {"/a", "/b", "/c"};
    in_loop([&]() -> task<> { co_await at.bring(targets, what); });
    CHECK(at.server.requests().size() == 3); // /before, /0 and /a
    CHECK(read_file(at.folder / "c") == "of another");
}

TEST_CASE("before a long body it is asked once more whether its name is free") {
    const auto what = GENERATE(if_exists::fail, if_exists::keep, if_exists::number);
    shared_folder at;
    at.body = std::string(1024 * 1024, 'x');
    at.other = [&] { at.folder.write("x", "of another"); };
    in_loop([&]() -> task<> {
        const auto all = co_await at.bring(names(1, "/x"), what);
        CHECK(all.errors.size() == (what == if_exists::fail ? 1 : 0));
    });
    const bool is_numbered = what == if_exists::number;
    CHECK(at.files() == (is_numbered ? names{"0", "before", "x", "x-1"} : names{"0", "before", "x"}));
    CHECK(read_file(at.folder / "x") == "of another");
}

TEST_CASE("a part that is there is gone on with only where its name is free") {
    const auto what = GENERATE(if_exists::fail, if_exists::keep);
    shared_folder at;
    at.folder.write("x.part", "01234");
    at.other = [&] {
        at.folder.write("x", "of another");
        at.folder.write("x.part.tandem",
                        "tandem part 1\nurl " + at.server.url("/x") + "\netag \"1\"\nranges 0-4\nend\n");
    };
    in_loop([&]() -> task<> {
        const auto all = co_await at.bring(names(1, "/x"), what);
        CHECK(all.errors.size() == (what == if_exists::fail ? 1 : 0));
        CHECK(at.kept == (what == if_exists::keep ? 1 : 0));
    });
    CHECK(at.server.requests().size() == 2); // the two before
    CHECK(at.files() == names{"0", "before", "x", "x.part", "x.part.tandem"});
    CHECK(read_file(at.folder / "x") == "of another");
}

TEST_CASE("a folder in the way is an error whoever has made it, and whenever") {
    const auto what = GENERATE(if_exists::fail, if_exists::replace, if_exists::keep);
    shared_folder at;
    at.other = [&] { std::filesystem::create_directory(at.folder / "x"); };
    in_loop([&]() -> task<> {
        const auto all = co_await at.bring(names(1, "/x"), what);
        CHECK(has_all(all.errors.at("/x"), at.folder / "x"));
        CHECK(has_all(all.errors.at("/x"), what == if_exists::fail ? "File exists" : "Is a directory"));
    });
    CHECK(at.kept == 0);
}

TEST_CASE("a name that one of very many downloads has had is not asked for again") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        auto list = numbered(web, server, 400, in_folder(folder));
        list.emplace_back(web.get(server.url("/again/0")), in_folder(folder));
        download_set set(list, download_set_options().jobs(1));
        const auto all = co_await all_of(set);
        CHECK(all.errors.size() == 1);
        CHECK(has_all(all.errors.at("/again/0"), folder / "0"));
    });
    CHECK(server.requests().size() == 400);
}

TEST_CASE("a note of a part that is gone is gone with the first file of that name") {
    const test::temp_folder folder;
    folder.write("x.part.tandem", "tandem part 1\nurl x\nranges 0-9\nend\n");
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        item_list list;
        for (const auto* target : {"/a", "/b", "/x"})
            list.emplace_back(web.get(server.url(target)), in_folder(folder));
        download_set set(list, download_set_options().jobs(1));
        const auto all = co_await all_of(set);
        CHECK(all.errors.empty());
    });
    CHECK(files_below(folder.path()) == names{"a", "b", "x"});
}

TEST_CASE("a folder in which nothing can be made is an error for each") {
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 3, download_options().folder("/proc"));
        download_set set(list, download_set_options().jobs(1));
        const auto all = co_await all_of(set);
        CHECK(all.errors.size() == 3);
        CHECK(has_all(all.errors.at("/2"), "/proc/2"));
    });
    CHECK(server.requests().empty());
}
