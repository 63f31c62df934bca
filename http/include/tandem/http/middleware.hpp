// Code between a client's callers and the network.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>

#include <tandem/coro/task.hpp>
#include <tandem/http/outgoing.hpp>
#include <tandem/http/response.hpp>

namespace tandem::http {

/// What comes behind a piece of middleware: the next piece, and at the end the client itself, with its
/// redirects, credentials, cookies and retries.
class TANDEM_API next {
  public:
    next(std::shared_ptr<detail::client_core> core, std::size_t place) noexcept
        : core_(std::move(core))
        , place_(place) {}

    /// Sends a copy of `request` on, and returns the reply, whatever its status, with its body unread. May be
    /// called several times, or not at all.
    task<response> operator()(outgoing request) const;

  private:
    std::shared_ptr<detail::client_core> core_;
    std::size_t place_;
};

/// A coroutine that every request of a client goes through: it may change the request, send it on (as often
/// as it likes), look at the reply or give another in its place, or answer by itself.
///
///     auto stamp = [](http::outgoing& request, http::next send) -> tandem::task<http::response> {
///         request.header("X-Request-Id", new_id());
///         auto reply = co_await send(request);
///         std::clog << request.method() << ' ' << request.url() << ": " << reply.status() << '\n';
///         co_return reply;
///     };
///     http::client web(http::client_options().use(stamp));
///
/// `request` lives as long as the coroutine. What it throws, the caller gets; `total_timeout` and
/// cancellation hold for all of it, and a reply that it drops gives its connection back. The function is
/// copied into the client, and may be running for several requests at a time.
using middleware = std::function<task<response>(outgoing& request, next send)>;

} // namespace tandem::http
