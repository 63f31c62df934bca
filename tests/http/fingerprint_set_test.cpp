#include "download/fingerprint_set.hpp"

#include <catch2/catch.hpp>

#include <string>

#include "support/resident_memory.hpp"

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

TEST_CASE("a million fingerprints take as much memory as is said, and no more while the set grows") {
    fingerprint_set seen;
    const auto before = test::resident_memory();
    auto peak = before;
    for (int i = 0; i < 1'000'000; ++i) {
        seen.insert("https://example.org/" + std::to_string(i));
        if (i % 10'000 == 0) peak = std::max(peak, test::resident_memory());
    }
    CHECK(seen.size() == 1'000'000);
    CHECK(seen.memory() <= 18'000'000);
#ifndef __SANITIZE_ADDRESS__ // which has memory of its own
    CHECK(peak - before <= 19'000'000);
#else
    (void)peak;
#endif
}
