// What the bytes of a file have to come to.
#pragma once
#include <string>
#include <string_view>
#include <utility>

#include <tandem/base/config.hpp>

namespace tandem::http {

enum class hash_algorithm { md5, sha1, sha256, sha512 };

/// `sha256` and the like.
TANDEM_API std::string_view name_of(hash_algorithm algorithm) noexcept;

/// An algorithm and the digest that it has to give.
class TANDEM_API checksum {
  public:
    /// Reads `sha256:<hex>`, with `md5`, `sha1`, `sha256` (or `sha-256`) and `sha512` in any case; `=` does
    /// for the colon. Throws std::invalid_argument, which says what is wrong with it.
    explicit checksum(std::string_view text);

    /// `digest` in hexadecimal, in any case. Throws std::invalid_argument where it is no digest of that
    /// algorithm.
    checksum(hash_algorithm algorithm, std::string_view digest);

    hash_algorithm algorithm() const noexcept { return algorithm_; }
    /// In lower-case hexadecimal.
    const std::string& digest() const noexcept { return digest_; }
    /// As it is read.
    std::string to_string() const;

    friend bool operator==(const checksum&, const checksum&) = default;

  private:
    hash_algorithm algorithm_;
    std::string digest_;
};

} // namespace tandem::http
