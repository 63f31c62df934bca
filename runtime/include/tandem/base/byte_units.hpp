// Sizes in words: 64_KiB, 1_MiB.
#pragma once
#include <cstdint>

namespace tandem {
inline namespace literals {

/// Bytes, after `using namespace tandem::literals`.
constexpr std::uint64_t operator""_KiB(unsigned long long count) noexcept {
    return count << 10;
}
constexpr std::uint64_t operator""_MiB(unsigned long long count) noexcept {
    return count << 20;
}
constexpr std::uint64_t operator""_GiB(unsigned long long count) noexcept {
    return count << 30;
}

} // namespace literals
} // namespace tandem
