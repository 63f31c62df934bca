// libFuzzer's view of the name in a Content-Disposition field: whatever it says, the name is fit for a
// folder.
//
//     scripts/fuzz.sh 300 fuzz-disposition
#include "support/dispositions.hpp"
#include "support/seeds.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    for (const auto& sample : test::disposition_samples())
        test::write_seed(sample);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto broken = test::broken_disposition({reinterpret_cast<const char*>(bytes), size});
    if (broken.empty()) return 0;
    std::fprintf(stderr, "a file name breaks its promise: %s\n", broken.c_str());
    std::abort();
}
