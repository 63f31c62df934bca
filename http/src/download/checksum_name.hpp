// The names of hash algorithms, as people write them.
#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

#include <tandem/http/checksum.hpp>

namespace tandem::http::detail {

/// `sha256`, `SHA-256` or `SHA2-256` and the like; nothing for one that is not known.
std::optional<hash_algorithm> algorithm_called(std::string_view name) noexcept;

/// The one whose digests have so many hexadecimal digits.
std::optional<hash_algorithm> algorithm_of_length(std::size_t digits) noexcept;

/// As OpenSSL calls it.
const char* openssl_name(hash_algorithm algorithm) noexcept;

bool is_hex(char c) noexcept;

} // namespace tandem::http::detail
