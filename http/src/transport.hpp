// The bytes under a connection: plain TCP or TLS.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <tandem/base/clock.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/http/url.hpp>

#include "error_site.hpp"

namespace tandem::http::detail {

class tls_settings;

/// A byte stream to a server. Its functions throw std::system_error; a cancelled write may leave the stream
/// broken. Closed when destroyed. HTTP/2 will have its place here: what TLS negotiates (ALPN) decides
/// who speaks over the transport.
class transport {
  public:
    virtual ~transport() = default;

    /// At least one byte into `buffer`, or 0 at an orderly end. A TLS stream cut without close_notify is no
    /// orderly end but an error.
    virtual task<std::size_t> read_some(char* buffer, std::size_t room) = 0;

    virtual task<> write(std::string_view bytes) = 0;

    /// True while an idle stream can be used again: nothing has arrived on it, an end neither.
    virtual bool is_quiet() noexcept = 0;
};

/// Resolves, connects and, for https, shakes hands, within `limit`. The addresses are
/// tried as tcp_stream::connect does. Throws
/// connect_error, tls_error, and timeout_error with time_limit::connect.
task<std::unique_ptr<transport>> open_transport(const url& target, const error_site& site, tls_settings& tls,
                                                duration limit);

} // namespace tandem::http::detail
