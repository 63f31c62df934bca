// Which of a great many texts have been seen.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "download/fingerprint.hpp"
#include "download/fingerprint_file.hpp"
#include "download/fingerprint_table.hpp"

namespace tandem::http::detail {

/// A set of texts of which only fingerprints are kept, with a key of its own: no two texts are taken for one,
/// by chance or by anybody's design (fingerprinter says how likely that is).
///
/// The first ones are in memory. When they are too many all go into a temporary file, and the set takes no
/// more memory than before, however many follow. Where that file cannot be made or written, the set goes on
/// in memory, 14 to 18 bytes for each text, and the log has a warning which says so: nothing else is in the
/// way of who uses it.
class fingerprint_set {
  public:
    /// What there is before a file is made, 290 KB of memory at most.
    static constexpr std::size_t default_most_in_memory = 16 * 1024;

    /// `folder` is for the file; empty for the system's folder for temporary files (`$TMPDIR`, else /tmp).
    explicit fingerprint_set(std::size_t most_in_memory = default_most_in_memory, std::string folder = {});

    /// Returns false where it was there already. Throws std::system_error where the file cannot be read, and
    /// std::bad_alloc.
    bool insert(std::string_view text);
    bool contains(std::string_view text) const;
    std::uint64_t size() const noexcept { return file_ ? file_->size() : table_.size(); }
    bool is_in_memory() const noexcept { return !file_; }

  private:
    void move_to_file();
    void move_to_memory(const std::system_error& trouble);

    fingerprinter prints_;
    std::size_t most_in_memory_;
    std::string folder_;
    /// Empty where there is a file.
    fingerprint_table table_;
    std::optional<fingerprint_file> file_;
};

} // namespace tandem::http::detail
