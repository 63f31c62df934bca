// Values to bytes and back.
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <tandem/pool/codec.hpp>

#include "pool/measuring.hpp"
#include "pool/suites.hpp"

namespace bench {
namespace {

/// What a job's argument may look like.
struct picture {
    std::int64_t id;
    double scale;
    std::string name;
    std::optional<int> quality;
    std::vector<std::int32_t> sizes;
    bool operator==(const picture&) const = default;
};

const picture sample{7, 0.5, "sky-at-noon", 85, {64, 128, 256, 512}};

/// Keeps the compiler from leaving out what makes `value`.
template <class T> void keep(T& value) {
    asm volatile("" : : "g"(&value) : "memory");
}

// By hand, for this type alone, and unchecked.

void put(char*& at, const void* from, std::size_t count) {
    std::memcpy(at, from, count);
    at += count;
}
template <class T> T take(const char*& at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
    return value;
}

std::vector<char> encode_by_hand(const picture& value) {
    const std::uint32_t name = static_cast<std::uint32_t>(value.name.size());
    const std::uint32_t sizes = static_cast<std::uint32_t>(value.sizes.size());
    const int quality = value.quality.value_or(-1);
    std::vector<char> bytes(28 + name + sizes * sizeof(std::int32_t));
    char* at = bytes.data();
    put(at, &value.id, sizeof value.id);
    put(at, &value.scale, sizeof value.scale);
    put(at, &quality, sizeof quality);
    put(at, &name, sizeof name);
    put(at, value.name.data(), name);
    put(at, &sizes, sizeof sizes);
    put(at, value.sizes.data(), sizes * sizeof(std::int32_t));
    return bytes;
}

picture decode_by_hand(const std::vector<char>& bytes) {
    const char* at = bytes.data();
    picture value;
    value.id = take<std::int64_t>(at);
    value.scale = take<double>(at);
    const int quality = take<int>(at);
    if (quality >= 0) value.quality = quality;
    const auto name = take<std::uint32_t>(at);
    value.name.assign(at, name);
    at += name;
    const auto sizes = take<std::uint32_t>(at);
    value.sizes.resize(sizes);
    std::memcpy(value.sizes.data(), at, sizes * sizeof(std::int32_t));
    return value;
}

template <class Operation> double nanoseconds(const options& chosen, Operation operation) {
    const int count = chosen.times(200'000);
    std::vector<double> needed;
    for (int round = 0; round < chosen.times(9); ++round) {
        const stopwatch watch;
        for (int i = 0; i < count; ++i)
            operation();
        needed.push_back(watch.seconds() * 1e9 / count);
    }
    return median(needed);
}

} // namespace

void measure_codec(report& into, const options& chosen) {
    if (!chosen.wants("codec_encode") && !chosen.wants("codec_decode")) return;
    tandem::encoder encoded;
    tandem::encode(encoded, sample);
    const std::vector<char> by_hand = encode_by_hand(sample);
    const auto decode = [&] {
        tandem::decoder in(encoded.data(), encoded.size());
        return tandem::decode<picture>(in);
    };
    if (decode() != sample || decode_by_hand(by_hand) != sample)
        throw std::logic_error("a picture came back as another");

    into.add("codec_encode", "floor", nanoseconds(chosen, [] {
                 auto bytes = encode_by_hand(sample);
                 keep(bytes);
             }));
    into.add("codec_encode", own_name, nanoseconds(chosen, [] {
                 tandem::encoder out;
                 tandem::encode(out, sample);
                 keep(out);
             }));
    into.add("codec_decode", "floor", nanoseconds(chosen, [&] {
                 auto value = decode_by_hand(by_hand);
                 keep(value);
             }));
    into.add("codec_decode", own_name, nanoseconds(chosen, [&] {
                 auto value = decode();
                 keep(value);
             }));
}

} // namespace bench
