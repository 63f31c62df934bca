// Lists of files to get, as people and programs write them.
#include "download/item_list.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <tandem/coro/gather.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/sleep.hpp>

#include "support/temp_folder.hpp"

using Catch::Matchers::Contains;
using tandem::task;
using texts = std::vector<std::string>;

namespace {

/// An item as one line, for tests to look at.
std::string as_text(const list_item& item) {
    std::string text = item.link;
    for (const auto& each : item.mirrors)
        text += " mirror=" + each;
    if (!item.out.empty()) text += " out=" + item.out;
    if (!item.folder.empty()) text += " dir=" + item.folder;
    if (item.checksum) text += " checksum=" + item.checksum->to_string();
    for (const auto& [name, value] : item.headers)
        text += " " + name + "=" + value;
    return text;
}

/// The items of a list, and the errors in it.
texts read_list(const std::string& content) {
    const test::temp_folder folder;
    const auto file = folder.write("list", content);
    texts all;
    tandem::loop here;
    here.run([&]() -> task<> {
        item_list list(file);
        for (;;) {
            try {
                const auto item = co_await list.next();
                if (!item) break;
                all.push_back(as_text(*item));
            } catch (const list_error& error) {
                all.push_back(std::string(error.what()).substr(folder.path().string().size() + 1));
            }
        }
    }());
    return all;
}

const std::string md5(32, 'a');

} // namespace

TEST_CASE("a list has one URL a line") {
    CHECK(read_list("http://a/\nhttp://b/\r\n\r\n# none\n   \nhttp://c/[1-2]{x}#end  \nhttp://d/") ==
          texts{"http://a/", "http://b/", "http://c/[1-2]{x}#end", "http://d/"});
    CHECK(read_list("").empty());
    CHECK(read_list("\n#\n").empty());
}

TEST_CASE("indented lines belong to the URL before them") {
    CHECK(read_list("http://a/\n"
                    "  out=x y.iso\n"
                    "\tdir = isos\n"
                    "# a comment\n"
                    "  # another\n"
                    "\n"
                    " checksum=md5=" +
                    md5 +
                    "\n"
                    "  header=Accept: a/b; q=1\n"
                    "  header=X-One:two:three\n"
                    "  referer=http://r/\n"
                    "  user-agent=me\n"
                    "  mirror=http://m/\n"
                    "http://b/\n") ==
          texts{"http://a/ mirror=http://m/ out=x y.iso dir=isos checksum=md5:" + md5 +
                    " Accept=a/b; q=1 X-One=two:three Referer=http://r/ User-Agent=me",
                "http://b/"});
}

TEST_CASE("mirrors stand on the same line, behind tabs") {
    CHECK(read_list("http://a/\thttp://b/ \t\t http://c/\n  mirror=http://d/\n") ==
          texts{"http://a/ mirror=http://b/ mirror=http://c/ mirror=http://d/"});
}

TEST_CASE("JSON objects and URLs may take turns") {
    CHECK(read_list(R"({"url": "http://a/", "out": "x", "dir": "d", "checksum": "md5:)" + md5 +
                    R"(", "headers": {"A": "b", "C": ""}, "mirrors": ["http://m/"]})"
                    "\nhttp://b/\n  out=y\n"
                    R"(  {"url": "http://c/", "headers": ["A: b"], "referer": "r"})") ==
          texts{"http://a/ mirror=http://m/ out=x dir=d checksum=md5:" + md5 + " A=b C=", "http://b/ out=y",
                "http://c/ A=b Referer=r"});
}

TEST_CASE("what cannot be understood is an error that names the line, and the list goes on behind it") {
    CHECK(read_list("  out=x\n  dir=y\nhttp://a/\n  what=x\n  out=ignored\nhttp://b/\n  oops\nhttp://c/\n") ==
          texts{"list:1: it begins with a blank, but belongs to no URL before it",
                "list:4: 'what' is none of out, dir, checksum, header, referer, user-agent, mirror",
                "list:7: it begins with a blank, but reads not NAME=VALUE", "http://c/"});
    const auto error_of = [](const std::string& line) { return read_list("http://a/\n\n " + line).at(0); };
    CHECK(error_of("checksum=md5:1") == "list:3: a md5 checksum has 32 hexadecimal digits, not 1");
    CHECK(error_of("header=Accept") == "list:3: a header reads Name: value");
}

TEST_CASE("JSON that is none, or says something else, is an error that names the line") {
    const auto error_of = [](const std::string& line) {
        return read_list("\n" + line + "\nhttp://b/").at(0);
    };
    CHECK_THAT(error_of("{"), Contains("list:2: no JSON: "));
    CHECK(error_of("{}") == "list:2: 'url' is missing");
    CHECK(error_of(R"({"url": 1})") == "list:2: 'url' has to be a text");
    CHECK(error_of(R"({"url": "x", "what": "y"})") ==
          "list:2: 'what' is none of out, dir, checksum, header, referer, user-agent, mirror");
    CHECK(error_of(R"({"url": "x", "headers": 1})") == "list:2: 'headers' has to be an object or a list");
    CHECK(error_of(R"({"url": "x", "headers": {"A": 1}})") == "list:2: 'A' has to be a text");
    CHECK(error_of(R"({"url": "x", "mirrors": "y"})") == "list:2: 'mirrors' has to be a list");
    CHECK(read_list(R"({"url": "x"})"
                    "\n  out=y\n")
              .at(1) == "list:2: it begins with a blank, but belongs to no URL before it");
}

TEST_CASE("an item is at hand when all its lines have been read, which the next one shows") {
    const test::temp_folder folder;
    const auto file = folder.write("list", "http://a/\nhttp://b/\n  out=x\nhttp://c/\n");
    tandem::loop here;
    here.run([&]() -> task<> {
        item_list list(file);
        CHECK_FALSE(list.at_hand());
        const auto first = co_await list.next();
        REQUIRE(first);
        CHECK(first->link == "http://a/");
        const auto second = list.at_hand();
        REQUIRE(second);
        CHECK(second->out == "x");
        CHECK_FALSE(list.at_hand());
        const auto last = co_await list.next();
        REQUIRE(last);
        CHECK(last->link == "http://c/");
        CHECK_FALSE(list.at_hand());
    }());
}

TEST_CASE("a line that never ends is an error, and the end") {
    const test::temp_folder folder;
    const auto file = folder.write("list", "http://a/\n" + std::string(3 * 1024 * 1024, 'x'));
    tandem::loop here;
    here.run([&]() -> task<> {
        item_list list(file);
        std::string error;
        try {
            (void)co_await list.next();
        } catch (const std::runtime_error& cause) {
            error = cause.what();
        }
        CHECK(error == file + ":2: longer than a line can be");
    }());
}

TEST_CASE("an item of a pipe is there once the next line is, and nobody waits for it meanwhile") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const auto write = [&](std::string_view text) {
        CHECK(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    };
    texts got;
    tandem::loop here;
    here.run([&]() -> task<> {
        item_list list("/dev/fd/" + std::to_string(ends[0]));
        const auto reader = [&]() -> task<> {
            while (const auto item = co_await list.next())
                got.push_back(as_text(*item));
        };
        const auto writer = [&]() -> task<> {
            co_await tandem::yield();
            write("http://a");
            co_await tandem::yield();
            write("/\nhttp://b/\n  ou");
            while (got.empty())
                co_await tandem::sleep(std::chrono::milliseconds(1));
            write("t=x\n{\"url\": \"c\"}\n");
            while (got.size() < 3)
                co_await tandem::sleep(std::chrono::milliseconds(1));
            ::close(ends[1]);
        };
        co_await tandem::gather(reader(), writer());
    }());
    CHECK(got == texts{"http://a/", "http://b/ out=x", "c"});
    ::close(ends[0]);
}
