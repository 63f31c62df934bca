// A stream to a host behind a SOCKS proxy.
#pragma once
#include <cstdint>
#include <string>

#include <tandem/coro/task.hpp>
#include <tandem/io/byte_stream.hpp>

#include "error_site.hpp"
#include "proxy/proxy_server.hpp"

namespace tandem::http::detail {

/// Asks the proxy at the other end of `stream` to connect to `host`, a name or an address in numbers: by
/// SOCKS4 (an IPv4 address), SOCKS4a, or SOCKS5 (RFC 1928) with a user name and password where there are any
/// (RFC 1929). Reads exactly what the proxy has to say: whatever follows comes from that host. Throws
/// proxy_error; the stream has to be closed then.
task<> open_socks_tunnel(byte_stream& stream, std::string host, std::uint16_t port, const proxy_server& by,
                         const error_site& site);

} // namespace tandem::http::detail
