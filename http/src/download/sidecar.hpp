// The note beside a part of a file that says what of which entity it holds.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "download/entity.hpp"

namespace tandem::http::detail {

/// Bytes of a file: from `begin` up to, and without, `end`.
struct byte_range {
    std::uint64_t begin;
    std::uint64_t end;
    friend bool operator==(const byte_range&, const byte_range&) = default;
};

/// What `NAME.part.tandem` holds: readable lines, the first of which tells the format.
///
///     tandem part 1
///     url https://example.org/big.iso
///     etag "5f3e-1a2b"
///     total 1048576000
///     ranges 0-16777215
///     end
///
/// Ranges are written as HTTP has them, with their last byte, in order, and separated by blanks.
struct sidecar {
    entity of;
    /// What of it is in the part, in order and apart from each other.
    std::vector<byte_range> ranges;

    /// How much there is from the beginning on without a gap.
    std::uint64_t contiguous() const noexcept {
        return ranges.empty() || ranges.front().begin > 0 ? 0 : ranges.front().end;
    }

    /// How much there is of it, wherever.
    std::uint64_t count() const noexcept;
    /// What is missing of it, where its length is known.
    std::vector<byte_range> missing() const;
    /// Adds a range, which may be empty, to what is there.
    void add(byte_range more);

    std::string to_text() const;
    /// Nothing where the text is no such note, or was cut short.
    static std::optional<sidecar> parse(std::string_view text);

    /// Nothing where there is none at `path`, or none that can be read.
    static std::optional<sidecar> read(const std::string& path);
    /// Puts it there in one step; where `durable`, it is on the disk then. Returns 0 or an errno.
    int write(const std::string& path, bool durable) const;
};

} // namespace tandem::http::detail
