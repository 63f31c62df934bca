// libFuzzer's view of the codec: the first byte chooses a type, the others are taken for a value of it.
//
//     scripts/fuzz.sh 300 fuzz-codec
#include "support/codec_samples.hpp"
#include "support/seeds.hpp"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    const auto samples = test::encoded_samples();
    for (std::size_t which = 0; which < samples.size(); ++which) {
        std::string seed(1, static_cast<char>(which));
        seed.append(samples[which].begin(), samples[which].end());
        test::write_seed(seed);
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size > 0) test::survives(bytes[0] % test::codec_sample_count, bytes + 1, size - 1);
    return 0;
}
