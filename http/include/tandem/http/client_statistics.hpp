// What a client has done so far.
#pragma once
#include <cstdint>

namespace tandem::http {

/// Counts since the client was made, and how it stands now.
struct client_statistics {
    /// Requests sent, redirects and retries included.
    std::uint64_t requests = 0;
    /// Connections that came to stand, TLS included.
    std::uint64_t connections_opened = 0;
    /// Of these, those whose TLS handshake took up an earlier session.
    std::uint64_t sessions_resumed = 0;
    /// Requests that went over a connection which had served one before.
    std::uint64_t connections_reused = 0;
    /// Idle connections that were closed before a request went over them: because the server had closed them
    /// or had spoken out of turn, because they had been idle too long, and to make room for others.
    std::uint64_t closed_stale = 0;
    std::uint64_t closed_idle = 0;
    std::uint64_t closed_for_room = 0;
    /// Requests sent a second time because the server had closed the idle connection they went over.
    std::uint64_t retries = 0;
    /// Requests sent again by a retry_policy, and those that were not because their host's budget was used
    /// up.
    std::uint64_t retried = 0;
    std::uint64_t retries_withheld = 0;
    /// Requests that serve or wait for a reply now, the one that reads a body included; connections that wait
    /// for the next request; requests that wait for their turn.
    std::uint64_t active = 0;
    std::uint64_t idle = 0;
    std::uint64_t waiting = 0;
};

} // namespace tandem::http
