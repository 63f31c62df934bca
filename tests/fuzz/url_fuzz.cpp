// libFuzzer's view of URLs: any text, alone and as a reference in a redirect, is refused or becomes a URL
// that keeps what it promises.
//
//     scripts/fuzz.sh 300 fuzz-url
#include "support/seeds.hpp"
#include "support/urls.hpp"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    for (const auto& sample : test::url_samples())
        test::write_seed(sample);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto broken = test::broken_promise_of_text({reinterpret_cast<const char*>(bytes), size});
    if (broken.empty()) return 0;
    std::fprintf(stderr, "a URL breaks its promise: %s\n", broken.c_str());
    std::abort();
}
