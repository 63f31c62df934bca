#include <tandem/http/address_filter.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace tandem::http {

namespace {

struct v4_block {
    std::uint32_t first;
    int bits;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) {
    return a << 24 | b << 16 | c << 8 | d;
}

/// RFC 6890's table with its later entries, multicast and what is reserved.
constexpr v4_block special_v4[] = {
    {v4(0, 0, 0, 0), 8},       // "this network", where 0.0.0.0 is this machine
    {v4(10, 0, 0, 0), 8},      // private (RFC 1918)
    {v4(100, 64, 0, 0), 10},   // shared, for carriers' NAT (RFC 6598)
    {v4(127, 0, 0, 0), 8},     // loopback
    {v4(169, 254, 0, 0), 16},  // link-local, where clouds keep their metadata
    {v4(172, 16, 0, 0), 12},   // private
    {v4(192, 0, 0, 0), 24},    // protocol assignments
    {v4(192, 0, 2, 0), 24},    // documentation
    {v4(192, 88, 99, 0), 24},  // 6to4 relays (RFC 7526)
    {v4(192, 168, 0, 0), 16},  // private
    {v4(198, 18, 0, 0), 15},   // benchmarking
    {v4(198, 51, 100, 0), 24}, // documentation
    {v4(203, 0, 113, 0), 24},  // documentation
    {v4(224, 0, 0, 0), 4},     // multicast
    {v4(240, 0, 0, 0), 4},     // reserved, broadcast
};

bool is_public_v4(std::uint32_t address) {
    return std::none_of(std::begin(special_v4), std::end(special_v4), [address](const v4_block& block) {
        return (address ^ block.first) >> (32 - block.bits) == 0;
    });
}

using v6_bytes = std::array<unsigned char, 16>;

bool starts_with(const v6_bytes& address, std::initializer_list<unsigned char> prefix) {
    return std::equal(prefix.begin(), prefix.end(), address.begin());
}

std::uint32_t v4_at(const v6_bytes& address, std::size_t place) {
    return v4(address[place], address[place + 1], address[place + 2], address[place + 3]);
}

bool is_public_v6(const v6_bytes& address) {
    // What stands for an IPv4 address leads where that leads.
    constexpr std::size_t last = 12;
    if (starts_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) // mapped
        return is_public_v4(v4_at(address, last));
    if (starts_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) // compatible; "::" and "::1" too
        return is_public_v4(v4_at(address, last));
    if (starts_with(address, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) // NAT64 (RFC 6052)
        return is_public_v4(v4_at(address, last));
    if (starts_with(address, {0x20, 0x02})) // 6to4 (RFC 3056)
        return is_public_v4(v4_at(address, 2));
    if (starts_with(address, {0x20, 0x01, 0, 0})) // Teredo (RFC 4380): its server, and the client inverted
        return is_public_v4(v4_at(address, 4)) && is_public_v4(~v4_at(address, last));

    if (starts_with(address, {0x20, 0x01}) && address[2] < 2) return false;    // protocols
    if (starts_with(address, {0x20, 0x01, 0x0d, 0xb8})) return false;          // documentation
    if (starts_with(address, {0x3f, 0xff}) && address[2] < 0x10) return false; // documentation (RFC 9637)
    // Nothing else is global unicast: unique local, link-local, multicast and discard lie beyond it, and the
    // local NAT64 prefix, in which nobody knows where the IPv4 address stands (RFC 8215).
    return (address[0] & 0xe0) == 0x20;
}

} // namespace

bool is_public_address(const endpoint& address) noexcept {
    const auto& bytes = address.bytes();
    return address.is_v6() ? is_public_v6(bytes) : is_public_v4(v4_at(bytes, 0));
}

bool refuse_private_addresses(const endpoint& address, std::string_view) noexcept {
    return is_public_address(address);
}

} // namespace tandem::http
