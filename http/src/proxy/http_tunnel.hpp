// A stream to a host behind an HTTP proxy.
#pragma once
#include <memory>
#include <string>

#include <tandem/coro/task.hpp>
#include <tandem/http/headers.hpp>
#include <tandem/io/byte_stream.hpp>

#include "auth/authenticator.hpp"
#include "error_site.hpp"
#include "proxy/proxy_server.hpp"

namespace tandem::http::detail {

/// Asks an HTTP proxy for a tunnel to a host (CONNECT, RFC 9110 section 9.3.6), over as many connections as
/// it takes to say who asks; behind it, what goes over the stream goes to that host.
class http_tunnel {
  public:
    /// To `authority`, "host:port". `fields` are those for the proxy, and with what `who` says all that it is
    /// told; `who` may be null. `by`, `fields` and `site` have to outlive it.
    http_tunnel(std::string authority, const proxy_server& by, const headers& fields,
                std::shared_ptr<authenticator> who, const error_site& site);

    /// Asks the proxy at the other end of `stream`. Returns false where it wants to know who asks and has
    /// closed the connection: it has to be asked over another one. Throws proxy_error where its answer is no
    /// 2xx, or more comes than its header: nobody but the proxy can have sent that. The stream has to be
    /// closed in both cases.
    task<bool> open(byte_stream& stream);

  private:
    std::string request() const;

    const std::string authority_;
    const proxy_server& by_;
    const headers& fields_;
    const error_site& site_;
    spokesman speaker_;
};

} // namespace tandem::http::detail
