// The bytes under a connection: plain TCP, a Unix socket, or TLS over one of them.
#pragma once
#include <memory>
#include <string>

#include <tandem/http/time_limits.hpp>
#include <tandem/http/url.hpp>
#include <tandem/io/byte_stream.hpp>

#include "error_site.hpp"
#include "route.hpp"
#include "trace/tracer.hpp"

namespace tandem::http::detail {

/// A stream to a server, and who has to speak over it.
struct transport {
    std::unique_ptr<byte_stream> stream;
    /// What TLS has negotiated (ALPN); empty where it has not, which means HTTP/1.1 (RFC 9112). HTTP/2 will
    /// have its place here: "h2" among the protocols that a profile offers, and a connection of its own kind
    /// for it.
    std::string protocol;
    /// The handshake took up an earlier session.
    bool was_resumed = false;
};

/// Finds the addresses of the target's host, asks the route's filter, connects to one of those that it lets
/// pass (happy eyeballs) and, for https, shakes hands. Throws connect_error, address_refused, tls_error, and
/// timeout_error with time_limit::connect or time_limit::tls. Tells `trace` of each part.
task<transport> open_transport(const url& target, const error_site& site, const route& by,
                               const time_limits& limits, tracer& trace);

} // namespace tandem::http::detail
