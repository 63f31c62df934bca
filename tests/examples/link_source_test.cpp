// Where tandem-get takes its links from.
#include "download/link_source.hpp"

#include <catch2/catch.hpp>

#include "support/resident_memory.hpp"
#include "support/temp_folder.hpp"

using Catch::Matchers::Contains;
using names = std::vector<std::string>;

namespace {

names all_of(link_source&& source) {
    names all;
    for (auto link : source)
        all.push_back(std::move(link));
    return all;
}

} // namespace

TEST_CASE("the links of the command line come before those of the file") {
    const test::temp_folder folder;
    const auto list = folder.write("list", "http://c/\r\n\n# not this one\nhttp://d/[1-2]");
    CHECK(all_of({{"http://[a-b]/", "http://x/"}, true, list}) ==
          names{"http://a/", "http://b/", "http://x/", "http://c/", "http://d/[1-2]"});
}

TEST_CASE("links are taken for what they are where that is wanted") {
    CHECK(all_of({{"http://a/[1-2]{", "]"}, false, ""}) == names{"http://a/[1-2]{", "]"});
}

TEST_CASE("a source without anything is empty") {
    CHECK(link_source({}, true, "").is_empty());
    CHECK_FALSE(link_source({"a"}, true, "").is_empty());
}

TEST_CASE("a list that cannot be read is an error that names it") {
    CHECK_THROWS_WITH(link_source({}, true, "/absent/list"),
                      Contains("/absent/list") && Contains("No such file"));
}

TEST_CASE("a million links take no more memory than one") {
    const test::temp_folder folder;
    std::string text;
    for (int i = 0; i < 1'000'000; ++i)
        text += "http://example/" + std::to_string(i) + "\n";
    const auto list = folder.write("list", text);
    text = std::string();
    link_source source({"http://example/[1-1000000]"}, true, list);
    const auto before = test::resident_memory();
    std::size_t count = 0;
    for (const auto& link : source)
        count += link.starts_with("http://example/");
    CHECK(count == 2'000'000);
#ifndef __SANITIZE_ADDRESS__ // which keeps freed memory
    CHECK(test::resident_memory() < before + 1024 * 1024);
#else
    (void)before;
#endif
}
