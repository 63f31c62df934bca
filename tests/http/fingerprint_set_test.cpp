#include "download/fingerprint_set.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

#include "support/largest_file.hpp"
#include "support/log_capture.hpp"
#include "support/resident_memory.hpp"
#include "support/temp_folder.hpp"

using Catch::Matchers::Contains;

using tandem::http::detail::fingerprint_set;

TEST_CASE("a set of fingerprints knows what it has seen, and nothing else") {
    fingerprint_set seen;
    CHECK_FALSE(seen.contains("a"));
    CHECK(seen.insert("a"));
    CHECK_FALSE(seen.insert("a"));
    CHECK(seen.insert(""));
    CHECK(seen.insert(std::string(100'000, 'x')));
    CHECK(seen.contains("a"));
    CHECK(seen.contains(""));
    CHECK_FALSE(seen.contains("A"));
    CHECK(seen.size() == 3);
}

TEST_CASE("a set of fingerprints loses none and mixes up none as it grows") {
    fingerprint_set seen;
    const auto text = [](int i) { return "https://example.org/files/" + std::to_string(i); };
    constexpr int count = 100'000;
    int fresh = 0;
    for (int i = 0; i < count; ++i)
        fresh += seen.insert(text(i)) && (i % 1000 != 0 || !seen.contains(text(i + count)));
    CHECK(fresh == count);
    int known = 0;
    for (int i = 0; i < count; ++i)
        known += seen.contains(text(i)) && !seen.insert(text(i));
    CHECK(known == count);
    CHECK(seen.size() == count);
}

TEST_CASE("a set of fingerprints takes no more memory for very many than for some thousands") {
    test::temp_folder folder;
    const auto before = test::resident_memory();
    auto peak = before;
    fingerprint_set seen(fingerprint_set::default_most_in_memory, folder.path().string());
    constexpr int count = 300'000;
    int fresh = 0;
    for (int i = 0; i < count; ++i) {
        fresh += seen.insert("https://example.org/" + std::to_string(i));
        if (i % 1000 == 0) peak = std::max(peak, test::resident_memory());
    }
    CHECK(fresh == count);
    CHECK(seen.size() == count);
    CHECK_FALSE(seen.is_in_memory());
    CHECK_FALSE(seen.insert("https://example.org/0"));
    CHECK_FALSE(seen.insert("https://example.org/299999"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // which have memory of their own
    CHECK(peak - before <= 500'000);
#else
    (void)peak;
#endif
}

TEST_CASE("a set of fingerprints goes on in memory where there can be no file, and the log says so once") {
    const test::log_capture lines;
    fingerprint_set seen(10, "/no/such/folder");
    for (int i = 0; i < 1000; ++i)
        CHECK(seen.insert(std::to_string(i)));
    CHECK(seen.is_in_memory());
    for (int i = 0; i < 1000; ++i)
        CHECK_FALSE(seen.insert(std::to_string(i)));
    REQUIRE(lines.texts().size() == 1);
    CHECK_THAT(lines.texts()[0],
               Contains("kept in memory") && Contains("/no/such/folder: No such file or directory"));
}

TEST_CASE("a set of fingerprints loses none when its file can grow no further") {
    test::temp_folder folder;
    const test::largest_file limit(1'000'000);
    fingerprint_set seen(1000, folder.path().string());
    int fresh = 0;
    for (int i = 0; i < 100'000; ++i) {
        fresh += seen.insert(std::to_string(i));
        if (i == 10'000) CHECK_FALSE(seen.is_in_memory());
    }
    CHECK(fresh == 100'000);
    CHECK(seen.is_in_memory());
    int known = 0;
    for (int i = 0; i < 100'000; ++i)
        known += !seen.insert(std::to_string(i));
    CHECK(known == 100'000);
}
