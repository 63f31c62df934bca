// Two ends of a TCP connection over loopback.
#pragma once
#include <utility>

#include <tandem/io/tcp_listener.hpp>
#include <tandem/io/tcp_stream.hpp>

namespace test {

class tcp_pair {
  public:
    tcp_pair(tandem::tcp_stream one, tandem::tcp_stream other) noexcept
        : near(std::move(one))
        , far(std::move(other)) {}
    /// The one that connected, and the one that was accepted.
    tandem::tcp_stream near, far;
};

inline tandem::task<tcp_pair> connect_pair(tandem::listen_options options = {}) {
    auto door = tandem::tcp_listener::listen(tandem::endpoint("127.0.0.1", 0), options);
    // The system accepts on its own: the handshake needs nobody in accept.
    auto near = co_await tandem::tcp_stream::connect(door.local());
    auto far = co_await door.accept();
    co_return tcp_pair(std::move(near), std::move(far));
}

} // namespace test
