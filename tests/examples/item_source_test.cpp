// Where tandem-get takes its downloads from.
#include "download/item_source.hpp"

#include <catch2/catch.hpp>

#include <tandem/coro/loop.hpp>

#include "support/resident_memory.hpp"
#include "support/temp_folder.hpp"

using Catch::Matchers::Contains;
using tandem::task;
using names = std::vector<std::string>;

namespace {

/// The links, each with the name of its file where it has one.
names all_of(const std::vector<std::string>& links, bool expand, const std::string& file,
             std::vector<std::string> outs = {}) {
    names all;
    tandem::loop here;
    here.run([&]() -> task<> {
        item_source source(links, expand, file, outs);
        while (const auto item = co_await source.next())
            all.push_back(item->link + (item->out.empty() ? "" : " > " + item->out));
    }());
    return all;
}

/// What comes of making a source.
std::string error_of(const std::string& file) {
    try {
        item_source source({}, true, file);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("the links of the command line come before the items of a list") {
    const test::temp_folder folder;
    const auto list = folder.write("list", "http://c/\r\n\n# not this one\nhttp://d/[1-2]\n out=d");
    CHECK(all_of({"http://[a-b]/", "http://x/"}, true, list) ==
          names{"http://a/", "http://b/", "http://x/", "http://c/", "http://d/[1-2] > d"});
}

TEST_CASE("items are made of links as they are where that is wanted") {
    CHECK(all_of({"http://a/[1-2]{", "]"}, false, "") == names{"http://a/[1-2]{", "]"});
}

TEST_CASE("links have their files' names in turn, made of what their patterns had") {
    CHECK(all_of({"http://[1-2]/{a,b}", "http://x/", "http://y/"}, true, "", {"#2-#1.txt", "x"}) ==
          names{"http://1/a > a-1.txt", "http://1/b > b-1.txt", "http://2/a > a-2.txt",
                "http://2/b > b-2.txt", "http://x/ > x", "http://y/"});
}

TEST_CASE("a source of items without anything is empty") {
    const test::temp_folder folder;
    CHECK(item_source({}, true, "").is_empty());
    CHECK_FALSE(item_source({"a"}, true, "").is_empty());
    CHECK_FALSE(item_source({}, true, folder.write("list", "")).is_empty());
}

TEST_CASE("a source knows how many items there are, unless it cannot read them twice") {
    const test::temp_folder folder;
    const auto list = folder.write("list", "http://c/\n\n# not this one\nhttp://d/\n out=d\n out\n{}\n");
    const auto count = [](const std::vector<std::string>& links, const std::string& file) {
        tandem::loop here;
        return here.run([](item_source source) -> task<std::optional<std::uint64_t>> {
            co_return co_await source.count();
        }(item_source(links, true, file)));
    };
    CHECK(count({"http://[1-1000000]/{a,b}", "http://x/"}, "") == 2'000'001);
    CHECK(count({"http://x/"}, list) == 4);
    CHECK(count({"http://x/"}, "/dev/null") == std::nullopt);
}

TEST_CASE("a list of items that cannot be read is an error that names it") {
    CHECK_THAT(error_of("/absent/list"), Contains("/absent/list") && Contains("No such file"));
}

TEST_CASE("a million items take no more memory than one") {
    const test::temp_folder folder;
    std::string text;
    for (int i = 0; i < 1'000'000; ++i)
        text += "http://example/" + std::to_string(i) + "\n";
    const auto list = folder.write("list", text);
    text = std::string();
    tandem::loop here;
    here.run([&]() -> task<> {
        item_source source({"http://example/[1-1000000]"}, true, list);
        const auto before = test::resident_memory();
        std::size_t count = 0;
        while (const auto item = co_await source.next())
            count += item->link.starts_with("http://example/");
        CHECK(count == 2'000'000);
#ifndef __SANITIZE_ADDRESS__ // which keeps freed memory
        CHECK(test::resident_memory() < before + 1024 * 1024);
#else
        (void)before;
#endif
    }());
}
