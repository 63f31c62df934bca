// A stream to a host behind an HTTP proxy.
#pragma once
#include <string>

#include <tandem/coro/task.hpp>
#include <tandem/http/headers.hpp>
#include <tandem/io/byte_stream.hpp>

#include "error_site.hpp"
#include "proxy/proxy_server.hpp"

namespace tandem::http::detail {

/// Asks the proxy at the other end of `stream` for a tunnel to `authority`, "host:port" (CONNECT, RFC 9110
/// section 9.3.6); behind it, what goes over the stream goes to that host. `fields` are those for the proxy,
/// and all that it is told. Throws proxy_error where its answer is no 2xx, or more comes than its header:
/// nobody but the proxy can have sent that. The stream has to be closed then.
task<> open_http_tunnel(byte_stream& stream, std::string authority, const proxy_server& by,
                        const headers& fields, const error_site& site);

} // namespace tandem::http::detail
