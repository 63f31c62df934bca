#include <tandem/http/checksum.hpp>

#include <array>
#include <stdexcept>

#include <tandem/http/headers.hpp>

#include "checksum_name.hpp"

namespace tandem::http {

namespace {

struct known_algorithm {
    std::string_view name;
    /// What else it is called, in any case.
    std::array<std::string_view, 2> aliases;
    std::size_t digits;
    const char* in_openssl;
};

/// In the order of hash_algorithm.
constexpr std::array<known_algorithm, 4> known_algorithms = {{
    {"md5", {"md-5", "md5"}, 32, "MD5"},
    {"sha1", {"sha-1", "sha"}, 40, "SHA1"},
    {"sha256", {"sha-256", "sha2-256"}, 64, "SHA256"},
    {"sha512", {"sha-512", "sha2-512"}, 128, "SHA512"},
}};

const known_algorithm& about(hash_algorithm algorithm) noexcept {
    return known_algorithms[static_cast<std::size_t>(algorithm)];
}

hash_algorithm read_algorithm(std::string_view text, std::size_t end) {
    const auto name = text.substr(0, end);
    if (end == text.npos || name.empty())
        throw std::invalid_argument("'" + std::string(text) + "' is no checksum: one reads sha256:DIGEST");
    const auto known = detail::algorithm_called(name);
    if (!known)
        throw std::invalid_argument("'" + std::string(name) +
                                    "' is no checksum's algorithm: known are md5, sha1, sha256 and sha512");
    return *known;
}

} // namespace

namespace detail {

std::optional<hash_algorithm> algorithm_called(std::string_view name) noexcept {
    for (std::size_t i = 0; i < known_algorithms.size(); ++i) {
        const auto& each = known_algorithms[i];
        if (equal_ignoring_case(name, each.name) || equal_ignoring_case(name, each.aliases[0]) ||
            equal_ignoring_case(name, each.aliases[1]))
            return static_cast<hash_algorithm>(i);
    }
    return std::nullopt;
}

std::optional<hash_algorithm> algorithm_of_length(std::size_t digits) noexcept {
    for (std::size_t i = 0; i < known_algorithms.size(); ++i)
        if (known_algorithms[i].digits == digits) return static_cast<hash_algorithm>(i);
    return std::nullopt;
}

const char* openssl_name(hash_algorithm algorithm) noexcept {
    return about(algorithm).in_openssl;
}

bool is_hex(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

} // namespace detail

std::string_view name_of(hash_algorithm algorithm) noexcept {
    return about(algorithm).name;
}

checksum::checksum(std::string_view text)
    : checksum(read_algorithm(text, text.find_first_of(":=")), text.substr(text.find_first_of(":=") + 1)) {}

checksum::checksum(hash_algorithm algorithm, std::string_view digest)
    : algorithm_(algorithm)
    , digest_(digest) {
    const auto& known = about(algorithm);
    if (digest.size() != known.digits)
        throw std::invalid_argument("a " + std::string(known.name) + " checksum has " +
                                    std::to_string(known.digits) + " hexadecimal digits, not " +
                                    std::to_string(digest.size()));
    for (char& c : digest_) {
        if (!detail::is_hex(c))
            throw std::invalid_argument("a " + std::string(known.name) +
                                        " checksum is made of hexadecimal digits, not '" + digest_ + "'");
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c | 0x20);
    }
}

std::string checksum::to_string() const {
    return std::string(name_of(algorithm_)) + ':' + digest_;
}

} // namespace tandem::http
