// Where the time of a request went.
#pragma once
#include <tandem/base/clock.hpp>

namespace tandem::http {

/// How long each part took the last time that the request was sent; zero for those that were not needed (a
/// connection that stood already needs neither `dns` nor `connect` nor `tls`). All but `total` leave
/// redirects and attempts before out.
struct timings {
    /// Waiting for a connection to be free.
    duration queue{};
    /// Looking names up: the host's, or the proxy's.
    duration dns{};
    /// Until a TCP connection stood, however many addresses were tried.
    duration connect{};
    /// Asking a proxy for a way to the target.
    duration proxy{};
    /// Handshakes: the target's, and an HTTPS proxy's.
    duration tls{};
    /// From the request's last byte to the reply's first.
    duration first_byte{};
    /// From the request's beginning to the reply's end, or until now while that is still to come.
    duration total{};
};

} // namespace tandem::http
