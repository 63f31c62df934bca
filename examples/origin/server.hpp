// The example web server: Beast's messages over Asio's sockets, in Tandem's coroutines.
#pragma once
#include "origin/certificate.hpp"
#include "origin/site.hpp"

#include <memory>
#include <tandem/base/clock.hpp>
#include <tandem/coro/task.hpp>

/// Serves a site to clients on this machine, over HTTP/1.1 with keep-alive.
///
///     /                 a line of text
///     /SHA256SUMS       the photos' digests
///     /stats            what the server has counted
///     /photo-000.jpg    a photo, after the latency
///     /chunked/NAME     the same in chunks
///     /redirect/NAME    where to find it: a redirect
///     /short/NAME       half of it, then the end of the connection
///     /slow/NAME        a kilobyte every 50 ms
///
/// Belongs to the loop it was made in.
class origin_server {
  public:
    /// `content` has to outlive the server.
    origin_server(const site& content, tandem::duration latency);
    ~origin_server();

    /// Opens a port on 127.0.0.1 (0: any free one) and returns its number. Throws
    /// boost::system::system_error.
    unsigned short listen(unsigned short port);
    /// The same for TLS with `who`'s certificate.
    unsigned short listen_tls(unsigned short port, const identity& who);

    /// Serves until it is cancelled, which closes all connections.
    tandem::task<> serve();

  private:
    struct state;
    std::unique_ptr<state> state_;
};
