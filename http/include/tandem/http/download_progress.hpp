// How far a download is.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::http {

/// What a download tells its observer: at its beginning, after each piece that was written, and at each turn.
struct download_progress {
    enum class state {
        asking,    ///< for the first time, or again
        receiving, ///< the body comes
        waiting,   ///< until the next attempt: `cause` says after what
        checking,  ///< the checksum is made of what is there
        done,
    };
    state now;
    /// The URL that was asked for, without user name and password; valid during the call.
    std::string_view url;
    /// The file's path as it will be, where it is known yet; valid during the call.
    std::string_view path;
    /// How many bytes are in the part, kept ones included.
    std::uint64_t done = 0;
    /// The whole length, where the server said it.
    std::optional<std::uint64_t> total;
    /// How often it was asked for so far.
    int attempts = 0;
    /// Valid during the call; empty where there is none.
    std::string_view cause;
};

} // namespace tandem::http
