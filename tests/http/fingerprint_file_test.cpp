#include "download/fingerprint_file.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <random>
#include <set>
#include <system_error>

#include "support/largest_file.hpp"
#include "support/resident_memory.hpp"
#include "support/temp_folder.hpp"

using Catch::Matchers::Contains;
using tandem::http::detail::fingerprint;
using tandem::http::detail::fingerprint_file;

namespace {

fingerprint random_one(std::mt19937& from) {
    return {static_cast<std::uint32_t>(from()), static_cast<std::uint32_t>(from()),
            static_cast<std::uint32_t>(from())};
}

} // namespace

TEST_CASE("a file of fingerprints knows a million of them as a set in memory does") {
    test::temp_folder folder;
    fingerprint_file seen(folder.path().string());
    std::set<fingerprint> model;
    std::mt19937 random(1);
    std::mt19937 again(1);
    constexpr int count = 1'000'000;
    bool agrees = true;
    for (int i = 0; i < count; ++i) {
        // each tenth once more, long after it came first
        const auto one = i % 10 == 9 ? random_one(again) : random_one(random);
        agrees = agrees && seen.insert(one) == model.insert(one).second;
    }
    CHECK(agrees);
    CHECK(seen.size() == model.size());
    std::set<fingerprint> found;
    seen.each([&](const fingerprint& one) { found.insert(one); });
    CHECK(found == model);
    int taken_for_known = 0;
    for (int i = 0; i < 10'000; ++i)
        taken_for_known += seen.contains(random_one(random));
    CHECK(taken_for_known == 0);
}

TEST_CASE("a file of fingerprints has no name, takes no memory and about 30 bytes each") {
    test::temp_folder folder;
    fingerprint_file seen(folder.path().string());
    std::mt19937 random(2);
    const auto before = test::resident_memory();
    constexpr int count = 200'000;
    for (int i = 0; i < count; ++i)
        seen.insert(random_one(random));
    CHECK(std::filesystem::is_empty(folder.path()));
    CHECK(seen.pages() * fingerprint_file::page_size < 31 * count);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // which have memory of their own
    CHECK(test::resident_memory() <= before + 200'000);
#else
    (void)before;
#endif
}

TEST_CASE("fingerprints that all belong to one page make room by splitting ahead of turn") {
    test::temp_folder folder;
    fingerprint_file seen(folder.path().string());
    // The page is told by the lowest bits, of which these have ten in common.
    const auto one = [](std::uint32_t i) { return fingerprint{7, 7, i << 10 | 5}; };
    for (std::uint32_t i = 0; i < 2000; ++i)
        REQUIRE(seen.insert(one(i)));
    for (std::uint32_t i = 0; i < 2000; ++i)
        REQUIRE(seen.contains(one(i)));
    CHECK_FALSE(seen.contains(one(2000)));
    CHECK_FALSE(seen.insert(one(1999)));
    CHECK(seen.pages() > 1024);
}

TEST_CASE("a file of fingerprints takes those of a table in at once, and goes on from there") {
    const auto count = GENERATE(0, 1, 20'000, 100'000);
    test::temp_folder folder;
    tandem::http::detail::fingerprint_table first;
    std::set<fingerprint> model;
    std::mt19937 random(3);
    for (int i = 0; i < count; ++i) {
        auto one = random_one(random);
        if (i % 30 == 0) one[2] = one[2] << 10 | 5; // more than one page has room for
        first.insert(one);
        model.insert(one);
    }
    fingerprint_file seen(folder.path().string());
    seen.insert_first(first);
    CHECK(seen.size() == model.size());
    bool has_all = true;
    for (const auto& one : model)
        has_all = has_all && seen.contains(one) && !seen.insert(one);
    CHECK(has_all);
    bool agrees = true;
    for (int i = 0; i < 50'000; ++i) {
        const auto one = random_one(random);
        agrees = agrees && seen.insert(one) == model.insert(one).second;
    }
    CHECK(agrees);
    std::set<fingerprint> found;
    seen.each([&](const fingerprint& one) { found.insert(one); });
    CHECK(found == model);
}

TEST_CASE("a file of fingerprints that can grow no further says so, and has lost none") {
    test::temp_folder folder;
    fingerprint_file seen(folder.path().string());
    std::mt19937 random(3);
    std::set<fingerprint> model;
    std::string trouble;
    {
        const test::largest_file limit(1'000'000);
        while (trouble.empty()) {
            const auto one = random_one(random);
            try {
                seen.insert(one);
                model.insert(one);
            } catch (const std::system_error& error) {
                trouble = error.what();
                CHECK(error.code() == std::errc::file_too_large);
                CHECK_FALSE(seen.contains(one));
            }
        }
    }
    CHECK_THAT(trouble, Contains("a temporary file in " + folder.path().string()));
    CHECK(model.size() > 30'000);
    CHECK(seen.size() == model.size());
    std::set<fingerprint> found;
    seen.each([&](const fingerprint& one) { found.insert(one); });
    CHECK(std::includes(found.begin(), found.end(), model.begin(), model.end()));
    // and goes on when there is room again
    CHECK(seen.insert(random_one(random)));
}

TEST_CASE("a file of fingerprints that cannot be made names its folder") {
    CHECK_THROWS_WITH(fingerprint_file("/no/such/folder"), Contains("a temporary file in /no/such/folder"));
}
