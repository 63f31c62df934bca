// Bytes that somebody has tampered with, by the thousand; tests/fuzz goes further for as long as one likes.
#include "support/codec_samples.hpp"
#include <catch2/catch.hpp>

#include <algorithm>

namespace {

using bytes = std::vector<std::uint8_t>;

/// splitmix64: the same changes on every machine.
class dice {
  public:
    explicit dice(std::uint64_t seed)
        : state_(seed) {}
    std::uint64_t roll() {
        std::uint64_t draw = (state_ += 0x9e3779b97f4a7c15u);
        draw = (draw ^ (draw >> 30)) * 0xbf58476d1ce4e5b9u;
        draw = (draw ^ (draw >> 27)) * 0x94d049bb133111ebu;
        return draw ^ (draw >> 31);
    }
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(roll() % limit); }

  private:
    std::uint64_t state_;
};

void flip_bit(bytes& what, dice& chance) {
    if (!what.empty()) what[chance.below(what.size())] ^= static_cast<std::uint8_t>(1 << chance.below(8));
}
void cut(bytes& what, dice& chance) {
    what.resize(chance.below(what.size() + 1));
}
void replace_byte(bytes& what, dice& chance) {
    if (!what.empty()) what[chance.below(what.size())] = static_cast<std::uint8_t>(chance.roll());
}
/// Writes a number where a length may stand: one too many, one too few, small, or beyond all memory.
void lie_about_length(bytes& what, dice& chance) {
    if (what.size() < 8) return;
    const std::size_t at = chance.below(what.size() - 7);
    std::uint64_t length = 0;
    std::memcpy(&length, what.data() + at, 8);
    const std::uint64_t lies[] = {
        length + 1,    length - 1,        chance.below(16),       what.size(),           what.size() / 2,
        chance.roll(), ~std::uint64_t{0}, std::uint64_t{1} << 61, std::uint64_t{1} << 32};
    length = lies[chance.below(std::size(lies))];
    std::memcpy(what.data() + at, &length, 8);
}
void repeat_part(bytes& what, dice& chance) {
    const std::size_t from = chance.below(what.size() + 1);
    const bytes part(what.begin() + static_cast<std::ptrdiff_t>(from),
                     what.begin() + static_cast<std::ptrdiff_t>(from + chance.below(what.size() - from + 1)));
    what.insert(what.begin() + static_cast<std::ptrdiff_t>(chance.below(what.size() + 1)), part.begin(),
                part.end());
}
void drop_part(bytes& what, dice& chance) {
    const auto from = what.begin() + static_cast<std::ptrdiff_t>(chance.below(what.size() + 1));
    what.erase(from, from + static_cast<std::ptrdiff_t>(
                                chance.below(static_cast<std::size_t>(what.end() - from) + 1)));
}
void append_noise(bytes& what, dice& chance) {
    for (std::size_t more = chance.below(20); more > 0; --more)
        what.push_back(static_cast<std::uint8_t>(chance.roll()));
}

constexpr void (*changes[])(bytes&, dice&) = {flip_bit,    cut,       replace_byte, lie_about_length,
                                              repeat_part, drop_part, append_noise};

/// The most that one allocation asked for.
std::size_t largest_request = 0;

template <class T> class watched_allocator {
  public:
    using value_type = T;
    watched_allocator() = default;
    template <class U> watched_allocator(const watched_allocator<U>&) noexcept {}
    T* allocate(std::size_t count) {
        largest_request = std::max(largest_request, count * sizeof(T));
        return std::allocator<T>().allocate(count);
    }
    void deallocate(T* memory, std::size_t count) { std::allocator<T>().deallocate(memory, count); }
    bool operator==(const watched_allocator&) const { return true; }
};
template <class T> using watched_vector = std::vector<T, watched_allocator<T>>;

} // namespace

TEST_CASE("every sample survives the way there and back") {
    const auto samples = test::encoded_samples();
    REQUIRE(samples.size() == test::codec_sample_count);
    for (std::size_t which = 0; which < samples.size(); ++which) {
        INFO("sample " << which);
        CHECK(test::survives(which, samples[which].data(), samples[which].size()));
    }
}

TEST_CASE("bytes that were tampered with are a value or a codec_error, never anything else") {
    const auto samples = test::encoded_samples();
    dice chance(20260101);
    int refused = 0, taken = 0;
    for (std::size_t which = 0; which < samples.size(); ++which) {
        for (int round = 0; round < 600; ++round) {
            // A block of just that size, so that a sanitizer sees a read beyond it.
            bytes changed = samples[which];
            for (std::size_t times = 1 + chance.below(4); times > 0; --times)
                changes[chance.below(std::size(changes))](changed, chance);
            const bytes exact(changed.begin(), changed.end());
            INFO("sample " << which << ", round " << round);
            bool survived = false;
            REQUIRE_NOTHROW(survived = test::survives(which, exact.data(), exact.size()));
            ++(survived ? taken : refused);
        }
    }
    CHECK(refused > 5000);
    CHECK(taken > 1000);
}

TEST_CASE("one type's bytes taken for another's are a value or a codec_error") {
    const auto samples = test::encoded_samples();
    int refused = 0;
    for (std::size_t which = 0; which < samples.size(); ++which) {
        for (const bytes& other : samples) {
            bool survived = false;
            REQUIRE_NOTHROW(survived = test::survives(which, other.data(), other.size()));
            refused += !survived;
        }
    }
    CHECK(refused > 500);
}

TEST_CASE("no claim of a length makes the codec ask for more memory than the bytes can fill") {
    using table = watched_vector<watched_vector<test::record>>;
    const table honest(3, watched_vector<test::record>(2, test::record{"name", 1, {}, {}, {}, 4, true, {}}));
    const tandem::encoder made = test::encode_sample(honest);
    const auto* first = reinterpret_cast<const std::uint8_t*>(made.data());
    const bytes sample(first, first + made.size());
    dice chance(7);
    largest_request = 0;
    std::size_t longest = 0;
    for (int round = 0; round < 5000; ++round) {
        bytes changed = sample;
        lie_about_length(changed, chance);
        changes[chance.below(std::size(changes))](changed, chance);
        longest = std::max(longest, changed.size());
        REQUIRE_NOTHROW(test::survives<table>(changed.data(), changed.size()));
    }
    CHECK(largest_request > 0);
    // A record takes 38 bytes encoded at least, an inner vector 8; growing may double.
    CHECK(largest_request <= 2 * longest / 8 * sizeof(test::record));
}
