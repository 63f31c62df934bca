// Which of a great many texts have been seen.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

struct evp_md_st;
struct evp_md_ctx_st;

namespace tandem::http::detail {

/// A set of texts of which only fingerprints are kept, 96 bits of a SHA-256 that is salted anew in each set.
/// A new text is taken for an old one if two fingerprints agree: among n texts with a probability of n²/2^97,
/// which is 6e-18 for a million and 6e-12 for a milliard of them; and nobody can make texts that do without
/// knowing the salt.
///
/// A text costs 14 to 18 bytes, however long it is: 12 in a table that is kept in order (linear probing, as
/// in Amble and Knuth, "Ordered hash tables", 1974), between 68 and 85 % full, so that it can grow by a
/// quarter where it lies.
class fingerprint_set {
  public:
    fingerprint_set();
    fingerprint_set(const fingerprint_set&) = delete;
    fingerprint_set& operator=(const fingerprint_set&) = delete;
    ~fingerprint_set();

    /// Returns false where it was there already.
    bool insert(std::string_view text);
    bool contains(std::string_view text) const;
    std::size_t size() const noexcept { return size_; }
    /// Of the table, in bytes.
    std::size_t memory() const noexcept { return cells_ ? count() * sizeof(fingerprint) : 0; }

  private:
    /// The most significant word first. All zeroes is an empty cell.
    using fingerprint = std::array<std::uint32_t, 3>;

    /// Cells behind the last home, for what does not fit there.
    static constexpr std::size_t spill = 256;

    std::size_t count() const noexcept { return homes_ + spill; }
    fingerprint of(std::string_view text) const;
    std::size_t home_of(const fingerprint& one) const noexcept;
    /// Where it is, or would be.
    std::size_t place_of(const fingerprint& one) const noexcept;
    void grow();
    void gather() noexcept;
    bool spread() noexcept;

    std::shared_ptr<evp_md_st> algorithm_;
    std::shared_ptr<evp_md_ctx_st> context_;
    std::array<unsigned char, 16> salt_;
    /// By mmap: it grows where it lies, without a copy, and what is added is empty.
    fingerprint* cells_ = nullptr;
    std::size_t homes_ = 0;
    std::size_t size_ = 0;
};

} // namespace tandem::http::detail
