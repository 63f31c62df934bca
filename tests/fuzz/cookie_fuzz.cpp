// libFuzzer's view of cookies: what a server sets is ignored, or kept within limits and given back in a
// cookie's form to whom it may concern.
//
//     scripts/fuzz.sh 300 fuzz-cookie
#include "support/cookies.hpp"
#include "support/seeds.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    for (const auto& sample : test::cookie_samples())
        test::write_seed(sample);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto broken = test::broken_cookie({reinterpret_cast<const char*>(bytes), size});
    if (broken.empty()) return 0;
    std::fprintf(stderr, "a cookie breaks its promise: %s\n", broken.c_str());
    std::abort();
}
