// Which of a great many texts have been seen.
#pragma once
#include <cstddef>
#include <string_view>

#include "download/fingerprint.hpp"

namespace tandem::http::detail {

/// A set of texts of which only fingerprints are kept, with a key of its own: no two texts are taken for one,
/// by chance or by anybody's design (fingerprinter says how likely that is).
///
/// A text costs 14 to 18 bytes, however long it is: 12 in a table that is kept in order (linear probing, as
/// in Amble and Knuth, "Ordered hash tables", 1974), between 68 and 85 % full, so that it can grow by a
/// quarter where it lies.
class fingerprint_set {
  public:
    fingerprint_set() = default;
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
    /// Cells behind the last home, for what does not fit there.
    static constexpr std::size_t spill = 256;

    std::size_t count() const noexcept { return homes_ + spill; }
    std::size_t home_of(const fingerprint& one) const noexcept;
    /// Where it is, or would be.
    std::size_t place_of(const fingerprint& one) const noexcept;
    void grow();
    void gather() noexcept;
    bool spread() noexcept;

    fingerprinter prints_;
    /// By mmap: it grows where it lies, without a copy, and what is added is empty.
    fingerprint* cells_ = nullptr;
    std::size_t homes_ = 0;
    std::size_t size_ = 0;
};

} // namespace tandem::http::detail
