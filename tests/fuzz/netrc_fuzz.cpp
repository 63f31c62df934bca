// libFuzzer's view of netrc files: each is refused with its line, or gives entries that read the same when
// they are written again.
//
//     scripts/fuzz.sh 300 fuzz-netrc
#include "support/netrc_files.hpp"
#include "support/seeds.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    for (const auto& sample : test::netrc_samples())
        test::write_seed(sample);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto broken = test::broken_netrc({reinterpret_cast<const char*>(bytes), size});
    if (broken.empty()) return 0;
    std::fprintf(stderr, "a netrc file breaks its promise: %s\n", broken.c_str());
    std::abort();
}
