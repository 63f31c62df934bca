// Texts in 96 bits each.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace tandem::http::detail {

/// What is kept of a text, the most significant word first. All zeroes stands for none.
using fingerprint = std::array<std::uint32_t, 3>;

/// Makes fingerprints: 96 bits of SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
/// 2012) under a key of its own. Two texts have the same one with a probability of 2^-96, among n texts any
/// two with one of n²/2^97, which is 6e-18 for a million and 6e-12 for a milliard of them; and nobody can
/// make texts that do without knowing the key.
///
/// OpenSSL has this hash, too, but takes 2 MB of memory for loading its first one, which nothing else needs
/// where there is no TLS and no checksum.
class fingerprinter {
  public:
    using hash = std::array<std::uint64_t, 2>;

    /// A random key.
    fingerprinter();
    /// 16 bytes, the least significant one of each word first.
    explicit fingerprinter(const std::array<std::uint64_t, 2>& key) noexcept
        : key_(key) {}

    fingerprint of(std::string_view text) const noexcept;
    /// All 128 bits.
    hash hash_of(std::string_view text) const noexcept;

  private:
    std::array<std::uint64_t, 2> key_;
};

} // namespace tandem::http::detail
