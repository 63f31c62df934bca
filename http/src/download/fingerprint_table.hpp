// Fingerprints in memory.
#pragma once
#include <cstddef>

#include "download/fingerprint.hpp"

namespace tandem::http::detail {

/// A set of fingerprints that takes 14 to 18 bytes for each: 12 in a table that is kept in order (linear
/// probing, as in Amble and Knuth, "Ordered hash tables", 1974), between 68 and 85 % full, so that it can
/// grow by a quarter where it lies.
class fingerprint_table {
  public:
    fingerprint_table() = default;
    fingerprint_table(const fingerprint_table&) = delete;
    fingerprint_table& operator=(const fingerprint_table&) = delete;
    ~fingerprint_table();

    /// Returns false where it was there already.
    bool insert(const fingerprint& one);
    bool contains(const fingerprint& one) const noexcept;
    /// Gives its memory back.
    void clear() noexcept;
    std::size_t size() const noexcept { return size_; }
    /// Calls `take(one)` for each.
    template <class F> void each(F take) const {
        for (std::size_t i = 0; cells_ && i < count(); ++i)
            if (cells_[i] != fingerprint{}) take(cells_[i]);
    }
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

    /// By mmap: it grows where it lies, without a copy, and what is added is empty.
    fingerprint* cells_ = nullptr;
    std::size_t homes_ = 0;
    std::size_t size_ = 0;
};

} // namespace tandem::http::detail
