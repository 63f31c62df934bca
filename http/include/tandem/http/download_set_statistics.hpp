// What a set of downloads has done so far.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include <tandem/http/failure_kind.hpp>

namespace tandem::http {

/// Counts since the set was made, and how it stands now: the material of a summary.
struct download_set_statistics {
    /// Items taken from the source, and of these the ones whose URL had come before.
    std::uint64_t taken = 0;
    std::uint64_t repeated = 0;
    /// Downloads that run, and that wait for their turn.
    std::uint64_t running = 0;
    std::uint64_t waiting = 0;
    /// Files that came; that were there and stay as they are; that failed, in all and by kind.
    std::uint64_t saved = 0;
    std::uint64_t kept = 0;
    std::uint64_t failed = 0;
    std::array<std::uint64_t, failure_kinds> failed_by_kind{};
    /// The sizes of the files that came, how much of it came over the network (and what had to be thrown away
    /// with it), and how much was there from earlier.
    std::uint64_t bytes = 0;
    std::uint64_t received = 0;
    std::uint64_t resumed = 0;
    /// How often a file was asked for again after a failure; of these, after a reply of 429 or 503.
    std::uint64_t retries = 0;
    std::uint64_t overloads = 0;

    std::uint64_t failed_by(failure_kind kind) const noexcept {
        return failed_by_kind[static_cast<std::size_t>(kind)];
    }
};

} // namespace tandem::http
