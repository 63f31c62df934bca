// libFuzzer's view of the codec: the first byte chooses a type, the others are taken for a value of it.
//
//     scripts/build.sh fuzz && build/fuzz/bin/fuzz-codec -max_total_time=300 -malloc_limit_mb=8 CORPUS
//
// With TANDEM_SEEDS naming a folder, the encodings of all samples are written there first, to start from.
#include "support/codec_samples.hpp"

#include <cstdlib>
#include <fstream>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    const char* const folder = std::getenv("TANDEM_SEEDS");
    if (!folder) return 0;
    const auto samples = test::encoded_samples();
    for (std::size_t which = 0; which < samples.size(); ++which) {
        std::ofstream seed(std::filesystem::path(folder) / ("sample-" + std::to_string(which)));
        seed.put(static_cast<char>(which));
        for (const std::uint8_t byte : samples[which])
            seed.put(static_cast<char>(byte));
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size > 0) test::survives(bytes[0] % test::codec_sample_count, bytes + 1, size - 1);
    return 0;
}
