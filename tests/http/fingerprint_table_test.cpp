#include "download/fingerprint_table.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include "support/resident_memory.hpp"

using tandem::http::detail::fingerprint;
using tandem::http::detail::fingerprint_table;
using tandem::http::detail::fingerprinter;

TEST_CASE("a million fingerprints take as much memory as is said, and no more while the set grows") {
    fingerprint_table seen;
    const fingerprinter prints;
    const auto before = test::resident_memory();
    auto peak = before;
    for (int i = 0; i < 1'000'000; ++i) {
        seen.insert(prints.of(std::to_string(i)));
        if (i % 10'000 == 0) peak = std::max(peak, test::resident_memory());
    }
    CHECK(seen.size() == 1'000'000);
    CHECK(seen.memory() <= 18'000'000);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // which have memory of their own
    CHECK(peak - before <= 19'000'000);
#else
    (void)peak;
#endif
    std::size_t count = 0;
    seen.each([&](const fingerprint&) { ++count; });
    CHECK(count == seen.size());
    seen.clear();
    CHECK(seen.memory() == 0);
    CHECK_FALSE(seen.contains(prints.of("0")));
    CHECK(seen.insert(prints.of("0")));
}
