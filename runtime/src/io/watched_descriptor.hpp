// A descriptor whose readiness the loop watches; sources of the runtime only.
#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <optional>
#include <span>
#include <unistd.h>
#include <utility>

#include <tandem/io/asio.hpp>

#include "io/unique_fd.hpp"

namespace tandem::detail {

/// Owns a non-blocking descriptor: a socket or a pipe's end. The loop learns of it at the first wait and not
/// before, so that one which never has to wait costs no registration. From then on it belongs to that loop.
///
/// Several may wait at a time. Each wait ends when the descriptor is ready, was closed (then with an error)
/// or the scope was cancelled; it takes nothing from the descriptor, so that no wait can lose a byte.
class watched_descriptor {
  public:
    explicit watched_descriptor(unique_fd descriptor) noexcept
        : number_(descriptor.release()) {}
    watched_descriptor(const watched_descriptor&) = delete;
    watched_descriptor& operator=(const watched_descriptor&) = delete;
    ~watched_descriptor() { close(); }

    /// The descriptor, -1 once it is closed.
    int get() const noexcept { return number_; }
    bool is_open() const noexcept { return number_ >= 0; }

    /// `const auto [error] = co_await descriptor.until_readable();`. Only while open.
    auto until_readable() { return watched().async_wait(stream::wait_read, use_ec); }
    /// Of a stream socket: receives as soon as there is something,
    /// `const auto [error, count] = co_await descriptor.receive(room);`. Costs less than to wait and receive
    /// then, for which Asio makes one more system call. Only while open.
    auto receive(std::span<char> room) {
        return watched().async_receive(boost::asio::buffer(room.data(), room.size()), use_ec);
    }
    auto until_writable() { return watched().async_wait(stream::wait_write, use_ec); }

    /// What waits is woken with an error. Does nothing the second time.
    void close() noexcept {
        if (number_ < 0) return;
        boost::system::error_code ignored;
        if (watched_)
            watched_->close(ignored);
        else
            ::close(number_);
        number_ = -1;
    }

    /// Gives the descriptor up. What waits is woken with an error.
    int release() noexcept {
        boost::system::error_code ignored;
        if (watched_) watched_->release(ignored);
        return std::exchange(number_, -1);
    }

  private:
    /// To wait for, Asio takes whatever epoll takes as a socket.
    using stream = boost::asio::generic::stream_protocol::socket;

    stream& watched() {
        if (!watched_) {
            stream made(own_asio_context());
            made.assign(boost::asio::generic::stream_protocol(AF_UNSPEC, 0), number_);
            watched_.emplace(std::move(made));
        }
        return *watched_;
    }

    int number_;
    /// Owns the descriptor once it is there.
    std::optional<stream> watched_;
};

} // namespace tandem::detail
