// libFuzzer's view of challenges in WWW-Authenticate: they are tokens and texts that read the same when they
// are written again, and so do the answers.
//
//     scripts/fuzz.sh 300 fuzz-challenge
#include "support/challenges.hpp"
#include "support/seeds.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    for (const auto& sample : test::challenge_samples())
        test::write_seed(sample);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto broken = test::broken_challenges({reinterpret_cast<const char*>(bytes), size});
    if (broken.empty()) return 0;
    std::fprintf(stderr, "a challenge breaks its promise: %s\n", broken.c_str());
    std::abort();
}
