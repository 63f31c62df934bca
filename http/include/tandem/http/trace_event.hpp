// What happens to a request, as it happens.
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>

#include <tandem/base/clock.hpp>
#include <tandem/base/config.hpp>

namespace tandem::http {

/// The steps of a request, in the order in which they can come.
enum class trace_step {
    queued,        ///< it waits for its turn
    reused,        ///< it got a connection that stood already; what follows up to `request_sent` is left out
    dns_begin,     ///< `subject`, a host's name, is looked up
    dns_end,       ///< …
    connect_begin, ///< `subject` is an address; several may be under way (happy eyeballs)
    connect_end,   ///< …
    proxy_begin,   ///< `subject`, a proxy, is asked for a way to the target
    proxy_end,     ///< …
    tls_begin,     ///< the handshake with the host `subject`
    tls_end,       ///< …
    request_sent,  ///< with its body
    first_byte,    ///< of the reply, whose header is complete now and has this `status`
    redirect,      ///< to the URL `subject`; it begins anew
    retry,         ///< because of `trouble`, or of `status`; it begins anew
    done,          ///< all of the reply was read
    failed,        ///< with the error `trouble`
    cancelled,     ///< or its reply was dropped before the end
};

/// "queued", "reused", "dns_begin", …
TANDEM_API std::string_view name_of(trace_step step) noexcept;

/// One step of one request. Every `begin` has its `end`, and every request one of `done`, `failed` and
/// `cancelled`, which is its last. The texts are views, valid during the call.
struct trace_event {
    trace_step step = trace_step::queued;
    /// Which request of its client it is, from 1.
    std::uint64_t request = 0;
    /// Since the request began.
    duration at{};
    /// Where the request is, after redirects.
    std::string_view url;
    std::string_view subject;
    /// What went wrong, empty if nothing; "cancelled" for a part that was given up.
    std::string_view trouble;
    /// Of a reply; 0 where there is none.
    int status = 0;
    /// Of request_sent and first_byte: the header of the request, or the reply, its lines ended by LF. The
    /// values of fields that speak for somebody (Authorization, Cookie, Set-Cookie, secret_header's and their
    /// like) stand as `***`.
    std::string_view header;
};

/// What `client_options::trace` takes. Called on the client's thread, in the middle of things: it must not
/// call the client. What it throws is logged and dropped.
using trace_observer = std::function<void(const trace_event&)>;

} // namespace tandem::http
