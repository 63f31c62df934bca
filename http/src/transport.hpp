// The bytes under a connection: plain TCP or TLS.
#pragma once
#include <memory>

#include <tandem/base/clock.hpp>
#include <tandem/http/url.hpp>
#include <tandem/io/byte_stream.hpp>

#include "error_site.hpp"

namespace tandem::http::detail {

class tls_settings;

/// Resolves, connects and, for https, shakes hands, within `limit`. The addresses are tried as
/// tcp_stream::connect does. HTTP/2 will have its place here: what TLS negotiates (ALPN) decides who speaks
/// over the stream. Throws connect_error, tls_error, and timeout_error with time_limit::connect.
task<std::unique_ptr<byte_stream>> open_transport(const url& target, const error_site& site,
                                                  tls_settings& tls, duration limit);

} // namespace tandem::http::detail
