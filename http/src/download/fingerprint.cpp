#include "download/fingerprint.hpp"

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

#include <sys/random.h>

namespace tandem::http::detail {

namespace {

constexpr std::size_t word = sizeof(std::uint64_t);

/// Up to eight bytes, the least significant one first.
std::uint64_t little_endian(std::string_view bytes) noexcept {
    std::uint64_t made = 0;
    if (std::endian::native == std::endian::little && bytes.size() == word) {
        std::memcpy(&made, bytes.data(), word);
        return made;
    }
    for (std::size_t i = bytes.size(); i-- > 0;)
        made = made << 8 | static_cast<unsigned char>(bytes[i]);
    return made;
}

class sip_state {
  public:
    explicit sip_state(const std::array<std::uint64_t, 2>& key) noexcept
        : v0_(key[0] ^ 0x736f6d6570736575)
        , v1_(key[1] ^ 0x646f72616e646f6d ^ wide_mark)
        , v2_(key[0] ^ 0x6c7967656e657261)
        , v3_(key[1] ^ 0x7465646279746573) {}

    void add(std::uint64_t block) noexcept {
        v3_ ^= block;
        stir(2);
        v0_ ^= block;
    }

    fingerprinter::hash finish() noexcept {
        v2_ ^= wide_mark;
        stir(4);
        const auto first = folded();
        v1_ ^= 0xdd;
        stir(4);
        return {first, folded()};
    }

  private:
    /// Tells the hash of 128 bits from that of 64.
    static constexpr std::uint64_t wide_mark = 0xee;

    std::uint64_t folded() const noexcept { return v0_ ^ v1_ ^ v2_ ^ v3_; }

    void stir(int rounds) noexcept {
        while (rounds-- > 0) {
            v0_ += v1_;
            v2_ += v3_;
            v1_ = std::rotl(v1_, 13) ^ v0_;
            v3_ = std::rotl(v3_, 16) ^ v2_;
            v0_ = std::rotl(v0_, 32);
            v2_ += v1_;
            v0_ += v3_;
            v1_ = std::rotl(v1_, 17) ^ v2_;
            v3_ = std::rotl(v3_, 21) ^ v0_;
            v2_ = std::rotl(v2_, 32);
        }
    }

    std::uint64_t v0_, v1_, v2_, v3_;
};

} // namespace

fingerprinter::fingerprinter() {
    if (::getentropy(key_.data(), sizeof key_) != 0)
        throw std::system_error(errno, std::generic_category(), "no random numbers");
}

fingerprint fingerprinter::of(std::string_view text) const noexcept {
    const auto [high, low] = hash_of(text);
    fingerprint made = {static_cast<std::uint32_t>(high >> 32), static_cast<std::uint32_t>(high),
                        static_cast<std::uint32_t>(low)};
    if (made == fingerprint{}) made[2] = 1;
    return made;
}

fingerprinter::hash fingerprinter::hash_of(std::string_view text) const noexcept {
    sip_state state(key_);
    const std::uint64_t size = text.size();
    for (; text.size() >= word; text.remove_prefix(word))
        state.add(little_endian(text.substr(0, word)));
    state.add(size << 56 | little_endian(text));
    return state.finish();
}

} // namespace tandem::http::detail
