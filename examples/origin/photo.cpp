#include "origin/photo.hpp"

#include "thumbnail/image.hpp"
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>

namespace {

/// A number that looks random and depends on `x` alone (the finaliser of MurmurHash3).
std::uint32_t mix(std::uint32_t x) {
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return x ^ x >> 16;
}

/// Adds value noise to `field`: random heights on a grid of `cell` pixels, joined by straight lines. Octaves
/// of it, each finer and flatter than the one before, look like clouds, hills or leaves.
void add_noise(std::vector<float>& field, int width, int height, int cell, float strength,
               std::uint32_t seed) {
    int columns = width / cell + 2;
    std::vector<float> line(columns);
    auto knot = [&](int x, int y) {
        return static_cast<float>(mix(seed ^ mix(static_cast<std::uint32_t>(y) * 65'536u + x)) >> 8) *
               0x1p-24f;
    };
    for (int y = 0; y < height; ++y) {
        int upper = y / cell;
        float down = static_cast<float>(y % cell) / cell;
        for (int x = 0; x < columns; ++x) {
            line[x] = strength * ((1 - down) * knot(x, upper) + down * knot(x, upper + 1) - 0.5f);
        }
        float* out = field.data() + static_cast<std::size_t>(y) * width;
        for (int left = 0; left * cell < width; ++left) {
            float step = (line[left + 1] - line[left]) / cell;
            float value = line[left];
            int end = std::min(cell, width - left * cell);
            for (int i = 0; i < end; ++i, value += step)
                *out++ += value;
        }
    }
}

unsigned char to_byte(float value) {
    return static_cast<unsigned char>(std::clamp(value, 0.f, 255.f));
}

} // namespace

std::string make_photo(int index) {
    auto seed = mix(static_cast<std::uint32_t>(index) + 1);
    bool upright = index % 3 == 2;
    imaging::image picture{upright ? 1200 : 1600, upright ? 1600 : 1200, 3, {}};
    auto [width, height] = std::pair(picture.width, picture.height);

    std::vector<float> light(static_cast<std::size_t>(width) * height);
    std::vector<float> tint(light.size());
    for (int cell = 512, octave = 0; cell >= 2; cell /= 4, ++octave) {
        static constexpr float strengths[] = {170, 90, 48, 26, 13};
        add_noise(light, width, height, cell, strengths[octave], seed + static_cast<std::uint32_t>(octave));
    }
    add_noise(tint, width, height, 400, 120, ~seed);
    add_noise(tint, width, height, 50, 30, ~seed - 1);

    // A sky that darkens towards the ground, in a colour of its own.
    float red = static_cast<float>(seed & 63);
    float blue = static_cast<float>(seed >> 8 & 63);
    picture.pixels.resize(light.size() * 3);
    for (std::size_t i = 0; i < light.size(); ++i) {
        float base = 170.f - 90.f * static_cast<float>(i) / static_cast<float>(light.size()) + light[i];
        picture.pixels[3 * i] = to_byte(base + red - 32 + tint[i]);
        picture.pixels[3 * i + 1] = to_byte(base);
        picture.pixels[3 * i + 2] = to_byte(base + blue - 32 - tint[i]);
    }
    auto jpeg = imaging::encode_jpeg(picture, 85);
    return {jpeg.begin(), jpeg.end()};
}

std::vector<std::string> make_photos(int count) {
    std::vector<std::string> photos(static_cast<std::size_t>(count));
    std::atomic<int> next = 0;
    auto work = [&] {
        for (int i; (i = next++) < count;)
            photos[static_cast<std::size_t>(i)] = make_photo(i);
    };
    {
        std::vector<std::jthread> helpers(std::max(1u, std::thread::hardware_concurrency()) - 1);
        for (auto& helper : helpers)
            helper = std::jthread(work);
        work();
    }
    return photos;
}
