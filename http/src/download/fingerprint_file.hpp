// Fingerprints in a file.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "download/fingerprint.hpp"
#include "download/fingerprint_table.hpp"

namespace tandem::http::detail {

/// A set of fingerprints in a temporary file that nobody else sees: it has no name, and is gone with the
/// process. However many they are, they take no memory but the cache's; on disk about 30 bytes each.
///
/// The file is a hash table of pages which grows by one page at a time (linear hashing; Litwin, "Linear
/// hashing: a new tool for file and table addressing", 1980), so that no insertion waits for all others to be
/// moved. A page is about 40 % full on average, and so even those that have not been split yet in a round
/// hold all that belongs to them, but for one in a hundred thousand: where one does not, splitting runs ahead
/// to it. There are no pages for what has flowed over.
///
/// An insertion costs a read and a write of the page cache, some two microseconds. It is done in the caller's
/// thread, which waits where the system does: to read what has left the cache, or for a disk that cannot keep
/// up.
class fingerprint_file {
  public:
    /// Makes the file in `folder`. Throws std::system_error, which names that: here, and below where the file
    /// cannot be read or written. What was in it stays in it then.
    explicit fingerprint_file(std::string folder);
    fingerprint_file(const fingerprint_file&) = delete;
    fingerprint_file& operator=(const fingerprint_file&) = delete;
    ~fingerprint_file();

    /// Returns false where it was there already.
    bool insert(const fingerprint& one);
    /// The same with all of `those`, into a file that is empty: page by page, not one by one.
    void insert_first(const fingerprint_table& those);
    bool contains(const fingerprint& one) const;
    std::uint64_t size() const noexcept { return size_; }
    /// How many pages the file has.
    std::uint64_t pages() const noexcept { return pages_; }
    /// Calls `take` for each, for some twice where an insertion has failed.
    void each(const std::function<void(const fingerprint&)>& take) const;

    static constexpr std::size_t page_size = 4096;

  private:
    /// A small hash table of its own, with linear probing.
    using page = std::array<fingerprint, page_size / sizeof(fingerprint)>;

    void split();
    page read(std::uint64_t number) const;
    void write(std::uint64_t number, const page& what, std::size_t first, std::size_t count);
    [[noreturn]] void fail(int code) const;

    std::string folder_;
    int file_;
    std::uint64_t pages_;
    std::uint64_t size_ = 0;
};

} // namespace tandem::http::detail
